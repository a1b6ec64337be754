# shellcheck shell=bash
# The normal case for all kinds of disks: the OS disk is larger than its image; the resource disk and the data disks are blank.
about='the OS disk grows, a blank resource disk with swap and a data disk are formatted and mounted, also after a reboot'

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
  check 'the agent decided to grow the OS disk' decided os 'grow /dev/vda partition 1 and its ext4'
  check 'the agent decided to format the resource disk' decided resource "format it as ext4 'ephemeral': it is blank"
  check 'the other data disk was left alone' decided data 'the configuration does not mention it'
  as_root "bash -c 'echo kept > /mnt/file; echo kept > /data/file; sync'"
  check 'the VM shuts down' power_off
  expects_report=false
  check_prefix='after a reboot: '
  next_boot || return
  judge_boot
  judge_disks
  check 'the OS disk was left alone' decided os 'leave /dev/vda: its size has not changed since its partition was grown'
  check 'the written files are still there' is "$(as_root cat /mnt/file /data/file | paste -s -d ' ')" 'kept kept'
  check 'the report says that an earlier boot provisioned the VM' grep -q 'READY.*: this VM was provisioned on an earlier boot' "$boot_folder/report.txt"
}

judge_disks() {
  check 'the root file system fills its disk' root_fills_disk
  check 'the resource disk is mounted' mounted_as /mnt ext4
  check 'the resource disk has its warning file' as_root test -s /mnt/DATALOSS_WARNING_README.txt
  check 'the swap file is on the resource disk' is "$(as_root swapon --show=NAME --noheadings)" /mnt/swapfile
  check 'the data disk is mounted' mounted_as /data ext4
  check 'the data disk has the configured mount option' file_options /data noatime
  check 'the other data disk is still blank' is "$(as_root lsblk -n -o FSTYPE /dev/disk/azure/data/by-lun/4 | tr -d ' \n')" ''
  check 'sshd and logins are not ordered after the disks stage' not ordered_after_disks
}
file_options() { as_root findmnt -n -o OPTIONS "$1" | grep -q -w "$2"; }
ordered_after_disks() { as_root systemctl show -p After ssh.service systemd-user-sessions.service | grep -q azl-provision-disks; }
