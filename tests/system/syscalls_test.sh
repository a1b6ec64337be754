#!/bin/bash
# Provisions a tree under strace, and checks that the system call filter of each unit allows all calls of its stage. In the
# main stage the WireServer refuses connections, so that the report stage has something to report. Calls that are only made on a
# live system (mount, sethostname) are not tested here.
#
#   tests/system/syscalls_test.sh BUILD_DIRECTORY
set -euo pipefail

build=$(cd "$1" && pwd)
program=$build/provision/azl-provision
platform=$build/tests/platform/azl-platform
work=$(mktemp -d)
simulator=
trap '[[ -z $simulator ]] || kill "$simulator"; rm -rf "$work"' EXIT

((EUID == 0)) || { echo 'skipped: provisioning a tree needs root'; exit 77; }
if ! strace -o /dev/null true 2>/dev/null; then echo 'skipped: strace is missing or not allowed to trace'; exit 77; fi

# Prints all system calls of the given names and @sets.
expand() {
  local name
  for name; do
    if [[ $name == @* ]]; then
      # The members of a set are indented below its description.
      # shellcheck disable=SC2046
      expand $(systemd-analyze syscall-filter "$name" 2>/dev/null | sed -n 's/^    \([-@a-z0-9_]*\)$/\1/p')
    else
      echo "$name"
    fi
  done
}

# Prints the system calls that a unit allows. Applies its lines in order, as systemd does.
allowed_by() {
  local line name names
  local -A allowed=()
  while read -r line; do
    read -ra names <<<"${line#"~"}"
    while read -r name; do
      if [[ $line == "~"* ]]; then unset "allowed[$name]"; else allowed[$name]=1; fi
    done < <(expand "${names[@]}")
  done < <(sed -n 's/^SystemCallFilter=//p' "$1")
  printf '%s\n' "${!allowed[@]}" | sort
}

url() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$work/ready.json"; }

"$platform" scenario default >"$work/vm.json"
"$platform" serve "$work/vm.json" --log "$work/requests.jsonl" --ready-file "$work/ready.json" >"$work/simulator.log" 2>&1 &
simulator=$!
"$platform" tree "$work/vm.json" "$work/tree"
"$platform" media "$work/vm.json" --output "$work/media"
mkdir -p "$work/tree/etc/azl-provision"
printf '[Report]\nInlineTimeout=500ms\n' >"$work/tree/etc/azl-provision/azl-provision.conf"
for ((tries = 0; tries < 1200; ++tries)); do [[ ! -s $work/ready.json ]] || break; sleep 0.1; done

failed=0
for stage in local main report; do
  unit=$build/units/azl-provision${stage/#/-}.service
  unit=${unit/-main/}
  wireserver=$(url wireserver_url)
  [[ $stage != main ]] || wireserver=http://127.0.0.1:9
  # With -f, because the filter also applies to the programs that the stage runs.
  strace -f -qq -o "$work/trace" "$program" run --stage="$stage" --root "$work/tree" --media "$work/media" \
    --imds-url "$(url imds_url)" --wireserver-url "$wireserver" 2>"$work/run.log" || true
  sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$work/trace" | sort -u >"$work/used"
  allowed_by "$unit" >"$work/allowed"
  refused=$(comm -23 "$work/used" "$work/allowed")
  if [[ -n $refused ]] || (($(wc -l <"$work/used") < 20)); then
    echo "FAILED: stage $stage makes $(wc -l <"$work/used") system calls, its unit refuses these: $refused"
    failed=1
  else
    echo "ok: stage $stage makes $(wc -l <"$work/used") system calls, all allowed by its unit"
  fi
done
exit "$failed"
