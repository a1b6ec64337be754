# shellcheck shell=bash
# QEMU's closest equivalent of accelerated networking: net_failover makes three links with one MAC address, a master and two
# slaves. The configuration declares the master's driver, virtio_net, synthetic; vmxnet3 is the virtual function.
about='three links with one MAC address, two of them enslaved: one IP address, on the master, which is reported as accelerated'
machine_type=q35
machine_options=(-device 'pcie-root-port,id=rp1,bus=pcie.0,chassis=1,slot=1' -netdev 'tap,id=vf,ifname=twin,script=no,downscript=no'
  -device "vmxnet3,netdev=vf,mac=00:0d:3a:5c:7e:10,id=vf,bus=rp1,failover_pair_id=nic0")
azure() { vm '.vm.interfaces[0].mac = "00:0d:3a:5c:7e:10"'; }
nic_device() { echo "virtio-net-pci,netdev=net$1,mac=$2,id=nic$1,failover=on"; }

story() {
  # As on Azure, both are in the same network, and outgoing packets leave through the virtual function.
  ip -n "$netns" tuntap add twin mode tap
  ip -n "$netns" link set twin master azure0 up
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<$'[Network]\nSyntheticDrivers=virtio_net'
  first_boot && judge
}

judge() {
  local master
  judge_boot
  judge_provisioned
  check 'three links have the same MAC address' is "$(jq '[.[] | select(.address == "00:0d:3a:5c:7e:10")] | length' "$boot_folder/addresses.json")" 3
  check 'two of them are slaves' is "$(jq '[.[] | select(.master)] | length' "$boot_folder/addresses.json")" 2
  master=$(jq -r '.[] | select(.master) | .master' "$boot_folder/addresses.json" | sort -u)
  check 'the only IPv4 address besides loopback is on the master' is "$(jq -r '[.[] | select(.ifname != "lo") | .ifname as $name | .addr_info[] | select(.family == "inet") | "\($name) \(.local)"] | join(" ")' "$boot_folder/addresses.json")" "$master $(guest_address)"
  check 'no slave has an IPv6 address' is "$(jq '[.[] | select(.master) | .addr_info[]] | length' "$boot_folder/addresses.json")" 0
  check 'DHCP gave one lease' is "$(grep -c DHCPACK "$run/dhcp.log")" 1
  check 'the master is the primary' report_holds '[.stages[].links[] | select(.role == "synthetic" and .primary and .name == "'"$master"'")] | length >= 1'
  check 'udev marks both slaves' is "$(as_root udevadm info --export-db | grep -c '^E: AZL_LINK_ROLE=vf')" 2
  check 'networkd does not manage the slaves' is "$(as_root networkctl --no-legend --no-pager list | grep -c unmanaged)" 3
  check 'the report says that the master is accelerated' grep -q 'accelerated by .*(vmxnet3 at ' "$boot_folder/report.txt"
}
