#!/bin/bash
# Kills deprovision at each of its file-changing system calls. Afterwards a second run must reach the tree of an undisturbed run,
# also if the same VM was provisioned once more in between, which must give it host keys.
#
#   tests/system/interruptions_deprovision_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# An undisturbed run under strace lists the calls. --fast uses a sample of them. AZL_KEEP=1 keeps the trees.
set -euo pipefail

fast=
if [[ ${1-} == --fast ]]; then
  fast=yes
  shift
fi
(($# == 2)) || { echo "usage: $0 [--fast] AZL_PROVISION AZL_PLATFORM" >&2; exit 1; }
source "$(dirname "${BASH_SOURCE[0]}")/trees.sh"

calls='openat,openat2,write,ftruncate,fchmod,fchown,renameat2,unlinkat,mkdirat,fsync,fsetxattr,setxattr,syncfs'

# deprovision TREE [PREFIX…]
deprovision() {
  local tree=$1
  shift
  "$@" "$provision" deprovision --user --logs --force --root "$tree"
}

list_rows() {
  cp -a "$work/provisioned" "$work/undisturbed"
  deprovision "$work/undisturbed" strace -o "$work/trace" -e "trace=$calls" >"$work/undisturbed.log" 2>&1 ||
    die "the undisturbed run failed, or strace is not allowed to trace: $(tail -5 "$work/undisturbed.log")"
  normalised "$work/undisturbed" >"$work/goal"
  choose_rows 25 8 3 "$fast"
}

# complete TREE: deprovisions it again, and prints what is wrong.
complete() {
  local status=0
  deprovision "$1" >"$1.log" 2>&1 || status=$?
  ((status == 0)) || echo "the second run ended with $status: $(cat "$1.log")"
  diff "$work/goal" <(normalised "$1" 2>&1) || true
}

# interrupt CALL N: tests one row and prints what is wrong.
interrupt() {
  local tree=$work/tree status=0
  rm -rf "$tree" "$tree.boot"
  cp -a "$work/provisioned" "$tree"
  deprovision "$tree" strace -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" >"$tree.log" 2>&1 || status=$?
  if ((status != 137)); then
    echo "the run was not killed: status $status, $(tail -1 "$tree.log")"
    return
  fi
  cp -a "$tree" "$tree.boot"
  complete "$tree"
  status=0
  agent "$tree.boot" >"$tree.log" 2>&1 || status=$?
  ((status == 0)) || echo "the boot in between ended with $status: $(cat "$tree.log")"
  ssh-keygen -lf "$tree.boot/etc/ssh/ssh_host_ed25519_key" >/dev/null || echo 'the boot in between made no host key'
  complete "$tree.boot"
}

need strace awk ssh-keygen useradd userdel sshd visudo
start_lab "$@"
cp -a "$work/pristine" "$work/provisioned"
agent "$work/provisioned" >"$work/provisioned.log" 2>&1 || die "the tree was not provisioned: $(cat "$work/provisioned.log")"
mkdir -p "$work/provisioned/root" "$work/provisioned/var/log/journal/0123"
printf 'UUID=x /mnt ext4 nofail,x-azl-provision 0 2\n' >>"$work/provisioned/etc/fstab"
printf '127.0.1.1\tweb-1  # azl-provision\n' >>"$work/provisioned/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$work/provisioned/etc/machine-id"
echo ls >"$work/provisioned/root/.bash_history"
echo x >"$work/provisioned/var/log/journal/0123/system.journal"
list_rows
test_kills interrupt
finish_test
