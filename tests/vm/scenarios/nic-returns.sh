# shellcheck shell=bash
# A NIC is removed from the running VM and added again.
about='a NIC is removed and added again while the VM runs: its file is deleted and written again without asking IMDS, and the primary keeps its lease'
azure() {
  vm '.vm.interfaces = [
        {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4"], "subnet": "10.0.0.0/24"},
        {"mac": "00:0d:3a:5c:7e:11", "ipv4": ["10.0.1.4"], "subnet": "10.0.1.0/24"}]'
}
file=/etc/systemd/network/50-azl-provision-000d3a5c7e11.network

story() {
  first_boot && judge_boot && judge_provisioned
  check 'the second NIC has its .network file' as_root test -e "$file"
  as_root cat "$file" >"$run/before"
  local requests leases
  requests=$(request_count)
  leases=$(primary_leases)
  qmp device_del '{"id": "nic1"}' >/dev/null
  check 'the .network file of the removed NIC is deleted' wait_until 60 gone
  check 'its routing rules are deleted' wait_until 20 has_rules 0
  sleep 2  # QEMU frees the device's name only after the guest has released the device
  qmp device_add '{"driver": "virtio-net-pci", "netdev": "net1", "mac": "00:0d:3a:5c:7e:11", "id": "nic1"}' >/dev/null
  check 'the .network file comes back with the NIC' wait_until 60 as_root test -e "$file"
  check 'the file has the same content' is "$(as_root cat "$file")" "$(<"$run/before")"
  check 'the NIC has its routing rule again' wait_until 60 has_rules 1
  check 'no request was sent to the platform' is "$(request_count)" "$requests"
  check 'the primary sent no further DHCP request' is "$(primary_leases)" "$leases"
  check "no run of azl-provision-link@.service failed" is "$(as_root systemctl --failed --plain --no-legend 'azl-provision-link@*' | wc -l)" 0
  check "'azl-provision status' ends with 0" as_root azl-provision status
}

gone() { not as_root test -e "$file" >/dev/null; }
has_rules() { [[ $(as_root ip rule show | grep -c '^10000:') == "$1" ]]; }
primary_leases() { grep -c 'DHCPREQUEST.*00:0d:3a:5c:7e:10' "$run/dhcp.log"; }
