# shellcheck shell=bash
# Two NICs of one MAC, as Azure pairs a synthetic one with its virtual function. QEMU has no hv_netvsc: the configuration says
# that virtio_net is one. The other NIC is at a network of its own that gives leases, so that one who asked there would get one.
about='a pair of one MAC: the virtual function is left alone, the address is on the synthetic NIC alone'
machine_options=(-netdev "user,id=vf,net=10.9.9.0/24" -device "vmxnet3,netdev=vf,mac=00:0d:3a:5c:7e:10,id=vf")
azure() { vm '.vm.interfaces[0].mac = "00:0d:3a:5c:7e:10"'; }

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<$'[Network]\nSyntheticDrivers=virtio_net'
  first_boot && judge
}

judge() {
  judge_boot
  judge_provisioned
  check 'one IPv4 address beside loopback' is "$(jq '[.[] | select(.ifname != "lo") | .addr_info[] | select(.family == "inet")] | length' "$boot_folder/addresses.json")" 1
  check 'the pair is seen as one' report_holds '[.stages[].links[] | select(.role == "vf" and .driver == "vmxnet3")] | length >= 1'
  check 'the other is the synthetic one' report_holds '[.stages[].links[] | select(.role == "synthetic" and .primary)] | length >= 1'
  check 'udev says the same' is "$(as_root udevadm info --export-db | grep -c '^E: AZL_LINK_ROLE=vf')" 1
  check 'networkd leaves it alone' is "$(as_root networkctl --no-legend --no-pager list | grep -c unmanaged)" 2
}
