# shellcheck shell=bash
# Azure Stack Hub, or another cloud: the WireServer has another address, which DHCP tells, and there is no IMDS.
about='Azure Stack Hub: provisioned from the media, Ready told at the address that DHCP tells, and one warning, once'
wireserver=10.255.0.16
azure() { vm '.imds.enabled = false'; }

story() {
  first_boot || return
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 2, warnings" is "$(<"$boot_folder/status")" 2
  check 'the only warning is about IMDS' report_is '[.stages[].findings[] | select(.severity != "note") | .reason] | join(" ")' imds-connect
  check 'the WireServer was asked once' is "$(count_requests '.server == "wireserver"')" 1
  again 'after a reboot: '
  check 'no request was sent to the platform' is "$(requests | wc -l)" 0
  check 'the report has no warning' report_is '[.stages[].findings[] | select(.severity != "note")] | length' 0
}
