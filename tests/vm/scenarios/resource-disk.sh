# shellcheck shell=bash
# What becomes of the resource disk over the life of a VM.
about='the resource disk as Azure hands it out, redeployed, with a file of somebody, and gone: formatted only where it is empty'

story() {
  local before
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  add_scsi_disk resource 2G
  make_temporary_storage resource
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'it was as Azure hands it out' decided resource 'it is as Azure hands it out'
  judge_mounted
  as_root "bash -c 'echo kept > /mnt/file; sync'"

  again 'after a reboot: ' || return
  check 'it was taken up again' decided resource 'an earlier boot made its file system'
  judge_mounted
  check 'what was written is there' is "$(as_root cat /mnt/file)" kept

  again 'redeployed: ' make_temporary_storage resource || return
  check 'it was formatted anew' decided resource 'it is as Azure hands it out'
  judge_mounted
  check 'what was written is gone' not as_root test -e /mnt/file

  again 'with a file of somebody: ' make_temporary_storage resource notes.txt || return
  check 'it was left' decided resource "somebody has written 'notes.txt' to it"
  check 'nothing is mounted' not as_root mountpoint -q /mnt
  before=$(sha256sum <"$run/disk-resource.raw")
  check 'the VM switches off' power_off
  check 'and not a byte of the disk has changed' is "$(sha256sum <"$run/disk-resource.raw")" "$before"

  machine_options=()
  check_prefix='resized to a size without it: '
  next_boot || return
  judge_boot
  check 'nothing is mounted' not as_root mountpoint -q /mnt
  check 'nobody waited for it' file_never_says journal.txt 'Timed out waiting for device'
}

judge_mounted() {
  check 'it is mounted' mounted_as /mnt ext4
  check 'with its warning' as_root test -s /mnt/DATALOSS_WARNING_README.txt
}
