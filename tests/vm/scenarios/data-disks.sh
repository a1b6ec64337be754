# shellcheck shell=bash
# The largest number of data disks that a VM can have. The configuration names three of them.
about='64 data disks: those named by LUN are formatted as ext4, xfs and btrfs, and no other is probed'
image_for() { echo azl-provision+disks; }
memory_mb=1536

story() {
  local lun
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
DataDisk=lun=0 mount=/data/0
DataDisk=lun=31 fs=xfs label=db mount=/data/31
DataDisk=lun=63 fs=btrfs mount=/data/63'
  for ((lun = 0; lun < 64; lun++)); do add_scsi_disk "lun$lun" 1G; done
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'LUN 0 is mounted' mounted_as /data/0 ext4
  check 'LUN 31 is mounted' mounted_as /data/31 xfs
  check 'LUN 63 is mounted' mounted_as /data/63 btrfs
  check 'LUN 31 has the configured label' is "$(as_root lsblk -n -o LABEL /dev/disk/azure/data/by-lun/31 | tr -d ' \n')" db
  check 'the other 61 disks were left alone' is "$(disk_decisions data | grep -o 'the configuration does not mention it' | wc -l)" 61
  check 'no other disk was probed' report_holds '[.stages[] | select(.stage == "disks") | .disks[] | select(.kind == "data" and .found != "" and (.number | IN(0, 31, 63) | not))] | length == 0'
}
