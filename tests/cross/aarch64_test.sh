#!/bin/bash
# Compiles azl-provision and azl-platform for aarch64 with clang and Debian's arm64 packages, and runs what needs no machine by QEMU's
# emulation of programs.
#
#   tests/cross/aarch64_test.sh
#
# The packages are unpacked in $XDG_CACHE_HOME/azl-provision, or ~/.cache, and not installed. The build is build/aarch64. Progress
# goes to the file or device named by AZL_PROGRESS, if that is set.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/vm/lib/lab.sh
source "$(dirname "${BASH_SOURCE[0]}")/../vm/lib/lab.sh"
# shellcheck source=tests/vm/lib/image.sh
source "$repository/tests/vm/lib/image.sh"
# shellcheck source=tests/system/checks.sh
source "$repository/tests/system/checks.sh"
cd "$repository"
# Not below build/: ccache makes the paths below the clone relative, and the precompiled header does not bear that.
cache=${XDG_CACHE_HOME:-${HOME:-$work}/.cache}/azl-provision
suite=bookworm

(($# == 0)) || { usage >&2; exit 2; }
skip() { echo "skipped: $1"; exit "$can_not_run"; }
command -v apt-get >/dev/null || skip "Debian's packages are needed"
((EUID == 0)) || skip 'unpacking packages needs root'
unshare --mount --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
for tool in mmdebstrap clang++-19 llvm-readelf-19 mold jq; do
  command -v "$tool" >/dev/null || skip "there is no $tool; 'tests/setup test' and 'tests/setup vm' install it"
done

# progress COMMAND…: passes its output on. AZL_PROGRESS gets the lines that count.
progress() {
  "$@" | while IFS= read -r line; do
    printf '%s\n' "$line"
    [[ -z ${AZL_PROGRESS-} || ! $line =~ ^\ *([0-9]+\ of\ |\[) ]] ||
      { echo "    aarch64: ${line#"${line%%[! ]*}"}" >>"$AZL_PROGRESS"; } 2>/dev/null || true
  done
}

# The libraries of 'tests/setup build', and an emulator that knows openat2(2), which QEMU 7.2 of Debian 12 does not.
mapfile -t packages < <(tests/setup --list build | grep -oE '[a-z0-9.+-]+-dev\b' | sort -u)
packages+=(libc6-dev libstdc++-12-dev)
make_root() {
  local link
  say "Debian $suite for aarch64, and QEMU (two minutes)"
  # None of the packages' scripts runs.
  bootstrap "$1/root" "$1/mmdebstrap.log" "${packages[*]}" --architecture=arm64 --variant=extract
  (cd "$1/root" && rm -rf dev etc tmp var && mkdir build dev proc work)
  # The linker follows these, and would look for them in this machine.
  find "$1/root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -snfr "$1/root$(readlink "$link")" "$link"
  done
  suite=trixie bootstrap "$1/emulator" "$1/emulator.log" qemu-user --variant=extract
  mv "$1/emulator/usr/bin/qemu-aarch64" "$1/root/"
  rm -rf "$1/emulator"
}
hash=$({ echo "$suite ${packages[*]}"; recipe make_root bootstrap; } | hash_of)
mkdir -p "$cache"
exec {cache_lock}>"$cache/aarch64-lock"
flock "$cache_lock"
progress entry "aarch64-$suite" "$hash" make_root
exec {cache_lock}>&-
export AZL_AARCH64=$cache/aarch64-$suite-$hash
# CMake keeps the paths of libraries.
if [[ -e build/aarch64 ]] && ! grep -qsF "$AZL_AARCH64/" build/aarch64/CMakeCache.txt; then rm -rf --one-file-system build/aarch64; fi
# emulated PROGRAM ARGUMENT…: in the packages' folder as /, where /build is the build and /work is $work. With QEMU's -L, opening / would
# give that folder, too, and with it every file that azl-provision opens below it.
emulated() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private bash -euo pipefail -c 'cd "$1"
    mount --bind "$2" build
    mount --bind "$3" work
    mount --rbind /dev dev
    mount -t proc proc proc
    exec chroot . /qemu-aarch64 "${@:4}"' _ "$AZL_AARCH64/root" "$repository/build/aarch64" "$work" "$@"
}

progress tests/build aarch64 azl-provision azl-platform
program=/build/provision/azl-provision
platform=/build/tests/platform/azl-platform
check 'azl-provision is for aarch64' AArch64 "$(llvm-readelf-19 -h build/aarch64/provision/azl-provision | sed -n 's/^ *Machine: *//p')"
check 'on aarch64, azl-provision says its version' "$(sed -n 's/^project(azl-provision VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" \
  "$(emulated "$program" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')"

printf '#cloud-config\nrun_cmd:\n  - true\nwrite_files:\n  - {path: /etc/x, content: y}\n' >"$work/document"
status=0
emulated "$program" validate /work/document >"$work/validate" 2>&1 || status=$?
check 'on aarch64, azl-provision validates custom data' '1 did you mean runcmd?' "$status $(grep -o 'did you mean runcmd?' "$work/validate")"

emulated "$platform" scenario default >"$work/vm.json"
emulated "$platform" tree /work/vm.json /work/tree >/dev/null
emulated "$platform" media /work/vm.json --output /work/media
emulated "$program" plan --root /work/tree --ovf /work/media >"$work/plan" 2>"$work/errors" || fail 'plan ends with an error' "$(<"$work/errors")"
check "on aarch64, azl-provision plans a first boot from azl-platform's media" 'provision azureuser azl-vm' \
  "$(jq -r '"\(.course.value) \(.user.name) \(.hostname.value)"' "$work/plan")"
((failures == 0)) || { echo "$failures failed"; exit 1; }
echo 'aarch64: all passed'
