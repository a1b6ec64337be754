# shellcheck shell=bash
# Azure's DNS learns a VM's name from its DHCP requests, so the first request must contain it.
about='the first DHCP request contains the host name, and is the only request'
azure() { vm '.vm.computer_name = "web-1"'; }

judge() {
  judge_boot
  judge_provisioned
  check 'the first DHCP request contains the host name' is "$(grep -m 1 -E 'client provides name|DHCPOFFER' "$run/dhcp.log" | sed 's/.*client provides name: //')" web-1
  check 'there was only one DHCP request' is "$(grep -c DHCPREQUEST "$run/dhcp.log")" 1
}
