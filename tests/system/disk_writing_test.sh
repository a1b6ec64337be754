#!/bin/bash
# Partitions, formats, grows and swaps to loop devices with the real programs and the kernel.
#
#   tests/system/disk_writing_test.sh DISK_WRITING_TEST [OPTIONS…]
#
# Does not open any disk of this machine: the test program makes its disk images in a temporary directory and attaches those. It
# runs in a separate mount namespace, and its loop devices are always detached at the end. Exit status 77 (skipped) if root,
# loop devices or programs are missing.
set -euo pipefail

program=$(readlink -f "$1")
skip() { echo "skipped: $1"; exit 77; }

if [[ ${AZL_DISK_WORK-} == '' ]]; then
  ((EUID == 0)) || skip 'loop devices and mounts need root'
  for tool in losetup mount unshare mkfs.ext4 mkfs.xfs mkfs.btrfs mkswap swapon e2fsck xfs_repair resize2fs xfs_growfs btrfs; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
  for type in ext4 xfs btrfs; do
    grep -qw "$type" /proc/filesystems || modprobe -q "$type" || skip "this kernel does not support $type"
  done
  unshare --mount true 2>/dev/null || skip 'this machine does not allow new mount namespaces'
  AZL_DISK_WORK=$(mktemp -d)
  export AZL_DISK_WORK
  # Detaches only loop devices of files in the test's own directory.
  clean_up() {
    local name file
    losetup --list --noheadings --output NAME,BACK-FILE | while read -r name file; do
      case $file in "$AZL_DISK_WORK"/*) losetup --detach "$name" || true ;; esac
    done
    rm -rf --one-file-system "$AZL_DISK_WORK"
  }
  trap clean_up EXIT
  truncate --size 1M "$AZL_DISK_WORK/try"
  device=$(losetup --find --show --partscan "$AZL_DISK_WORK/try" 2>/dev/null) || skip 'this machine has no loop devices'
  losetup --detach "$device"
  unshare --mount --propagation private -- "$0" "$@"
  exit
fi

shift
exec "$program" "$@"
