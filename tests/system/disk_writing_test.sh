#!/bin/bash
# Partitions and formats loop devices, and tests growing and swap, with the real programs and kernel.
#
#   tests/system/disk_writing_test.sh DISK_WRITING_TEST [OPTIONS…]
#
# Opens no disk of this machine: the program attaches images in a temporary directory. It runs in a mount namespace of its own,
# and its loop devices are detached in any case. Exits with 77 (skipped) without root, loop devices, or one of the programs.
set -euo pipefail

program=$(readlink -f "$1")
skip() { echo "skipped: $1"; exit 77; }

if [[ ${AZL_DISK_WORK-} == '' ]]; then
  ((EUID == 0)) || skip 'loop devices and mounts need root'
  for tool in losetup mount unshare mkfs.ext4 mkfs.xfs mkfs.btrfs mkswap swapon e2fsck xfs_repair resize2fs xfs_growfs btrfs; do
    command -v "$tool" >/dev/null || skip "$tool is missing"
  done
  for type in ext4 xfs btrfs; do
    grep -qw "$type" /proc/filesystems || modprobe -q "$type" || skip "this kernel does not support $type"
  done
  unshare --mount true 2>/dev/null || skip 'mount namespaces are not available'
  AZL_DISK_WORK=$(mktemp -d)
  export AZL_DISK_WORK
  # Detaches only loop devices of this test's directory.
  clean_up() {
    local name file
    losetup --list --noheadings --output NAME,BACK-FILE | while read -r name file; do
      case $file in "$AZL_DISK_WORK"/*) losetup --detach "$name" || true ;; esac
    done
    rm -rf --one-file-system "$AZL_DISK_WORK"
  }
  trap clean_up EXIT
  truncate --size 1M "$AZL_DISK_WORK/try"
  device=$(losetup --find --show --partscan "$AZL_DISK_WORK/try" 2>/dev/null) || skip 'loop devices are not available'
  losetup --detach "$device"
  unshare --mount --propagation private -- "$0" "$@"
  exit
fi

shift
exec "$program" "$@"
