#!/bin/bash
# Compiles the unit tests for aarch64, as aarch64_test.sh does the programs, and runs them by QEMU's emulation of programs.
#
#   tests/cross/aarch64_units_test.sh [FOLDER...]
#
# FOLDER is the folder of a test program, such as base; without it, all run. Compiling them takes half an hour on two processors.
# Progress goes to the file or device named by AZL_PROGRESS, if that is set.
set -euo pipefail

# Cases that QEMU's emulation alone makes fail: PROGRAM|CASE|REASON. A case that passes after all must be removed from here.
excluded=(
  'base|a program cannot use more memory than its limit|QEMU answers prlimit64(RLIMIT_AS) with 0, and sets no limit'
  'base|without openat2, only existing files of the live system can be opened|QEMU has no seccomp(2): prctl(PR_SET_SECCOMP) fails with EINVAL'
  'net|a refused setting is reported, and the others are applied|QEMU does not know ioctl(SIOCETHTOOL), which fails with ENOTTY'
  'provision|the pager gets the text, its variables and its arguments|QEMU takes clone(CLONE_VM and CLONE_VFORK) for fork(2): posix_spawn(3) misses that execve(2) failed'
  'provision|a pager that ends early is no error, and one that cannot be started is not waited for|the same'
  'provision|a script that cannot be started says why|the same'
)

# shellcheck source=tests/cross/cross.sh
source "$(dirname "${BASH_SOURCE[0]}")/cross.sh"

folders=("$@")
(($# > 0)) || mapfile -t folders < <(grep -rhoP 'azl_unit_test\(\K[a-z_]+' tests/unit --include=CMakeLists.txt)
progress tests/build aarch64 "${folders[@]/#/unit_}"

# unit_test FOLDER ARGUMENT…: runs a test program on this machine, to whose libraries the packages' are added.
unit_test() {
  local program
  program=$(find build/aarch64/tests/unit -type f -name "unit_$1")
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private bash -euo pipefail -c '
    mount -t overlay overlay -o "lowerdir=/usr/lib:$1/lib:$1/usr/lib" /usr/lib
    exec timeout 3600 "$1/qemu-aarch64" "${@:2}"' _ "$AZL_AARCH64/root" "$program" "${@:2}"
}
# Prints the filters of the cases of a program that are excluded. A comma would separate two filters.
excluded_cases() {
  local each case
  for each in "${excluded[@]}"; do
    [[ $each == "$1|"* ]] || continue
    case=${each#*|}
    echo "${case%|*}"
  done | tr , '?'
}

for folder in "${folders[@]}"; do
  mapfile -t cases < <(excluded_cases "$folder")
  if unit_test "$folder" --test-case-exclude="$(IFS=, && echo "${cases[*]}")" >"$work/log" 2>&1; then
    echo "ok: unit_$folder: $(grep '^\[doctest\] test cases' "$work/log")"
  else
    fail "unit_$folder" "$(<"$work/log")"
  fi
  for case in "${cases[@]}"; do
    status=0
    unit_test "$folder" --test-case="$case" >"$work/log" 2>&1 || status=$?
    check "unit_$folder: the emulation still makes this one case fail: $case" '1, 1 failed' \
      "$status, $(grep '^\[doctest\] test cases' "$work/log" | grep -oE '[0-9]+ failed')"
  done
done
((failures == 0)) || { echo "$failures failed"; exit 1; }
echo 'unit tests for aarch64: all passed'
