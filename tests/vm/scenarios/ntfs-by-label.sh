# shellcheck shell=bash
# UnreadableNtfs=format makes the label of the resource disk sufficient for formatting it.
about='a kernel without NTFS: the resource disk is formatted because of its label, if the configuration allows it'
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
  check 'the agent decided to format the resource disk' decided resource "as ext4 'ephemeral'"
  check 'the resource disk is mounted' mounted_as /mnt ext4
}
