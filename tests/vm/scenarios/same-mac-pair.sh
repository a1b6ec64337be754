# shellcheck shell=bash
# Two NICs with one MAC address, as Azure pairs a synthetic NIC with its virtual function. QEMU has no hv_netvsc, so the
# configuration declares virtio_net synthetic. The virtual function is in a separate network with a DHCP server: a DHCP request
# from it would wrongly get a lease.
about='two NICs with one MAC address: the virtual function is left alone, and only the synthetic NIC has an IP address'
machine_options=(-netdev "user,id=vf,net=10.9.9.0/24" -device "vmxnet3,netdev=vf,mac=00:0d:3a:5c:7e:10,id=vf")
azure() { vm '.vm.interfaces[0].mac = "00:0d:3a:5c:7e:10"'; }

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<$'[Network]\nSyntheticDrivers=virtio_net'
  first_boot && judge
}

judge() {
  judge_boot
  judge_provisioned
  check 'there is one IPv4 address besides loopback' is "$(jq '[.[] | select(.ifname != "lo") | .addr_info[] | select(.family == "inet")] | length' "$boot_folder/addresses.json")" 1
  check 'the report shows vmxnet3 as a virtual function' report_holds '[.stages[].links[] | select(.role == "vf" and .driver == "vmxnet3")] | length >= 1'
  check 'the report shows the other NIC as synthetic and primary' report_holds '[.stages[].links[] | select(.role == "synthetic" and .primary)] | length >= 1'
  check 'udev marks one virtual function' is "$(as_root udevadm info --export-db | grep -c '^E: AZL_LINK_ROLE=vf')" 1
  check 'networkd does not manage the virtual function' is "$(as_root networkctl --no-legend --no-pager list | grep -c unmanaged)" 2
}
