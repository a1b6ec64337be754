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
  - path: /var/lib/cloud/scripts/per-boot/20-from-document
    content: |
      #!/bin/sh
      echo per-boot from the document >>$work/order
    permissions: '0755'
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
  # add_program NAME TEXT: adds a program of the image.
  add_program() {
    mkdir -p "$(dirname "/var/lib/cloud/scripts/$1")"
    printf "#!/bin/sh\n%s\n" "$2" >"/var/lib/cloud/scripts/$1"
    chmod 755 "/var/lib/cloud/scripts/$1"
  }
  # end_stage NAME: runs the final stage, and keeps what it leaves under this name.
  end_stage() {
    local status=0
    "$program" run --stage=custom-data >"$work/$1.out" 2>"$work/$1.err" || status=$?
    echo "$status" >"$work/$1.status"
    cp /var/lib/azl-provision/programs "$work/$1.programs"
    stat -c %i /var/lib/azl-provision/programs >"$work/$1.inode"
    "$program" --report --format=json >"$work/$1.json"
  }
  chmod 755 /var/lib
  store_document "$work/document"
  for folder in once boot instance; do
    add_program "per-$folder/10-image" "echo per-$folder >>$work/order"
  done
  add_program per-boot/90-backup.bak "echo a backup >>$work/order"
  # A VM that could not be provisioned.
  mv /var/lib/azl-provision/state.json /var/lib/azl-provision/custom-data "$work"
  "$program" run --stage=custom-data >"$work/unprovisioned.out" 2>&1 || true
  if [[ -e $work/order ]]; then mv "$work/order" "$work/order-unprovisioned"; fi
  mv "$work/state.json" "$work/custom-data" /var/lib/azl-provision
  stage custom-data-early
  cp -a /var/lib/azl-provision/custom-data "$work/after-early"
  stage custom-data
  cp -a /var/lib/azl-provision/custom-data "$work/after-final"
  cp /var/log/azl-provision/custom-data.log "$work/log"
  "$program" --report --format=json >"$work/report.json"
  cp /var/lib/azl-provision/programs "$work/first.programs"

  # The second boot: one program is new, and one kills the agent.
  next_boot
  add_program per-once/20-new "echo a new one >>$work/second"
  add_program per-once/30-killer "echo the killer >>$work/second; kill -9 \$PPID"
  sed -i "s|$work/order|$work/second|" /var/lib/cloud/scripts/per-*/*
  end_stage killed
  cp "$work/second" "$work/second-killed"
  # The same boot once more.
  end_stage again

  # A boot with nothing but programs for each boot, and two runs of it.
  next_boot
  : >"$work/second"
  end_stage third
  cp "$work/second" "$work/third"
  end_stage idle
'

broken=0
complain() { echo "FAILED: $1"; broken=1; }
# equal NAME EXPECTED ACTUAL
equal() { [[ $2 == "$3" ]] || complain "$1: expected '$2', got '$3'"; }
# expect NAME PATTERN FILE
expect() { grep -qE -- "$2" "$3" || complain "$1: $(head -c 2000 "$3")"; }

equal 'the early stage ends well' 0 "$(<"$work/custom-data-early.status")"
equal 'the final stage ends with warnings' 2 "$(<"$work/custom-data.status")"
equal 'no program of the image ran before the VM was provisioned' '' "$(cat "$work/order-unprovisioned" 2>/dev/null)"
equal 'everything ran in order' 'boothook
bootcmd 5c1c6d2b-6e3a-4c0b-9f0e-0123456789ab
per-once
per-boot
per-boot from the document
per-instance
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

# Programs of the image over three boots.
# lines WORD BOOT: how many such lines are remembered of the boot, by the last run.
lines() { grep -c "^$1 boot-0*-0000-4000-8000-0*$2 " "$3" || true; }
equal 'the first boot remembers its programs' '2 2' "$(lines begun 1 "$work/first.programs") $(lines ended 1 "$work/first.programs")"
equal 'the agent was killed' 137 "$(<"$work/killed.status")"
equal 'what ran is not run again, and what is new is run' 'a new one
the killer' "$(<"$work/second-killed")"
equal 'the boot before is forgotten' 0 "$(lines ended 1 "$work/killed.programs")"
expect 'the disk is not' '^ended once /var/lib/cloud/scripts/per-once/10-image \.$' "$work/killed.programs"
expect 'nor is the VM' '^ended vm-[0-9a-f-]+ /var/lib/cloud/scripts/per-instance/10-image \.$' "$work/killed.programs"
equal 'what was begun and did not end is a warning' 2 "$(<"$work/again.status")"
expect 'the warning names it' '30-killer: it was begun before and did not end' "$work/again.err"
equal 'it is not begun again' 'per-boot
per-boot from the document' "$(<"$work/third")"
equal 'the third boot has no warning' 0 "$(<"$work/third.status")"
equal 'the killer counts as run' 1 "$(grep -c '^ended once .*/30-killer \.$' "$work/third.programs")"
equal 'a second run of a boot runs nothing' "$(<"$work/third.programs")" "$(<"$work/idle.programs")"
equal 'and does not write the memory anew' "$(<"$work/third.inode")" "$(<"$work/idle.inode")"
if grep -rl 'a backup' "$work"/*.out "$work/order" "$work/third"; then complain 'a backup was run'; fi
if grep -q 'runcmd' "$work/after-final/items.json"; then complain 'runcmd was not erased'; fi
if grep -rl 'to the log' "$work/report.json" "$work/after-final"; then complain 'the files above have text of the document'; fi
((broken == 0)) && echo 'ok: custom data is carried out in order, once, and erased; programs of the image run as often as they should'
exit "$broken"
