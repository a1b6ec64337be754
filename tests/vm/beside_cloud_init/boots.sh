# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='what runs on the first boot, which ends with a reboot of the document, and on the second'
document=boots.mime

story() {
  platform_up
  media_make
  power_on
  check 'the document reboots the machine' wait_until 900 machine_is_off || return
  guest_forget
  expects_report=false
  next_boot || return
  judge_document "$document"
}
