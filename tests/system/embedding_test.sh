#!/bin/bash
# Runs the examples of docs/embedding.md with the installed program, on a tree of the simulator: first as an image, then after its
# first boot.
#
#   tests/system/embedding_test.sh BUILD
set -euo pipefail

build=$(realpath "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
((EUID == 0)) || { echo 'skipped: useradd needs root, also for a tree'; exit 77; }
work=$(mktemp -d)
simulator=
trap 'kill $simulator 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export IMAGE=$work/image LC_ALL=C

# example LANGUAGE: prints the block of the document in this language. There is one of each.
example() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/docs/embedding.md" | sed '1d;$d'; }

# expect NAME TEXT FILE: the file has the text.
expect() {
  grep -qF -- "$2" "$3" || { echo "FAILED: $1: '$2' is missing in:"; cat "$3"; exit 1; }
  echo "ok: $1"
}

cmake --install "$build" --prefix "$work/installed" >install.log || { cat install.log; exit 1; }
export PATH=$work/installed/bin:$PATH
[[ $(command -v azl-provision) == "$work/installed/bin/azl-provision" ]] || { echo 'FAILED: the program is not installed'; exit 1; }
platform=$build/tests/platform/azl-platform
"$platform" scenario default >vm.json
"$platform" tree vm.json image >tree.log 2>&1
"$platform" media vm.json --output media

example sh >image.sh
sh image.sh >image.out || { echo 'FAILED: the shell example'; cat image.out; exit 1; }
expect 'the shell example prints the findings' '[not-installed]' image.out
expect 'the shell example prints the plan' 'provision: user azureuser, name web-1' image.out

"$platform" serve vm.json --ready-file ready.json >simulator.log 2>&1 &
simulator=$!
for ((tries = 100; tries > 0; tries--)); do [[ -s ready.json ]] && break; sleep 0.1; done
azl-provision run --root image --media media --imds-url "$(jq -r .imds_url ready.json)" \
  --wireserver-url "$(jq -r .wireserver_url ready.json)" >run.log 2>&1 || (($? == 2)) || { cat run.log; exit 1; }
example python >boot.py
python3 boot.py >boot.out || { echo 'FAILED: the Python example'; cat boot.out; exit 1; }
expect 'the Python example prints the outcome' 'ready - ' boot.out
expect 'the Python example prints the steps' 'main     decide' boot.out
