# shellcheck shell=bash
about='a kernel without NTFS: the label of the resource disk is enough where the configuration says so'
kernel_arguments=module_blacklist=ntfs3

story() {
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
UnreadableNtfs=format'
  add_scsi_disk resource 1G
  make_temporary_storage resource
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'it was formatted' decided resource "as ext4 'ephemeral'"
  check 'it is mounted' mounted_as /mnt ext4
}
