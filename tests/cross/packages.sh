# shellcheck shell=bash
# Debian's arm64 packages to compile for aarch64 with, and QEMU's emulation of programs, to source after tests/vm/lib/image.sh. They
# are unpacked in $XDG_CACHE_HOME/azl-provision, or ~/.cache, and not installed.

# aarch64_packages: makes them if they are missing. Sets AZL_AARCH64, the folder that tests/cross/aarch64.cmake needs.
aarch64_packages() {
  # Not below build/: ccache makes the paths below the clone relative, and the precompiled header does not bear that.
  local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/azl-provision suite=bookworm packages hash lock
  # The libraries of 'tests/setup build', and an emulator that knows openat2(2), which QEMU 7.2 of Debian 12 does not.
  mapfile -t packages < <("$repository/tests/setup" --list build | grep -oE '[a-z0-9.+-]+-dev\b' | sort -u)
  packages+=(libc6-dev libstdc++-12-dev)
  hash=$({ echo "$suite ${packages[*]}"; recipe make_root bootstrap; } | hash_of)
  mkdir -p "$cache"
  exec {lock}>"$cache/aarch64-lock"
  flock "$lock"
  entry "aarch64-$suite" "$hash" make_root
  exec {lock}>&-
  export AZL_AARCH64=$cache/aarch64-$suite-$hash
  # CMake keeps the paths of libraries.
  if [[ -e $repository/build/aarch64 ]] && ! grep -qsF "$AZL_AARCH64/" "$repository/build/aarch64/CMakeCache.txt"; then
    rm -rf --one-file-system "$repository/build/aarch64"
  fi
}

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

# emulated FOLDER PROGRAM ARGUMENT…: in the packages' folder as /, where /build is the build and /work is FOLDER. With QEMU's -L, opening
# / would give that folder, too, and with it every file that azl-provision opens below it.
emulated() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private bash -euo pipefail -c 'cd "$1"
    mount --bind "$2" build
    mount --bind "$3" work
    mount --rbind /dev dev
    mount -t proc proc proc
    exec chroot . /qemu-aarch64 "${@:4}"' _ "$AZL_AARCH64/root" "$repository/build/aarch64" "$@"
}
