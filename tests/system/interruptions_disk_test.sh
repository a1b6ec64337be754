#!/bin/bash
# A disk that is full, or read-only, while the machine is provisioned.
#
#   tests/system/interruptions_disk_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# The tree lies on a tmpfs of its own, in a mount namespace of the test's own, which is filled so
# that a few KiB, or a few inodes, are left: the run meets the end of the disk at ever later points.
# Wherever that is, it ends with the reason and the advice of a full disk (or did without the space
# and succeeds), the platform is told, nothing is half written, and with the space given back a
# second run converges to the tree of an undisturbed one, by the rule of normalise.sh.
# A read-only /etc, and a read-only tree, fail in the same way, and nothing changes.
set -euo pipefail

arguments=("$@")
fast=
if [[ ${1-} == --fast ]]; then
  fast=yes
  shift
fi
(($# == 2)) || { echo "usage: $0 [--fast] AZL_PROVISION AZL_PLATFORM" >&2; exit 1; }
source "$(dirname "${BASH_SOURCE[0]}")/trees.sh"
in_own_mount_namespace "${arguments[@]}"

tree=

# Mounts may lie on mounts: as long as there is one, it goes. Also called when the test ends.
drop_tree() {
  while umount -R "$work/disk" 2>/dev/null; do :; done
}

# fresh_tree [MOUNT_OPTIONS]: a pristine tree at $tree, on a tmpfs of its own.
fresh_tree() {
  drop_tree
  mkdir -p "$work/disk"
  mount -t tmpfs -o "size=8m,mode=0755${1:+,$1}" tree "$work/disk"
  tree=$work/disk/root
  cp -a "$work/pristine" "$tree"
}

# What no failure may have left: a database without a line that it had, a line without its fields, a
# file that is there in part. Prints what is wrong.
half_written() {
  local name fields path
  for name in passwd:7 shadow:9 group:4 gshadow:4; do
    fields=${name#*:}
    name=${name%:*}
    awk -F: -v fields="$fields" -v name="$name" 'NF != fields {print name ": a broken line: " $0}' "$tree/etc/$name"
    if ! diff -q <(cut -d: -f1 "$work/pristine/etc/$name" | sort) \
      <(cut -d: -f1 "$tree/etc/$name" | sort | grep -v '^azureuser$') >/dev/null; then
      echo "$name lost a line"
    fi
  done
  find "$tree" -name '.*.azl-new' -printf 'left over: %P\n'
  for path in etc/hostname etc/sudoers.d/90-azl-provision etc/ssh/sshd_config.d/00-azl-provision.conf \
    home/azureuser/.ssh/authorized_keys var/lib/waagent/ovf-env.xml var/lib/waagent/provisioned; do
    [[ -e $tree/$path ]] || continue
    cmp -s "$tree/$path" "$work/undisturbed/$path" || cmp -s "$tree/$path" "$work/pristine/$path" ||
      grep -q 'provisioning failed' "$tree/$path" || echo "half written: $path"
  done
  for path in "$tree"/etc/ssh/ssh_host_*_key; do
    [[ ! -e $path ]] || ssh-keygen -y -P '' -f "$path" >/dev/null </dev/null || echo "half written: $path"
  done
  for path in "$tree"/var/lib/azl-provision/state.json "$tree"/var/lib/azl-provision/boots/*/*.json; do
    [[ ! -e $path ]] || [[ $(tail -c 2 "$path") == '}' ]] || echo "half written: $path"
  done
}

# What a run must have said of a full disk. A reserved word: the reason's advice.
no_clear_error() {
  local status=$1 log=$2 before=$3
  grep -qi 'no space left' "$log" || echo "it does not say that the disk is full: $(cat "$log")"
  # A record of it may have no room either: then the run's own words are all there is.
  if "$provision" --report --root "$tree" >"$log.report" 2>&1 && grep -q '^FAILED at step' "$log.report"; then
    grep -q 'Free space' "$log.report" || echo "--report does not advise to free space: $(head -8 "$log.report")"
  fi
  # Ready where only the record of it found no room.
  if ((status == 1 && $(told NotReady) + $(told Ready) != before + 1)); then
    echo "the platform was told $(($(told NotReady) + $(told Ready) - before)) times: $(cat "$log")"
  fi
}

# Fills the disk until `left` KiB are free; with inodes: until so many inodes are.
fill_space() {
  local free
  free=$(($(stat -f -c '%a * %S / 1024' "$work/disk")))
  head -c $(((free - $1) * 1024)) /dev/zero >"$work/disk/ballast"
}
fill_inodes() {
  local free
  free=$(stat -f -c '%d' "$work/disk")
  mkdir "$work/disk/ballast.d"
  seq "$((free - $1 - 1))" | sed "s|^|$work/disk/ballast.d/|" | xargs touch
}

# full WHAT LEFT: one level.
full() {
  local what=$1 left=$2 status=0 before wrong
  fresh_tree "$([[ $what == inodes ]] && echo nr_inodes=400)"
  "fill_$what" "$left"
  before=$(($(told NotReady) + $(told Ready)))
  agent "$tree" timeout 600 >"$work/log" 2>&1 || status=$?
  wrong=$(
    case $status in
      0) ;;  # it had enough
      1 | 2) no_clear_error "$status" "$work/log" "$before" ;;
      *) echo "it ended with $status: $(tail -3 "$work/log")" ;;
    esac
    half_written
    rm -rf "$work/disk/ballast" "$work/disk/ballast.d"
    again=0
    agent "$tree" timeout 600 >"$work/log.2" 2>&1 || again=$?
    # What was reached degraded stays so: the VM is provisioned.
    if ((status == 2)); then
      ((again == 2 || again == 0)) || echo "the second run ended with $again: $(cat "$work/log.2")"
    else
      ((again == 0)) || echo "the second run ended with $again: $(cat "$work/log.2")"
      diff "$work/goal" <("$root_of_source/tests/system/normalise.sh" "$tree" 2>&1) || true
    fi
  )
  statuses[$status]=$((${statuses[$status]-0} + 1))
  if [[ -n $wrong ]]; then
    failed "$left ${what/space/KiB} left, status $status" "$wrong"
  else
    echo "ok: $left ${what/space/KiB} left, status $status"
  fi
}

# read_only PATH: a directory of the tree that is mounted read-only.
read_only() {
  local path=$1 status=0 before wrong
  fresh_tree
  mount --bind "$tree$path" "$tree$path"
  mount -o remount,bind,ro "$tree$path"
  "$root_of_source/tests/system/normalise.sh" "$tree" | grep -v "^run/\|^var/" >"$work/before"
  before=$(told NotReady)
  agent "$tree" timeout 600 >"$work/log" 2>&1 || status=$?
  wrong=$(
    ((status == 1)) || echo "it ended with $status: $(cat "$work/log")"
    grep -qi 'read-only' "$work/log" || echo "it does not say that it is read-only: $(cat "$work/log")"
    (($(told NotReady) == before + 1)) || echo "NotReady was told $(($(told NotReady) - before)) times: $(cat "$work/log")"
    diff "$work/before" <("$root_of_source/tests/system/normalise.sh" "$tree" | grep -v "^run/\|^var/") || true
    if [[ $path != / ]]; then
      "$provision" --report --root "$tree" >"$work/log.report"
      grep -q '^FAILED at step' "$work/log.report" && grep -q 'remount' "$work/log.report" ||
        echo "--report does not say what to do: $(head -9 "$work/log.report")"
      umount "$tree$path"
      again=0
      agent "$tree" timeout 600 >"$work/log.2" 2>&1 || again=$?
      ((again == 0)) || echo "the run after it ended with $again: $(cat "$work/log.2")"
      diff "$work/goal" <("$root_of_source/tests/system/normalise.sh" "$tree" 2>&1) || true
    fi
  )
  if [[ -n $wrong ]]; then failed "read-only $path" "$wrong"; else echo "ok: read-only $path"; fi
}

need unshare mount ssh-keygen useradd sshd visudo
start_lab "$@"
cp -a "$work/pristine" "$work/undisturbed"
agent "$work/undisturbed" 2>"$work/log" || die "the undisturbed run failed: $(cat "$work/log")"
"$root_of_source/tests/system/normalise.sh" "$work/undisturbed" >"$work/goal"

declare -A statuses=()
if [[ -n $fast ]]; then
  spaces='0 16 64 512'
  inodes='0 8 64'
else
  spaces="$(seq 0 4 160) 200 256 512"
  inodes="$(seq 0 40) 64"
fi
for left in $spaces; do full space "$left"; done
for left in $inodes; do full inodes "$left"; done
# Else the levels say nothing: some must have been too little, some enough.
if ((${statuses[0]-0} == 0 || ${statuses[1]-0} == 0)); then failed "the levels cover neither end"; fi
read_only /etc
read_only /
drop_tree
echo "$SECONDS s"
finish_test
