# shellcheck shell=bash
# While the VM runs, one NIC is added and another one is removed.
about='an added NIC is configured while the VM runs, the file of a removed NIC is deleted, and the primary loses no packet'
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
  check 'the added NIC answers from outside' nic_answers 10.0.2.14
  check 'the added NIC has a .network file' as_root test -e /etc/systemd/network/50-azl-provision-000d3a5c7e12.network

  with_nics '[.[0], .[2]]'
  platform_up
  qmp device_del '{"id": "nic1"}' >"$run/device-del.log"
  check 'the .network file of the removed NIC is deleted' wait_until 90 not as_root test -e /etc/systemd/network/50-azl-provision-000d3a5c7e11.network
  check 'the added NIC keeps its addresses' nic_has 00:0d:3a:5c:7e:12 10.0.2.4 10.0.2.14
  check 'the machine is still provisioned' as_root azl-provision status

  kill -INT "$ping"
  wait "$ping" || true
  check 'the primary lost no packet meanwhile' grep -q ' 0% packet loss' "$run/ping.log"
  check 'the primary sent no further DHCP request' is "$(primary_leases)" "$leases"
  check 'no unit failed' is "$(as_root systemctl list-units --failed --no-legend --plain | cut -d ' ' -f 1 | paste -s -d ' ')" ''
}

# with_nics FILTER: reduces the simulator's scenario to the NICs that a jq filter selects.
with_nics() { jq ".vm.interfaces |= $1" "$run/all-nics.json" >"$scenario_file"; }
primary_leases() { grep -c 'DHCPREQUEST.*00:0d:3a:5c:7e:10' "$run/dhcp.log"; }
