#!/bin/bash
# Waits with `cloud-init status --wait` on a live machine: beside the stages of custom data, and inside a program that they run.
# It runs in mount, network and PID namespaces of its own. Nothing of the machine is written but below its own temporary
# directory.
#
#   tests/system/cloud_init_live_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
# The build may be where other users cannot reach it.
chmod 755 "$work"
ln -s "$program" "$work/cloud-init"

printf '#cloud-config\nfinal_message: that was all\n' >"$work/message"

# The script ends only when the waiting program beside it has begun to wait. What it leaves in the background waits for the end.
cat >"$work/document" <<END
#cloud-config
bootcmd:
  - 'false'
runcmd:
  - |
    status=0
    $work/cloud-init status --wait >$work/inside || status=\$?
    echo "exit \$status" >>$work/inside
  - $work/cloud-init status --long >$work/inside-long || true
  - while [ ! -s $work/beside ]; do sleep 0.1; done
  - (sleep 1; $work/cloud-init status --wait >$work/left-behind; echo "exit \$?" >>$work/left-behind) &
END

export program work
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export here
# shellcheck disable=SC2016 # for the inner shell
timeout 120 unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  source "$here/custom_data_vm.sh"
  become_vm
  chmod 755 /var/lib
  store_document "$work/document"
  printf "[CustomData]\nCloudInitFiles=yes\n" >/run/azl-provision/azl-provision.conf.d/cloud-init.conf
  # Stage main of a VM that was provisioned before.
  stage main
  (set +e; "$work/cloud-init" status --wait >"$work/beside" 2>&1; echo "exit $?" >>"$work/beside") &
  beside=$!
  stage custom-data-early
  stage custom-data
  wait "$beside"
  cp -r /run/cloud-init "$work/files"
  cp /var/lib/cloud/instance/boot-finished "$work/boot-finished"
  ls /var/lib/cloud >"$work/cloud"
  until grep -q exit "$work/left-behind" 2>/dev/null; do sleep 0.1; done
  # The next boot begins with stage main, and ends with cloud-final.service if the final stage has nothing to do.
  rm -r /run/cloud-init
  next_boot
  printf "[CustomData]\nCloudInitFiles=yes\n" >/run/azl-provision/azl-provision.conf.d/cloud-init.conf
  stage main
  [[ ! -e /var/lib/cloud/instance/boot-finished ]] || echo there >"$work/early-finish"
  "$work/cloud-init" status >"$work/due" || true
  stage custom-data-early
  "$work/cloud-init" finish >"$work/finish" 2>&1 || echo "exit $?" >>"$work/finish"
  cp /var/lib/cloud/instance/boot-finished "$work/second-finished"
  "$work/cloud-init" status >"$work/second" || true
  cp /var/log/azl-provision/custom-data.log "$work/log"
  # A boot of another document, with a message of its own.
  rm -r /run/cloud-init /var/log/azl-provision
  next_boot
  printf "[CustomData]\nCloudInitFiles=yes\n" >/run/azl-provision/azl-provision.conf.d/cloud-init.conf
  store_document "$work/message"
  stage main
  stage custom-data-early
  stage custom-data
  cp /var/log/azl-provision/custom-data.log "$work/own-log"
  "$work/cloud-init" status >"$work/third" || true
' || { echo 'FAILED: the machine'; tail -n 20 "$work"/*.err; exit 1; }

broken=0
complain() { echo "FAILED: $1"; broken=1; }
# equal NAME EXPECTED ACTUAL
equal() { [[ $2 == "$3" ]] || complain "$1: expected '$2', got '$3'"; }
# expect NAME PATTERN FILE
expect() { grep -qE -- "$2" "$3" || complain "$1: $(head -c 2000 "$3")"; }

equal 'a script does not wait for its own end' $'status: running\nexit 0' "$(<"$work/inside")"
equal 'without --wait it sees the failed bootcmd' 'extended_status: error - running' "$(sed -n 2p "$work/inside-long")"
expect 'a program beside the stages waits' '^\.+$' "$work/beside"
equal 'until all have ended' $'status: error\nexit 1' "$(tail -n 2 "$work/beside")"
equal 'so does what a script has left behind' $'status: error\nexit 1' "$(tail -n 2 "$work/left-behind")"
expect 'result.json has the failed bootcmd' 'bootcmd.*exit status 1' "$work/files/result.json"
expect 'status.json has the times' '"finished": [0-9]' "$work/files/status.json"
expect 'boot-finished has the uptime' '^[0-9]+\.[0-9][0-9] - ' "$work/boot-finished"
equal 'nothing says that cloud-init provisioned the VM' instance "$(<"$work/cloud")"
[[ ! -e $work/early-finish ]] || complain 'a boot begins without boot-finished'
equal 'bootcmd is due on each boot' 'status: running' "$(<"$work/due")"
equal 'the command of cloud-final.service ends well' '' "$(<"$work/finish")"
expect 'it ends the boot' '^[0-9]+\.[0-9][0-9] - ' "$work/second-finished"
equal 'the failed bootcmd is an error on this boot too' 'status: error' "$(<"$work/second")"
equal 'the output of both boots ends with the line of cloud-init' 2 \
  "$(grep -cE '^Cloud-init v\. 25\.1 .* finished at .*\. Datasource DataSourceAzure\.  Up [0-9.]+ seconds$' "$work/log")"
expect 'a document can have a message of its own' '^that was all$' "$work/own-log"
equal 'which replaces that line' 0 "$(grep -c '^Cloud-init' "$work/own-log")"
equal 'the status of that boot' 'status: done' "$(<"$work/third")"
((broken == 0)) && echo 'ok: programs wait for the end of custom data, and custom data does not wait for itself'
exit "$broken"
