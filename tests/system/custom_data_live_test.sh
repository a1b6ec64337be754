#!/bin/bash
# Carries out custom data on a live machine: the stages of custom data run programs there, which no root tree shows. It runs in
# mount, network and PID namespaces of its own, with an Azure VM's firmware and an empty /run, /var/lib and /var/log.
# Nothing of the machine is written but below its own temporary directory.
#
#   tests/system/custom_data_live_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'

# The document of a real-looking VM, with everything that the stages run.
cat >"$work/document" <<END
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="xx"

--xx
Content-Type: text/cloud-config

#cloud-config
bootcmd:
  - echo "bootcmd \$INSTANCE_ID" >>$work/order
write_files:
  - path: $work/written
    content: early
    permissions: '0600'
  - path: $work/deferred
    content: final
    defer: true
runcmd:
  - [sh, -c, 'echo "runcmd \$1" >>$work/order', x, "it's"]
  - cd $work
  - echo "in \$PWD" >>order
  - echo to the log
  - 'false'

--xx
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="00-first.sh"

#!/bin/sh
echo "first \$HOME" >>$work/order
exit 3
--xx
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="zz-last.sh"

#!/bin/sh
echo last >>$work/order
--xx
Content-Type: text/cloud-boothook

#cloud-boothook
#!/bin/sh
echo boothook >>$work/order
--xx--
END

export program work
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export here
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  source "$here/custom_data_vm.sh"
  become_vm
  store_document "$work/document"
  stage custom-data-early
  cp -a /var/lib/azl-provision/custom-data "$work/after-early"
  stage custom-data
  cp -a /var/lib/azl-provision/custom-data "$work/after-final"
  cp /var/log/azl-provision/custom-data.log "$work/log"
  "$program" --report --format=json >"$work/report.json"
'

broken=0
complain() { echo "FAILED: $1"; broken=1; }
# equal NAME EXPECTED ACTUAL
equal() { [[ $2 == "$3" ]] || complain "$1: expected '$2', got '$3'"; }
# expect NAME PATTERN FILE
expect() { grep -qE -- "$2" "$3" || complain "$1: $(head -c 2000 "$3")"; }

equal 'the early stage ends well' 0 "$(<"$work/custom-data-early.status")"
equal 'the final stage ends with warnings' 2 "$(<"$work/custom-data.status")"
equal 'everything ran in order' 'boothook
bootcmd 5c1c6d2b-6e3a-4c0b-9f0e-0123456789ab
first /root
runcmd it'\''s
in '"$work"'
last' "$(<"$work/order")"
equal 'the early file is written' early "$(<"$work/written")"
equal 'the early file has its mode' 600 "$(stat -c %a "$work/written")"
equal 'the deferred file is written' final "$(<"$work/deferred")"
expect 'the log has the output' '^to the log$' "$work/log"
expect 'the output is copied to the journal' '^to the log$' "$work/custom-data.out"
expect 'a failed script is named with its status' 'scripts/00-first.sh.*exit status 3' "$work/custom-data.err"
expect 'the report has the failed runcmd' 'runcmd.*exit status 1' "$work/report.json"
[[ -e $work/after-early/early-due ]] || complain 'bootcmd is due on each boot'
[[ -e $work/after-final/early-due ]] || complain 'bootcmd stays due on each boot'
[[ ! -e $work/after-final/final-due ]] || complain 'nothing of the final phase is due any more'
if grep -q 'runcmd' "$work/after-final/items.json"; then complain 'runcmd was not erased'; fi
if grep -rl 'to the log' "$work/report.json" "$work/after-final"; then complain 'the files above have text of the document'; fi
((broken == 0)) && echo 'ok: custom data is carried out in order, once, and erased'
exit "$broken"
