# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='data disks by LUN, the resource disk and swap, on two boots'
document=disks.yaml

story() {
  add_scsi_disk resource 2G
  add_scsi_disk lun0 1G
  add_scsi_disk lun1 1G
  first_boot || return
  judge_document "$document"
  check 'the VM shuts down' power_off
  expects_report=false
  check_prefix='second boot: '
  next_boot || return
  judge_document "$document, second boot"
}
