#!/bin/bash
# Kills a run at each of its file-changing system calls. Afterwards a second run must reach the tree of
# an undisturbed run.
#
#   tests/system/interruptions_kill_test.sh [--fast | --home] AZL_PROVISION AZL_PLATFORM
#
# An undisturbed run under strace lists the agent's own calls. For each call there is a fresh tree, a
# run that strace kills at the entry of the call, a report, a second run, and a comparison by
# normalise.sh. The record in /run/azl-provision names the running step. Each step of the local and
# the main stage must be hit at least once. --fast uses a sample of the calls. --home provisions a
# tree with a home that belongs to a uid without an account, and uses the calls by which a home is taken
# over. AZL_KEEP=1 keeps the
# trees.
set -euo pipefail

fast=
if [[ ${1-} == --fast ]]; then
  fast=yes
  shift
fi
home=
expected=0  # the exit status of a run that was not killed
if [[ ${1-} == --home ]]; then
  home=yes
  expected=2
  shift
fi
(($# == 2)) || { echo "usage: $0 [--fast | --home] AZL_PROVISION AZL_PLATFORM" >&2; exit 1; }
source "$(dirname "${BASH_SOURCE[0]}")/trees.sh"

calls='openat,openat2,write,pwrite64,ftruncate,fchmod,fchown,rename,renameat,renameat2,unlink,unlinkat'
calls+=',mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,fsetxattr,setxattr,sethostname'
[[ -z $home ]] || calls='fchmod,fchown,fchownat,renameat2,syncfs,mkdirat'
workers=2
# The steps of a tree's first boot. Written by hand, so that a missing step is noticed.
expected_steps='local/media local/hostname main/media main/keygen main/lease main/proxy-agent main/imds
                main/late-media main/decide main/hostname main/machine-id main/user main/password
                main/host-keys main/login main/ssh-keys main/sudo main/lock-root main/sshd
                main/hand-over main/remember main/kvp main/health main/eject'

# leave_home HOME: makes the home of a user whose account is gone.
leave_home() {
  mkdir -p "$1/.ssh" "$1/work"
  echo '# theirs' >"$1/.ssh/authorized_keys"
  echo '# theirs' >"$1/.bashrc"
  echo mine >"$1/work/notes"
  chmod 2775 "$1/work"
  chown -R 1001:1001 "$1"
}

# Runs undisturbed, and writes the goal tree and the rows "CALL N", where N counts the calls of that
# name.
list_rows() {
  cp -a "$work/pristine" "$work/undisturbed"
  local status=0
  agent "$work/undisturbed" strace -o "$work/trace" -e "trace=$calls" 2>"$work/undisturbed.log" || status=$?
  ((status == expected)) ||
    die "the undisturbed run failed, or strace is not allowed to trace: $(tail -5 "$work/undisturbed.log")"
  normalised "$work/undisturbed" >"$work/goal"
  local least=100
  [[ -z $home ]] || least=25
  choose_rows "$least" 10 5 "$fast"
}

# Prints what is wrong with the report after a kill. It must name the interrupted step, unless the
# record of that stage was already complete.
check_report() {
  local tree=$1 step=$2 report
  local -a complete=("$tree"/var/lib/azl-provision/boots/*/"${step%/*}.json")
  [[ ! -e ${complete[0]} ]] || step=
  if ! report=$("$provision" --report --root "$tree" 2>&1); then
    echo "--report failed: $report"
  elif [[ -n $step && ($(head -1 <<<"$report") != *"INTERRUPTED"* || $report != *"${step#*/}"*) ]]; then
    echo "--report does not say that $step was interrupted: $(head -3 <<<"$report")"
  fi
}

# Tests one row and prints what is wrong. Records which step was hit.
interrupt() {
  local call=$1 number=$2 tree=$3 status=0 step
  # The number of calls varies a little from run to run, so a run may end before it makes the last one.
  for _ in 1 2 3; do
    status=0
    rm -rf "$tree"
    cp -a "$work/pristine" "$tree"
    agent "$tree" strace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
      >"$tree.log" 2>&1 || status=$?
    if ((status != 0)); then break; fi
  done
  if ((status != 137)); then
    echo "the run was not killed: status $status, $(tail -1 "$tree.log")"
    return
  fi
  step=$(running_step "$tree")
  echo "${step:-none}" >>"$tree.steps"
  if [[ -e $tree/run/azl-provision/main.json && -z $step ]]; then
    echo "the record in /run names no step: $(cat "$tree/run/azl-provision/main.json")"
  fi
  check_report "$tree" "$step"
  status=0
  agent "$tree" >"$tree.log" 2>&1 || status=$?
  ((status == expected)) || echo "the second run ended with $status: $(cat "$tree.log")"
  diff "$work/goal" <("$root_of_source/tests/system/normalise.sh" "$tree" 2>&1) || true
  status=0
  "$provision" status --root "$tree" >"$tree.log" 2>&1 || status=$?
  ((status == expected)) || echo "'azl-provision status' ended with $status: $(cat "$tree.log")"
}

# work_off WORKER: tests every $workers-th row.
work_off() {
  local mine=$1 row=0 call number wrong total
  total=$(wc -l <"$work/rows")
  while read -r call number <&3; do
    row=$((row + 1))
    ((row % workers == mine)) || continue
    wrong=$(interrupt "$call" "$number" "$work/tree.$mine" 2>&1) || wrong+="the test itself failed"
    if [[ -n $wrong ]]; then
      {
        echo "FAILED: $row/$total killed at $call $number, step $(tail -1 "$work/tree.$mine.steps" 2>/dev/null)"
        sed 's/^/    /' <<<"$wrong"
      } >>"$work/wrong.$mine"
      echo "$row/$total $call $number: FAILED"
    elif ((row % 10 < workers)); then
      echo "$row/$total $call $number"
    fi
  done 3<"$work/rows"
}

check_steps() {
  local step count
  echo
  echo "Number of kills in each step (none: before the first or after the last step):"
  cat "$work"/tree.*.steps | sort | uniq -c
  [[ -z $fast$home ]] || return 0
  for step in $expected_steps; do
    count=$(cat "$work"/tree.*.steps | grep -cx "$step" || true)
    ((count > 0)) || failed "no kill hit step $step"
  done
}

need strace awk ssh-keygen useradd sshd visudo
start_lab "$@"
[[ -z $home ]] || leave_home "$work/pristine/home/azureuser"
list_rows
for ((i = 0; i < workers; ++i)); do
  work_off "$i" &
  pids[i]=$!
done
for pid in "${pids[@]}"; do wait "$pid" || failed "a worker ended with $?"; done
check_steps
for ((i = 0; i < workers; ++i)); do
  [[ -e $work/wrong.$i ]] || continue
  cat "$work/wrong.$i"
  failures=$((failures + $(grep -c '^FAILED' "$work/wrong.$i")))
done
if [[ $(told NotReady) != 0 ]]; then failed "NotReady was told, although nothing failed"; fi
echo "$(wc -l <"$work/rows") of $(wc -l <"$work/all_rows") kills in $SECONDS s"
finish_test
