#!/bin/bash
# Kills migrate at each of its file-changing system calls. Afterwards a second run must reach the tree of an undisturbed run, also if
# the VM was booted in between. That boot must find one agent: either another one is enabled and azl-provision does nothing, or
# azl-provision knows that the VM is provisioned and changes neither accounts nor keys.
#
#   tests/system/interruptions_migrate_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
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

calls='openat,openat2,write,fchmod,fchown,renameat2,unlinkat,mkdirat,symlinkat,fsync,fsetxattr,setxattr,syncfs'

# migrate TREE [PREFIX…]
migrate() {
  local tree=$1
  shift
  "$@" "$provision" migrate --force --root "$tree"
}

# Adds what cloud-init and WALinuxAgent leave on a VM that cloud-init has provisioned.
make_provisioned() {
  local tree=$1 unit units=$1/usr/lib/systemd/system links=$1/etc/systemd/system
  mkdir -p "$units" "$links"/{cloud-init,multi-user}.target.wants "$tree"/etc/{cloud/cloud.cfg.d,ssh} "$tree"/var/lib/cloud/data
  for unit in azl-provision.target azl-provision-custom-data.service cloud-init-local.service cloud-final.service waagent.service; do
    echo '[Unit]' >"$units/$unit"
  done
  for unit in cloud-init-local.service cloud-final.service; do
    ln -s "/usr/lib/systemd/system/$unit" "$links/cloud-init.target.wants/$unit"
  done
  ln -s /usr/lib/systemd/system/waagent.service "$links/multi-user.target.wants/waagent.service"
  printf 'growpart: {mode: "off"}\n' >"$tree/etc/cloud/cloud.cfg"
  printf 'Provisioning.Agent=cloud-init\n' >"$tree/etc/waagent.conf"
  cat "$tree/sys/class/dmi/id/product_uuid" >"$tree/var/lib/cloud/data/instance-id"
  echo "the VM's own" >"$tree/etc/ssh/ssh_host_ed25519_key"
}

# Prints what must stay.
kept() { (cd "$1" && sha256sum etc/passwd etc/shadow etc/group etc/ssh/ssh_host_ed25519_key); }

list_rows() {
  cp -a "$work/provisioned" "$work/undisturbed"
  migrate "$work/undisturbed" strace -o "$work/trace" -e "trace=$calls" >"$work/undisturbed.log" 2>&1 ||
    die "the undisturbed run failed, or strace is not allowed to trace: $(tail -5 "$work/undisturbed.log")"
  [[ -e $work/undisturbed/etc/cloud/cloud-init.disabled ]] || die 'the undisturbed run did not switch cloud-init off'
  normalised "$work/undisturbed" >"$work/goal"
  choose_rows 25 10 2 "$fast"
}

# complete TREE: migrates it again, and prints what is wrong.
complete() {
  local status=0
  migrate "$1" >"$1.log" 2>&1 || status=$?
  ((status == 0)) || echo "the second run ended with $status: $(cat "$1.log")"
  diff "$work/goal" <(normalised "$1" 2>&1) || true
}

# boot TREE: prints what is wrong with a boot of azl-provision.
boot() {
  local status=0
  agent "$1" >"$1.log" 2>&1 || status=$?
  if ((status == 3)); then
    grep -q 'cloud-init is enabled too' "$1.log" || echo "the boot in between had no agent: $(cat "$1.log")"
  elif ((status != 0)); then
    echo "the boot in between ended with $status: $(cat "$1.log")"
  fi
  diff "$work/kept" <(kept "$1") || true
}

# interrupt CALL N: tests one row and prints what is wrong.
interrupt() {
  local tree=$work/tree status=0
  rm -rf "$tree" "$tree.boot"
  cp -a "$work/provisioned" "$tree"
  migrate "$tree" strace -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" >"$tree.log" 2>&1 || status=$?
  if ((status != 137)); then
    echo "the run was not killed: status $status, $(tail -1 "$tree.log")"
    return
  fi
  cp -a "$tree" "$tree.boot"
  complete "$tree"
  boot "$tree.boot"
  migrate "$tree.boot" >"$tree.log" 2>&1 || echo "the run after the boot failed: $(cat "$tree.log")"
  boot "$tree.boot"
  [[ -e $tree.boot/etc/cloud/cloud-init.disabled ]] || echo 'the run after the boot did not switch cloud-init off'
}

need strace awk sha256sum
start_lab "$@"
cp -a "$work/pristine" "$work/provisioned"
make_provisioned "$work/provisioned"
kept "$work/provisioned" >"$work/kept"
list_rows
test_kills interrupt
[[ $(told Ready) == 0 ]] || failed 'the platform was told something'
finish_test
