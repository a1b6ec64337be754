#!/bin/bash
# Provisions trees on a disk that is full or read-only.
#
#   tests/system/interruptions_disk_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# The tree is on a tmpfs, in a separate mount namespace. The tmpfs is filled until only some KiB, or
# some inodes, are left, so that each run meets the full disk at another point. The run must succeed,
# or fail with the reason and the advice for a full disk. The platform must be told, and no file may
# be half written. After space was freed, a second run must reach the tree of an undisturbed run, as
# compared by normalise.sh. With a read-only /etc, or a read-only tree, the run must fail in the same
# way and change nothing.
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

# Unmounts everything, including mounts on top of others. Also called when the test ends.
drop_tree() {
  while umount -R "$work/disk" 2>/dev/null; do :; done
}

# fresh_tree [MOUNT_OPTIONS]: makes a pristine tree at $tree, on a new tmpfs.
fresh_tree() {
  drop_tree
  mkdir -p "$work/disk"
  mount -t tmpfs -o "size=8m,mode=0755${1:+,$1}" tree "$work/disk"
  tree=$work/disk/root
  cp -a "$work/pristine" "$tree"
}

# Prints the damage that no failure may leave: an account database with missing or incomplete lines,
# temporary files, and half written files.
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
  for path in etc/hostname etc/sudoers.d/90-azl-provision etc/ssh/sshd_config.d/50-cloud-init.conf \
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

# no_clear_error STATUS LOG TOLD_BEFORE: prints what is missing in the messages about a full disk.
no_clear_error() {
  local status=$1 log=$2 before=$3
  grep -qi 'no space left' "$log" || echo "the log does not say that the disk is full: $(cat "$log")"
  # The report says so too, even if there was no space for a record.
  "$provision" --report --root "$tree" >"$log.report" 2>&1 || echo "--report failed: $(cat "$log.report")"
  if ((status == 1)); then
    grep -q '^FAILED' "$log.report" || echo "--report does not say FAILED: $(head -8 "$log.report")"
    grep -q 'Free space' "$log.report" || echo "--report does not advise to free space: $(head -8 "$log.report")"
  fi
  # The platform must be told once. That is Ready if only the record could not be written.
  if ((status == 1 && $(told NotReady) + $(told Ready) != before + 1)); then
    echo "the platform was told $(($(told NotReady) + $(told Ready) - before)) times: $(cat "$log")"
  fi
}

# Fill the disk until $1 KiB, or $1 inodes, are free.
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

# full space|inodes LEFT: tests one level.
full() {
  local what=$1 left=$2 status=0 before wrong
  fresh_tree "$([[ $what == inodes ]] && echo nr_inodes=400)"
  "fill_$what" "$left"
  before=$(($(told NotReady) + $(told Ready)))
  agent "$tree" timeout 600 >"$work/log" 2>&1 || status=$?
  wrong=$(
    case $status in
      0) ;;  # there was enough space
      1 | 2) no_clear_error "$status" "$work/log" "$before" ;;
      *) echo "the run ended with $status: $(tail -3 "$work/log")" ;;
    esac
    half_written
    rm -rf "$work/disk/ballast" "$work/disk/ballast.d"
    again=0
    agent "$tree" timeout 600 >"$work/log.2" 2>&1 || again=$?
    # After status 2 the VM is provisioned, so the second run may keep the warning.
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

# read_only PATH: tests with a directory of the tree mounted read-only.
read_only() {
  local path=$1 status=0 before wrong
  fresh_tree
  mount --bind "$tree$path" "$tree$path"
  mount -o remount,bind,ro "$tree$path"
  "$root_of_source/tests/system/normalise.sh" "$tree" | grep -v "^run/\|^var/" >"$work/before"
  before=$(told NotReady)
  agent "$tree" timeout 600 >"$work/log" 2>&1 || status=$?
  wrong=$(
    ((status == 1)) || echo "the run ended with $status: $(cat "$work/log")"
    grep -qi 'read-only' "$work/log" || echo "the log does not say that the file system is read-only: $(cat "$work/log")"
    (($(told NotReady) == before + 1)) || echo "NotReady was told $(($(told NotReady) - before)) times: $(cat "$work/log")"
    diff "$work/before" <("$root_of_source/tests/system/normalise.sh" "$tree" | grep -v "^run/\|^var/") || true
    if [[ $path != / ]]; then
      "$provision" --report --root "$tree" >"$work/log.report"
      grep -q '^FAILED: read-only file system' "$work/log.report" && grep -q 'remount' "$work/log.report" ||
        echo "--report does not say what to do: $(head -9 "$work/log.report")"
      umount "$tree$path"
      again=0
      agent "$tree" timeout 600 >"$work/log.2" 2>&1 || again=$?
      ((again == 0)) || echo "the second run ended with $again: $(cat "$work/log.2")"
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
# The levels are useful only if some of them were too low and some were enough.
if ((${statuses[0]-0} == 0 || ${statuses[1]-0} == 0)); then failed "the levels must include both a failure and a success"; fi
read_only /etc
read_only /
drop_tree
echo "$SECONDS s"
finish_test
