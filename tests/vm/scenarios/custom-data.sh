# shellcheck shell=bash
# Custom data as people write it: files, early commands, scripts, and commands that run once the system is up.
about='custom data: files, disks, users, scripts and runcmd once and in order, bootcmd on each boot, output in the log and the journal'
image_for() { echo azl-provision+compat; }

# shellcheck disable=SC2016 # a variable of jq
azure() { vm '.vm.custom_data = $text' --arg text "$(document)"; }

document() {
  cat <<'END'
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/cloud-config

#cloud-config
bootcmd:
  - echo "bootcmd $(cut -d ' ' -f 1 /proc/uptime) $INSTANCE_ID" >>/var/tmp/order
  - echo "disks:$(lsblk -n -o FSTYPE /dev/disk/azure/data/by-lun/0 /dev/disk/azure/resource | tr -d ' \n')" >>/var/tmp/before
disk_setup:
  /dev/disk/azure/scsi1/lun0: {table_type: gpt, layout: true}
  ephemeral0: {table_type: mbr, layout: [66, [33, 82]], overwrite: true}
fs_setup:
  - {device: /dev/disk/azure/scsi1/lun0-part1, filesystem: ext4, label: data}
  - {device: ephemeral0.1, filesystem: ext4}
  - {device: ephemeral0.2, filesystem: swap}
mounts:
  - [LABEL=data, /data, auto, 'defaults,noatime']
  - [ephemeral0.1, /scratch]
  - [ephemeral0.2, none, swap, sw, '0', '0']
  - [tmpfs, /ram, tmpfs, 'size=8m']
write_files:
  - path: /etc/motd
    content: |
      made by custom data
    permissions: '0640'
    owner: root:adm
  - path: /usr/local/bin/hello
    encoding: gz+b64
    content: H4sIAAAAAAACA1NW1E/KzNNPSizO4EpNzshXyEjNycnnAgAM6oPUFwAAAA==
    permissions: '0755'
groups: [shop]
users:
  - default
  - name: ann
    homedir: /data/ann
    groups: shop
    sudo: ALL=(ALL) NOPASSWD:ALL
system_info:
  default_user: {groups: [shop]}
runcmd:
  - [sh, -c, 'echo "runcmd $HOME $(id -u)" >>/var/tmp/order']
  - hello
  - ip route get 168.63.129.16 >/var/tmp/route
  - (sleep 5; echo background >>/var/tmp/order) &
--part
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="00-script"

#!/bin/bash
echo script >>/var/tmp/order
exit 3
--part--
END
}

story() {
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  # On a slow machine, logins must not be let in before the checks of what comes before them.
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[CustomData]
EarlyTimeout=20min'
  disk_make_partitioned 6G
  add_scsi_disk resource 2G
  add_scsi_disk lun0 1G
  first_boot && judge_boot && judge_provisioned
  check 'everything ran in order' wait_until 60 runs_are 'bootcmd script runcmd background'
  check 'the file has its content' is "$(as_root cat /etc/motd)" 'made by custom data'
  check 'the file has its owner and mode' is "$(as_root "stat -c '%U:%G %a' /etc/motd")" 'root:adm 640'
  check 'bootcmd ran before anybody could log in' early_enough
  check 'the root file system fills its disk' root_fills_disk
  check 'the disks were blank when bootcmd ran' is "$(as_root cat /var/tmp/before)" disks:
  judge_disks
  check 'the home of the user is on the data disk' is "$(as_root findmnt -n -o TARGET --target /data/ann)" /data
  check 'the user of the document is made' is "$(as_root id -nG ann)" 'ann shop'
  check 'sudo lets the user do everything' is "$(as_root runuser -u ann -- sudo -n id -u)" 0
  check 'the admin user is in the group, too' as_root "id -nG $(guest_user) | grep -qw shop"
  check 'the commands run as root, outside the sandbox' is "$(as_root grep '^runcmd' /var/tmp/order)" 'runcmd /root 0'
  check 'the program that was written runs, and its output is in the log' is "$(as_root grep -x hello /var/log/azl-provision/custom-data.log)" hello
  check 'the output is in the journal, too' file_has journal.txt 'azl-provision\[[0-9]*\]: hello$'
  check 'the network was up' as_root test -s /var/tmp/route
  check 'the failed script is a warning with its status' file_has report.txt '00-script.*exit status 3'
  check "'azl-provision status' ends with 2" is "$(<"$boot_folder/status")" 2
  check 'the platform was told Ready' told_once Ready
  check 'what ran once is erased' not as_root grep -q runcmd /var/lib/azl-provision/custom-data/items.json

  check "'cloud-init status --wait' waits, and tells the failed script" status_is 'status: error'
  check "cloud-init's result names the failed script" as_root grep -q 00-script /run/cloud-init/result.json
  judge_cloud_init_files

  as_root "bash -c 'echo kept >/data/file; sync'"
  check 'the VM shuts down' power_off
  blank_disk resource 2G
  expects_report=false
  check_prefix='second boot, with a blank resource disk: '
  next_boot || return
  judge_boot
  judge_disks
  check 'the data disk was kept' is "$(as_root cat /data/file)" kept
  check 'only bootcmd ran again' runs_are 'bootcmd script runcmd background bootcmd'
  check "'cloud-init status --wait' says that this boot is done" status_is 'status: done'
  judge_cloud_init_files
  check 'the final stage was not started' unit_is azl-provision-custom-data.service ConditionResult no
}

judge_disks() {
  check 'the data disk is mounted' mounted_as /data ext4
  check 'the data disk has the mount option of the document' as_root "findmnt -n -o OPTIONS /data | grep -qw noatime"
  check 'the resource disk is mounted where the document says' mounted_as /scratch ext4
  check 'a third of the resource disk is swap' as_root "swapon --show=SIZE --noheadings --bytes | awk '\$1 > 6e8 && \$1 < 8e8 { found = 1 } END { exit !found }'"
  check 'the memory disk is mounted' mounted_as /ram tmpfs
  check 'no line of fstab stops a boot' not as_root "grep -E '/data|/scratch|/ram' /etc/fstab | grep -v nofail"
  check 'no step of stage disks has a warning' report_holds '[.stages[] | select(.stage == "disks") | .findings[]] | length == 0'
}
status_is() { is "$(as_root cloud-init status --wait | tr -d '.\n')" "$1"; }
judge_cloud_init_files() {
  check 'cloud-final.service has ended' unit_is cloud-final.service ActiveState active
  check 'boot-finished is written' as_root test -s /var/lib/cloud/instance/boot-finished
  check "the output ends with cloud-init's line" as_root "tail -n 1 /var/log/cloud-init-output.log | grep -q '^Cloud-init v. .* finished at '"
}
runs_are() { is "$(as_root "cut -d ' ' -f 1 /var/tmp/order" | paste -s -d ' ')" "$1"; }
# The line has the time since the boot.
early_enough() {
  local ran open
  ran=$(as_root "awk '/^bootcmd/ { print \$2; exit }' /var/tmp/order")
  open=$(show_value ssh.service ActiveEnterTimestampMonotonic)
  awk -v ran="$ran" -v open="$open" 'BEGIN { exit !(ran > 0 && ran * 1000000 < open) }' || { echo "bootcmd at $ran s, sshd at $open us"; return 1; }
}
