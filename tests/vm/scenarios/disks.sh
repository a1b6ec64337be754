# shellcheck shell=bash
# The ordinary case of all that is done to disks: the OS disk is larger than its image, the resource disk and a data disk are
# blank.
about='the OS disk grows, a blank resource disk and a data disk are formatted and mounted, with swap; the same after a reboot'

story() {
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
Swap=file
SwapSize=64M
DataDisk=lun=3 label=data mount=/data options=noatime'
  disk_make_partitioned 6G
  add_scsi_disk resource 2G
  add_scsi_disk lun3 1G
  add_scsi_disk lun4 1G
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  judge_disks
  check 'the OS disk was grown' decided os 'grow /dev/vda partition 1 and its ext4'
  check 'the resource disk was formatted' decided resource "format it as ext4 'ephemeral': it is blank"
  check 'the other data disk was left' decided data 'the configuration does not mention it'
  as_root "bash -c 'echo kept > /mnt/file; echo kept > /data/file; sync'"
  check 'the VM switches off' power_off
  expects_word=false
  check_prefix='after a reboot: '
  next_boot || return
  judge_boot
  judge_disks
  check 'the OS disk was left' decided os 'leave /dev/vda: its size has not changed since its partition was grown'
  check 'what was written is there' is "$(as_root cat /mnt/file /data/file | paste -s -d ' ')" 'kept kept'
  check 'the report is of this boot and knows the first' grep -q 'READY.*: this VM was provisioned on an earlier boot' "$boot_folder/report.txt"
}

judge_disks() {
  check 'the root file system fills its disk' root_fills_disk
  check 'the resource disk is mounted' mounted_as /mnt ext4
  check 'with its warning' as_root test -s /mnt/DATALOSS_WARNING_README.txt
  check 'with swap' is "$(as_root swapon --show=NAME --noheadings)" /mnt/swapfile
  check 'the data disk is mounted' mounted_as /data ext4
  check 'as its configuration says' file_options /data noatime
  check 'the other data disk has nothing on it' is "$(as_root lsblk -n -o FSTYPE /dev/disk/azure/data/by-lun/4 | tr -d ' \n')" ''
  check 'sshd did not wait for it' not ordered_after_disks
}
file_options() { as_root findmnt -n -o OPTIONS "$1" | grep -q -w "$2"; }
ordered_after_disks() { as_root systemctl show -p After ssh.service systemd-user-sessions.service | grep -q azl-provision-disks; }
