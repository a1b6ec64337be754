#!/bin/bash
# Compiles azl-provision and azl-platform for aarch64 with clang and Debian's arm64 packages, and runs what needs no machine by QEMU's
# emulation of programs.
#
#   tests/cross/aarch64_test.sh
#
# The packages are unpacked in $XDG_CACHE_HOME/azl-provision, or ~/.cache, and not installed. The build is build/aarch64. Progress
# goes to the file or device named by AZL_PROGRESS, if that is set.
set -euo pipefail

# shellcheck source=tests/cross/cross.sh
source "$(dirname "${BASH_SOURCE[0]}")/cross.sh"

(($# == 0)) || { usage >&2; exit 2; }
progress tests/build aarch64 azl-provision azl-platform
program=/build/provision/azl-provision
platform=/build/tests/platform/azl-platform
check 'azl-provision is for aarch64' AArch64 "$(llvm-readelf-19 -h build/aarch64/provision/azl-provision | sed -n 's/^ *Machine: *//p')"
check 'on aarch64, azl-provision says its version' "$(sed -n 's/^project(azl-provision VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" \
  "$(emulated "$work" "$program" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')"

printf '#cloud-config\nrun_cmd:\n  - true\nwrite_files:\n  - {path: /etc/x, content: y}\n' >"$work/document"
status=0
emulated "$work" "$program" validate /work/document >"$work/validate" 2>&1 || status=$?
check 'on aarch64, azl-provision validates custom data' '1 did you mean runcmd?' "$status $(grep -o 'did you mean runcmd?' "$work/validate")"

emulated "$work" "$platform" scenario default >"$work/vm.json"
emulated "$work" "$platform" tree /work/vm.json /work/tree >/dev/null
emulated "$work" "$platform" media /work/vm.json --output /work/media
emulated "$work" "$program" plan --root /work/tree --ovf /work/media >"$work/plan" 2>"$work/errors" || fail 'plan ends with an error' "$(<"$work/errors")"
check "on aarch64, azl-provision plans a first boot from azl-platform's media" 'provision azureuser azl-vm' \
  "$(jq -r '"\(.course.value) \(.user.name) \(.hostname.value)"' "$work/plan")"
((failures == 0)) || { echo "$failures failed"; exit 1; }
echo 'aarch64: all passed'
