# shellcheck shell=bash
# Three NICs in three virtual networks, two of them with a further address, in a machine that drops what comes in by another
# NIC than its answer would leave by.
about='three NICs under rp_filter=1: every address answers from outside; the platform by the primary alone; the same after a reboot'
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
  check 'the VM switches off' power_off
  expects_word=false
  check_prefix='after a reboot: '
  next_boot || return
  judge_boot
  judge_nics
  check 'the platform was asked and told nothing' is "$(requests | wc -l)" 0
  # What the rules are for: without them only the primary answers.
  as_root "bash -c 'while ip rule del priority 10000; do :; done'" 2>/dev/null
  check 'without its rule a second NIC does not answer' not nic_answers 10.0.1.4
  check 'and the primary does' nic_answers 10.0.0.4
}

judge_nics() {
  local address
  check 'the machine is strict about the way back' is "$(as_root cat /proc/sys/net/ipv4/conf/{all,default}/rp_filter | paste -s -d ' ')" '1 1'
  check 'the primary has its addresses' nic_has 00:0d:3a:5c:7e:10 10.0.0.4 10.0.0.14
  check 'the second NIC has its address' nic_has 00:0d:3a:5c:7e:11 10.0.1.4
  check 'the third NIC has its addresses' nic_has 00:0d:3a:5c:7e:12 10.0.2.4 10.0.2.14
  for address in 10.0.0.4 10.0.0.14 10.0.1.4 10.0.2.4 10.0.2.14; do check "$address answers from outside" nic_answers "$address"; done
  check 'the WireServer is reached by the primary' route_is 168.63.129.16 00:0d:3a:5c:7e:10
  check 'IMDS is reached by the primary' route_is 169.254.169.254 00:0d:3a:5c:7e:10
  check 'the Internet is reached by the primary' route_is 192.0.2.1 00:0d:3a:5c:7e:10
}
