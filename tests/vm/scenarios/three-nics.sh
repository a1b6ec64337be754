# shellcheck shell=bash
# Three NICs in three subnets, two of them with a second address. With rp_filter=1, the VM drops a packet if the answer would
# leave through another NIC.
about='three NICs with rp_filter=1: every address answers from outside, the platform is reached only through the primary, also after a reboot'
azure() {
  vm '.vm.interfaces = [
    {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4", "10.0.0.14"], "subnet": "10.0.0.0/24", "ipv6": []},
    {"mac": "00:0d:3a:5c:7e:11", "ipv4": ["10.0.1.4"], "subnet": "10.0.1.0/24", "ipv6": []},
    {"mac": "00:0d:3a:5c:7e:12", "ipv4": ["10.0.2.4", "10.0.2.14"], "subnet": "10.0.2.0/24", "ipv6": []}]'
}

story() {
  replace_in_image /etc/sysctl.d/99-strict.conf 644 <<<'net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.*.rp_filter = 1
net.ipv4.conf.all.rp_filter = 1'
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  judge_nics
  cp "$boot_folder/files" "$boot_folder/contents" "$run/"
  check 'the VM shuts down' power_off
  expects_report=false
  check_prefix='after a reboot: '
  next_boot || return
  judge_boot
  judge_nics
  check 'no request was sent to the platform' is "$(requests | wc -l)" 0
  check 'no file changed its content' unchanged contents
  check 'no file was added, removed, or changed in mode or owner' unchanged files
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report is about the first boot' report_is .earlier_boot true
  # Shows why the rules are needed: without them only the primary answers.
  as_root "bash -c 'while ip rule del priority 10000; do :; done'" 2>/dev/null
  check 'without its rule the second NIC does not answer' not nic_answers 10.0.1.4
  check 'without the rules the primary still answers' nic_answers 10.0.0.4
}

judge_nics() {
  local address
  check 'rp_filter is 1' is "$(as_root cat /proc/sys/net/ipv4/conf/{all,default}/rp_filter | paste -s -d ' ')" '1 1'
  check 'the primary has its addresses' nic_has 00:0d:3a:5c:7e:10 10.0.0.4 10.0.0.14
  check 'the second NIC has its address' nic_has 00:0d:3a:5c:7e:11 10.0.1.4
  check 'the third NIC has its addresses' nic_has 00:0d:3a:5c:7e:12 10.0.2.4 10.0.2.14
  for address in 10.0.0.4 10.0.0.14 10.0.1.4 10.0.2.4 10.0.2.14; do check "$address answers from outside" nic_answers "$address"; done
  check 'the route to the WireServer uses the primary' route_is 168.63.129.16 00:0d:3a:5c:7e:10
  check 'the route to IMDS uses the primary' route_is 169.254.169.254 00:0d:3a:5c:7e:10
  check 'the route to the Internet uses the primary' route_is 192.0.2.1 00:0d:3a:5c:7e:10
}
