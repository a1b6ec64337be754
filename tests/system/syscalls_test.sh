#!/bin/bash
# Provisions a tree under strace, and checks that the system call filter of each unit allows all calls of its stage. In the
# main stage the WireServer refuses connections, so that the report stage has something to report. Calls that are only made on a
# live system (mount, sethostname) are not tested here. Also checks by the calls how files are written.
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

# Prints what is wrong with the files that a stage made: each gets a temporary name, which must be new and no link; a file that
# has to survive a power failure is synced before it gets its real name; and a lock is no link.
check_written_files() {
  awk -v durable="$2" '
    function name_in(line) { match(line, /"[^"]*"/); return substr(line, RSTART + 1, RLENGTH - 2) }
    function opened_as(name, result) { files[$1, result] = name; synced[name] = 0 }
    / openat2?\(/ && /\.azl-new"/ {
      if (/O_CREAT/ && !/O_EXCL/) print "without O_EXCL: " $0
      if (!/O_NOFOLLOW/) print "without O_NOFOLLOW: " $0
      if (/ = [0-9]+$/) opened_as(name_in($0), $NF)
      else if (/unfinished/) pending[$1] = name_in($0)
    }
    /<\.\.\. openat2? resumed>/ && $1 in pending {
      opened_as(pending[$1], $NF)
      delete pending[$1]
    }
    / openat2?\(/ && /azl-provision\/[a-z]*\.lock"/ && !/O_NOFOLLOW/ { print "without O_NOFOLLOW: " $0 }
    / fsync\([0-9]+/ {
      match($0, /\([0-9]+/)
      file = $1 SUBSEP substr($0, RSTART + 1, RLENGTH - 1)
      if (file in files) synced[files[file]] = 1
    }
    / renameat2?\(/ && /\.azl-new"/ {
      name = name_in($0)
      renamed[name] = 1
      if (!synced[name] && index(durable, " " name " ")) print "not synced: " name
    }
    END {
      count = split(durable, names, " ")
      for (i = 1; i <= count; i++) if (!(names[i] in renamed)) print "not written: " names[i]
    }' "$1"
}

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
  durable=' '
  [[ $stage != main ]] || durable=' .state.json.azl-new .authorized_keys.azl-new .90-azl-provision.azl-new '
  wrong=$(check_written_files "$work/trace" "$durable")
  if [[ -n $wrong ]]; then
    echo "FAILED: stage $stage writes files in an unsafe way:"
    echo "$wrong"
    failed=1
  else
    echo "ok: stage $stage writes files under new names, synced where it matters"
  fi
  refused=$(comm -23 "$work/used" "$work/allowed")
  if [[ -n $refused ]] || (($(wc -l <"$work/used") < 20)); then
    echo "FAILED: stage $stage makes $(wc -l <"$work/used") system calls, its unit refuses these: $refused"
    failed=1
  else
    echo "ok: stage $stage makes $(wc -l <"$work/used") system calls, all allowed by its unit"
  fi
done
exit "$failed"
