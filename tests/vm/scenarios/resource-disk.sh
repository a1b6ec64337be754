# shellcheck shell=bash
# The states of the resource disk during the life of a VM.
about="the resource disk as Azure delivers it, after a redeployment, with a user's file, and missing: formatted only if nobody has used it"

story() {
  local before
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  add_scsi_disk resource 2G
  make_temporary_storage resource
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the agent recognized the disk as Azure delivers it' decided resource 'it is as Azure hands it out'
  judge_mounted
  as_root "bash -c 'echo kept > /mnt/file; sync'"

  again 'after a reboot: ' || return
  check 'the existing file system was used again' decided resource 'an earlier boot made its file system'
  judge_mounted
  check 'the written file is still there' is "$(as_root cat /mnt/file)" kept

  again 'redeployed: ' make_temporary_storage resource || return
  check 'the agent decided to format the new disk' decided resource 'it is as Azure hands it out'
  judge_mounted
  check 'the written file is gone' not as_root test -e /mnt/file

  again "with a user's file: " make_temporary_storage resource notes.txt || return
  check 'the disk was left alone' decided resource "somebody has written 'notes.txt' to it"
  check 'nothing is mounted' not as_root mountpoint -q /mnt
  before=$(sha256sum <"$run/disk-resource.raw")
  check 'the VM shuts down' power_off
  check 'no byte of the disk changed' is "$(sha256sum <"$run/disk-resource.raw")" "$before"

  machine_options=()
  check_prefix='resized to a VM size without a resource disk: '
  next_boot || return
  judge_boot
  check 'nothing is mounted' not as_root mountpoint -q /mnt
  check 'no unit waited for the missing disk' file_has_no journal.txt 'Timed out waiting for device'
}

judge_mounted() {
  check 'the resource disk is mounted' mounted_as /mnt ext4
  check 'the resource disk has its warning file' as_root test -s /mnt/DATALOSS_WARNING_README.txt
}
