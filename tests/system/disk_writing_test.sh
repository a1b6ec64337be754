#!/bin/bash
# Disks are partitioned, formatted, grown and swapped to by the real programs and the kernel, on loop devices.
#
#   tests/system/disk_writing_test.sh DISK_WRITING_TEST [OPTIONS…]
#
# No disk of this machine is opened: the program makes its images in a directory of this test's own, and attaches those. It
# runs in a mount namespace of its own, and whichever way it ends, its loop devices are detached. Ends with 77 (skipped) where
# root, loop devices or programs are missing.
set -euo pipefail

program=$(readlink -f "$1")
skip() { echo "skipped: $1"; exit 77; }

if [[ ${AZL_DISK_WORK-} == '' ]]; then
  ((EUID == 0)) || skip 'loop devices and mounts need root'
  for tool in losetup mount unshare mkfs.ext4 mkfs.xfs mkfs.btrfs mkswap swapon e2fsck xfs_repair resize2fs xfs_growfs btrfs; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
  done
  for type in ext4 xfs btrfs; do
    grep -qw "$type" /proc/filesystems || modprobe -q "$type" || skip "this kernel has no $type"
  done
  unshare --mount true 2>/dev/null || skip 'no mount namespaces here'
  AZL_DISK_WORK=$(mktemp -d)
  export AZL_DISK_WORK
  # Only what lies in the test's own directory.
  clean_up() {
    local name file
    losetup --list --noheadings --output NAME,BACK-FILE | while read -r name file; do
      case $file in "$AZL_DISK_WORK"/*) losetup --detach "$name" || true ;; esac
    done
    rm -rf --one-file-system "$AZL_DISK_WORK"
  }
  trap clean_up EXIT
  truncate --size 1M "$AZL_DISK_WORK/try"
  device=$(losetup --find --show --partscan "$AZL_DISK_WORK/try" 2>/dev/null) || skip 'no loop devices here'
  losetup --detach "$device"
  unshare --mount --propagation private -- "$0" "$@"
  exit
fi

shift
exec "$program" "$@"
