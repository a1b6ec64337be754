# shellcheck shell=bash
# Azure's DNS learns a VM's name from its DHCP requests: the first one must have it.
about='the first DHCP request carries the host name, and there is no second one for its sake'
azure() { vm '.vm.computer_name = "web-1"'; }

judge() {
  judge_boot
  judge_provisioned
  check 'the first DHCP request carries the host name' is "$(grep -m 1 -E 'client provides name|DHCPOFFER' "$run/dhcp.log" | sed 's/.*client provides name: //')" web-1
  check 'one lease was asked for, once' is "$(grep -c DHCPREQUEST "$run/dhcp.log")" 1
}
