#!/bin/bash
# Runs what the README says to image builders, and the examples of docs/embedding.md with the installed program, on a tree of the
# simulator: first as an image, then after its first boot.
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

# The commands that install without packages. The build is made already.
sed -n '/^## Into an image/,/^## /p' "$root/README.md" | sed -n '/^or without packages:/,/^Neither/p' | sed -n '/^```$/,/^```$/p' | sed '1d;$d' >into.sh
grep -qxF 'cmake --preset release && cmake --build --preset release' into.sh || { echo 'FAILED: the README no longer says how to build'; exit 1; }
sed -i -e '/^cmake --preset/d' -e "s#/path/of/image#$IMAGE#; s#build/release#$build#" into.sh
status=0
bash -e into.sh >into.out 2>&1 || status=$?
# The tree has neither a kernel nor most programs, so check-image, the last command, finds errors.
((status == 1)) || { echo "FAILED: the README's commands end with $status"; cat into.out; exit 1; }
expect "the README's commands check the image" ' errors, ' into.out
! grep -E '\[(not-installed|unit-disabled)' into.out || { echo "FAILED: the README's commands leave the agent out"; exit 1; }
[[ -x $IMAGE/usr/bin/azl-provision ]] || { echo "FAILED: the README's commands install nothing"; exit 1; }
echo "ok: the README's commands install and enable the agent"

"$platform" serve vm.json --ready-file ready.json >simulator.log 2>&1 &
simulator=$!
for ((tries = 100; tries > 0; tries--)); do [[ -s ready.json ]] && break; sleep 0.1; done
azl-provision run --root image --media media --imds-url "$(jq -r .imds_url ready.json)" \
  --wireserver-url "$(jq -r .wireserver_url ready.json)" >run.log 2>&1 || (($? == 2)) || { cat run.log; exit 1; }
example python >boot.py
python3 boot.py >boot.out || { echo 'FAILED: the Python example'; cat boot.out; exit 1; }
expect 'the Python example prints the outcome' 'ready - ' boot.out
expect 'the Python example prints the steps' 'main     decide' boot.out
