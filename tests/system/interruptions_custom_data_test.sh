#!/bin/bash
# Kills the stages of custom data at each of their file-changing system calls, as a power failure does. On the next boots,
# what was not begun must be carried out, nothing that runs once may run twice, what did not end must be reported, and nothing
# of the document may stay but what is for each boot.
#
#   tests/system/interruptions_custom_data_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# It runs in namespaces of its own (custom_data_vm.sh). --fast uses a sample of the calls.
set -euo pipefail

fast=
if [[ ${1-} == --fast ]]; then
  fast=yes
  shift
fi
(($# == 2)) || { echo "usage: $0 [--fast] AZL_PROVISION AZL_PLATFORM" >&2; exit 1; }
source "$(dirname "${BASH_SOURCE[0]}")/trees.sh"
need strace awk base64
unshare --mount --net --pid --fork true 2>/dev/null || { echo 'skipped: namespaces cannot be made here'; exit 77; }

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$root_of_source/tests/system
export program work here fast

# "planted" must not stay on the disk. bootcmd, which is for each boot, does not contain it.
cat >"$work/document" <<END
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="xx"

--xx
Content-Type: text/cloud-config

bootcmd:
  - echo bootcmd >>$work/order
write_files:
  - path: $work/files/replaced
    content: planted-1
  - path: $work/files/appended
    content: "planted-2\n"
    append: true
  - path: $work/files/deferred
    content: planted-3
    defer: true
  - path: $work/files/both
    content: "planted-6\n"
  - path: $work/files/both
    content: "planted-7\n"
    append: true
runcmd:
  - echo runcmd >>$work/order; true planted-4
  - echo output
--xx
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="z.sh"

#!/bin/sh
echo z >>$work/order
true planted-5
--xx--
END

# shellcheck disable=SC2016 # for the inner shell
unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  source "$here/custom_data_vm.sh"
  become_vm
  calls=openat,openat2,write,fchmod,fchown,renameat2,rename,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,syncfs

  begin_anew() {
    rm -rf "$work/files" "$work/order" /var/log/azl-provision
    mkdir "$work/files"
    store_document "$work/document"
    next_boot
  }
  both_stages() {
    next_boot
    stage custom-data-early
    stage custom-data
  }

  # list_rows STAGE: "STAGE CALL N" for each call that changes something. N counts the calls of that name.
  list_rows() {
    awk -F"[(]" -v stage="$1" "/^[a-z0-9]+\\(/ {
      ++count[\$1]
      if (/ = -1 E/ || (\$1 ~ /^openat/ && !/O_CREAT/)) next
      print stage, \$1, count[\$1]
    }" "$work/trace"
  }

  begin_anew
  stage custom-data-early strace -o "$work/trace" -e "trace=$calls"
  list_rows custom-data-early >"$work/all_rows"
  stage custom-data strace -o "$work/trace" -e "trace=$calls"
  list_rows custom-data >>"$work/all_rows"
  total=$(wc -l <"$work/all_rows")
  ((total > 60)) || { echo "FAILED: only $total file-changing calls: the trace was not parsed correctly"; exit 1; }
  if [[ -n $fast ]]; then
    awk -v total="$total" "NR % int(total / 12) == 3" "$work/all_rows" >"$work/rows"
  else
    cp "$work/all_rows" "$work/rows"
  fi

  # once NAME COUNT ID: an item that runs once did, or the report says that it did not end.
  once() {
    (($2 == 1)) || { (($2 == 0)) && grep -q "$3" "$work/unended"; } ||
      echo "$1 happened $2 times; did not end: $(tr "\n" " " <"$work/unended")"
  }
  count() { { cat "$2" 2>/dev/null || true; } | grep -cx "$1" || true; }

  judge() {
    once runcmd "$(count runcmd "$work/order")" runcmd
    once z.sh "$(count z "$work/order")" scripts/z.sh
    once appending "$(count planted-2 "$work/files/appended")" write_files/2
    once "the second appending" "$(count planted-7 "$work/files/both")" write_files/5
    (($(count planted-6 "$work/files/both") == 1)) || echo "the file that is appended to is wrong"
    [[ $(cat "$work/files/replaced") == planted-1 ]] || echo "the replaced file is wrong"
    [[ $(cat "$work/files/deferred") == planted-3 ]] || echo "the deferred file is wrong"
    [[ $(tail -1 "$work/order") == bootcmd ]] || echo "bootcmd did not run on the last boot: $(tr "\n" " " <"$work/order")"
    ! grep -rl planted /var/lib/azl-provision || echo "the files above have text of what is over"
    [[ ! -e /var/lib/azl-provision/custom-data/final-due ]] || echo "the final stage is still due"
    [[ -e /var/lib/azl-provision/custom-data/early-due ]] || echo "bootcmd is not due any more"
  }

  number=0
  bad=0
  while read -r name call nth <&3; do
    number=$((number + 1))
    begin_anew
    [[ $name == custom-data-early ]] || stage custom-data-early
    stage "$name" strace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth" 2>/dev/null
    killed=$(<"$work/$name.status")
    both_stages
    "$program" --report --format=json | grep -B3 "did not end" >"$work/unended" || true
    both_stages  # only bootcmd is due
    wrong=$(judge)
    ((killed == 137)) || wrong+="the run was not killed: status $killed"
    if [[ -n $wrong ]]; then
      bad=$((bad + 1))
      echo "FAILED: $number/$(wc -l <"$work/rows") $name killed at $call $nth"
      sed "s/^/    /" <<<"$wrong"
    elif ((number % 10 == 1)); then
      echo "$number/$(wc -l <"$work/rows") $name $call $nth"
    fi
  done 3<"$work/rows"
  echo "$(wc -l <"$work/rows") of $total kills, $bad wrong"
  ((bad == 0))
'
