# shellcheck shell=bash
# A synthetic NIC (virtio_net, by configuration) and its virtual function are tuned as configured. Without the configuration they
# have the kernel's values again.
about="rings, transmit queue and packet steering as configured, also on a NIC that is added later; without configuration the kernel's values"
machine_options=(-netdev "user,id=vf,net=10.9.9.0/24" -device "vmxnet3,netdev=vf,mac=00:0d:3a:5c:7e:10,id=vf")
azure() { vm '.vm.interfaces[0].mac = "00:0d:3a:5c:7e:10"'; }

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Network]
SyntheticDrivers=virtio_net
RxRing=64
VfRxRing=max
VfTxRing=1024
TxQueueLength=4321
ReceivePacketSteering=yes'
  first_boot || return
  judge_boot
  judge_provisioned
  check 'the synthetic NIC has the configured queue length' is "$(of_link virtio_net tx_queue_len)" 4321
  check 'packet steering uses both processors' is "$(of_link virtio_net queues/rx-0/rps_cpus | sed 's/^0*//')" 3
  check 'the virtual function has the configured queue length' is "$(of_link vmxnet3 tx_queue_len)" 4321
  check 'the virtual function has the configured rings, limited by its driver' is "$(rings)" '4096 1024'
  check 'the report says that the links were tuned' report_holds '[.stages[].steps[] | select(.name == "tuning" and .outcome == "done")] | length == 1'
  check 'the synthetic NIC has the configured receive ring' is "$(rings_of virtio_net | cut -d ' ' -f 1)" 64

  qmp device_del '{"id": "vf"}' >/dev/null
  check 'the virtual function is removed' wait_until 60 not of_link vmxnet3 tx_queue_len
  qmp device_add '{"driver": "vmxnet3", "netdev": "vf", "mac": "00:0d:3a:5c:7e:10", "id": "vf"}' >/dev/null
  check 'the new virtual function gets the queue length' wait_until 60 prints of_link vmxnet3 tx_queue_len 4321
  check 'the new virtual function gets the rings' wait_until 30 prints rings '4096 1024'

  as_root sed -i -e /Ring/d -e /Queue/d -e /Steering/d /etc/azl-provision/azl-provision.conf
  check 'the VM shuts down' power_off
  expects_report=false
  check_prefix='without configuration: '
  next_boot || return
  judge_boot
  check "the synthetic NIC has the kernel's queue length" is "$(of_link virtio_net tx_queue_len)" 1000
  check 'packet steering is off' is "$(of_link virtio_net queues/rx-0/rps_cpus | tr -d '0,')" ''
  check "the virtual function has the kernel's queue length" is "$(of_link vmxnet3 tx_queue_len)" 1000
}

# of_link DRIVER ATTRIBUTE: prints a sysfs attribute of the first link with this driver.
of_link() { as_root "bash -c 'for d in /sys/class/net/*/device/driver; do case \$(readlink \$d) in */$1) cat \${d%/device/driver}/$2; exit;; esac; done; exit 1'"; }
# Prints the sizes of the virtual function's receive and transmit rings.
rings() { rings_of vmxnet3; }
rings_of() { as_root "bash -c 'for d in /sys/class/net/*/device/driver; do case \$(readlink \$d) in */$1) n=\${d%/device/driver}; ethtool -g \${n##*/}; esac; done'" | awk '/^Current/ { now = 1 } now && /^[RT]X:/ { print $2 }' | paste -s -d ' '; }
# prints COMMAND... EXPECTED: succeeds if the command prints the expected text.
prints() { is "$("${@:1:$#-1}" 2>/dev/null)" "${!#}"; }
