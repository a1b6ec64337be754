#!/bin/bash
# Kills the programs that a run starts at each of their file-changing system calls. Afterwards a second
# run must reach the tree of an undisturbed run.
#
#   tests/system/interruptions_tools_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# In a separate mount namespace, a wrapper is mounted over each program (useradd, chpasswd,
# ssh-keygen). It runs the real program under strace. In an undisturbed run, strace lists the calls;
# in each other run, it kills the program at one call. There are two ways:
#   tool   only the program dies, and the agent must handle its failure
#   power  the agent dies, too, as in a power failure
# The trees are compared by normalise.sh. There is one exception: if only chpasswd dies, the VM becomes
# Ready with a warning and without a password, because the user can log in with the SSH key. --fast
# uses a sample of the calls.
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

tools='useradd chpasswd ssh-keygen'
calls='open,openat,creat,write,pwrite64,ftruncate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,rename'
calls+=',renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,utimensat'
workers=2

# Mounts the wrappers. A wrapper reads "PROGRAM CALL N HOW" from the file TREE.inject of the tree in the
# agent's arguments: its own have a descriptor of the tree.
wrap_tools() {
  local tool real
  mkdir "$work/real" "$work/wrappers"
  for tool in $tools; do
    real=$(realpath "$(command -v "$tool")")
    cp -p "$real" "$work/real/$tool"
    cat >"$work/wrappers/$tool" <<EOF
#!/bin/bash
real=$work/real/$tool
[[ \$(tr '\\0' ' ' <"/proc/\$PPID/cmdline") =~ $work/(tree\.[0-9]+|undisturbed) ]] || exec "\$real" "\$@"
lab=\${BASH_REMATCH[0]}
if [[ ! -e \$lab.inject ]]; then
  [[ ! -e \$lab.list ]] || exec strace -o "\$lab.list/$tool" -e trace=$calls "\$real" "\$@"
  exec "\$real" "\$@"
fi
read -r tool call number how <"\$lab.inject"
[[ \$tool == $tool ]] || exec "\$real" "\$@"
rm "\$lab.inject"
strace -o /dev/null -e trace="\$call" -e "inject=\$call:signal=KILL:when=\$number" "\$real" "\$@"
status=\$?
echo "\$status" >"\$lab.killed"
[[ \$how != power ]] || kill -KILL "\$PPID"
exit "\$status"
EOF
    chmod 755 "$work/wrappers/$tool"
    mount --bind "$work/wrappers/$tool" "$real"
  done
}

# Runs undisturbed, and writes the goal tree and the rows "TOOL CALL N HOW". Leaves out failed calls
# and open calls without O_CREAT.
list_rows() {
  local tool
  cp -a "$work/pristine" "$work/undisturbed"
  mkdir "$work/undisturbed.list"
  agent "$work/undisturbed" 2>"$work/undisturbed.log" ||
    die "the undisturbed run failed, or strace is not allowed to trace: $(tail -5 "$work/undisturbed.log")"
  "$root_of_source/tests/system/normalise.sh" "$work/undisturbed" >"$work/goal"
  for tool in $tools; do
    [[ -s $work/undisturbed.list/$tool ]] || die "the run did not call $tool"
    awk -F'[(]' -v tool="$tool" '/^[a-z0-9]+\(/ {
      ++count[$1]
      if (/ = -1 E/ || ($1 ~ /^open/ && !/O_CREAT/)) next
      print tool, $1, count[$1], "power"
      if ($1 ~ /^(rename|openat)/) print tool, $1, count[$1], "tool"
    }' "$work/undisturbed.list/$tool"
  done >"$work/all_rows"
  local total
  total=$(wc -l <"$work/all_rows")
  ((total > 50)) || die "only $total file-changing calls: the trace was not parsed correctly"
  awk -v fast="$fast" -v total="$total" '!fast || NR % int(total / 10) == 5' "$work/all_rows" >"$work/rows"
}

# expect_end TREE STATUS HEADLINE ACTUAL_STATUS: prints what is wrong with the status or the first line
# of the report.
expect_end() {
  local report
  (($4 == $2)) || echo "the run ended with $4: $(cat "$1.log")"
  report=$("$provision" --report --root "$1" 2>&1) || echo "--report failed"
  [[ $report == "$3"* ]] || echo "--report does not start with '$3': $(head -3 <<<"$report")"
}

# Removes the lines of a normalised tree that differ after a failed chpasswd: the password and the
# records.
without_password() { grep -vE '^(etc/shadow: azureuser:|var/lib/azl-provision/(state\.json|boots/))'; }

# Tests one row and prints what is wrong.
interrupt() {
  local tree=$1 tool=${2%% *} how=${2##* } status=0
  rm -rf "$tree" "$tree.killed"
  cp -a "$work/pristine" "$tree"
  echo "$2" >"$tree.inject"
  agent "$tree" >"$tree.log" 2>&1 || status=$?
  if [[ ! -e $tree.killed || $(cat "$tree.killed") != 137 ]]; then
    echo "the tool was not killed: $(cat "$tree.killed" 2>&1)"
    return
  fi
  if [[ $tool/$how == chpasswd/tool ]]; then
    expect_end "$tree" 2 'READY WITH 1 WARNING' "$status"
    grep -q '^azureuser:!' "$tree/etc/shadow" || echo "the account is not locked: $(grep ^azureuser "$tree/etc/shadow")"
    diff <(without_password <"$work/goal") <("$root_of_source/tests/system/normalise.sh" "$tree" 2>&1 | without_password) || true
    return
  fi
  if [[ $how == power ]]; then
    ((status == 137)) || echo "the agent was not killed: $status"
  else
    # Without the user or the host keys the failure is fatal, and the report names the step.
    expect_end "$tree" 1 'FAILED at step' "$status"
  fi
  status=0
  agent "$tree" >"$tree.log" 2>&1 || status=$?
  ((status == 0)) || echo "the second run ended with $status: $(cat "$tree.log")"
  diff "$work/goal" <("$root_of_source/tests/system/normalise.sh" "$tree" 2>&1) || true
}

# work_off WORKER: tests every $workers-th row.
work_off() {
  local mine=$1 row=0 line wrong total
  total=$(wc -l <"$work/rows")
  while read -r line <&3; do
    row=$((row + 1))
    ((row % workers == mine)) || continue
    wrong=$(interrupt "$work/tree.$mine" "$line" 2>&1) || wrong+="the test itself failed"
    if [[ -n $wrong ]]; then
      echo "$row/$total $line: FAILED"
      {
        echo "FAILED: $row/$total $line"
        sed 's/^/    /' <<<"$wrong"
      } >>"$work/wrong.$mine"
    elif ((row % 10 < workers)); then
      echo "$row/$total $line"
    fi
  done 3<"$work/rows"
}

need strace awk unshare ssh-keygen useradd sshd visudo
start_lab "$@"
wrap_tools
list_rows
for ((i = 0; i < workers; ++i)); do
  work_off "$i" &
  pids[i]=$!
done
for pid in "${pids[@]}"; do wait "$pid" || failed "a worker ended with $?"; done
for ((i = 0; i < workers; ++i)); do
  [[ -e $work/wrong.$i ]] || continue
  cat "$work/wrong.$i"
  failures=$((failures + $(grep -c '^FAILED' "$work/wrong.$i")))
done
echo "$(wc -l <"$work/rows") of $(wc -l <"$work/all_rows") kills in $SECONDS s"
finish_test
