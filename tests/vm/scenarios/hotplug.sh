# shellcheck shell=bash
# While a VM runs a NIC is added, and another is taken away.
about='a NIC that is added while the VM runs is configured, the file of one that is removed goes, and the primary loses nothing'
azure() {
  vm '.vm.interfaces = [
    {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4"], "subnet": "10.0.0.0/24", "ipv6": []},
    {"mac": "00:0d:3a:5c:7e:11", "ipv4": ["10.0.1.4"], "subnet": "10.0.1.0/24", "ipv6": []},
    {"mac": "00:0d:3a:5c:7e:12", "ipv4": ["10.0.2.4", "10.0.2.14"], "subnet": "10.0.2.0/24", "ipv6": []}]'
}

story() {
  local leases ping
  cp "$scenario_file" "$run/all-nics.json"
  with_nics '.[:2]'
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  leases=$(primary_leases)
  ip netns exec "$netns" ping -I 192.0.2.1 -i 0.2 10.0.0.4 >"$run/ping.log" &
  ping=$!

  with_nics .
  platform_up
  qmp netdev_add '{"type": "tap", "id": "net2", "ifname": "nic2", "script": "no", "downscript": "no"}' >/dev/null
  qmp device_add '{"driver": "virtio-net-pci", "netdev": "net2", "mac": "00:0d:3a:5c:7e:12", "id": "nic2"}' >"$run/device-add.log"
  check 'the added NIC gets its addresses' wait_until 90 nic_has 00:0d:3a:5c:7e:12 10.0.2.4 10.0.2.14
  check 'and answers from outside' nic_answers 10.0.2.14
  check 'it has a file' as_root test -e /etc/systemd/network/50-azl-provision-000d3a5c7e12.network

  with_nics '[.[0], .[2]]'
  platform_up
  qmp device_del '{"id": "nic1"}' >"$run/device-del.log"
  check 'the file of a removed NIC goes' wait_until 90 not as_root test -e /etc/systemd/network/50-azl-provision-000d3a5c7e11.network
  check 'the NIC beside it keeps its addresses' nic_has 00:0d:3a:5c:7e:12 10.0.2.4 10.0.2.14
  check 'the machine is still provisioned' as_root azl-provision status

  kill -INT "$ping"
  wait "$ping" || true
  check 'the primary lost nothing meanwhile' grep -q ' 0% packet loss' "$run/ping.log"
  check 'and asked for no other lease' is "$(primary_leases)" "$leases"
  check 'no unit failed' is "$(as_root systemctl list-units --failed --no-legend --plain | cut -d ' ' -f 1 | paste -s -d ' ')" ''
}

# What Azure says from now on: the NICs that a filter of jq takes from all of them.
with_nics() { jq ".vm.interfaces |= $1" "$run/all-nics.json" >"$scenario_file"; }
primary_leases() { grep -c 'DHCPREQUEST.*00:0d:3a:5c:7e:10' "$run/dhcp.log"; }
