# shellcheck shell=bash
# A synthetic NIC (the configuration says that virtio_net is one) and its VF, tuned as the configuration asks; and the
# kernel's values again when it does not ask any more.
about='rings, transmit queue and packet steering as [Network] asks, also on a NIC that comes late; without it the kernel'"'"'s own'
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
  check 'the synthetic NIC has the queue' is "$(of_link virtio_net tx_queue_len)" 4321
  check 'its packets go to both processors' is "$(of_link virtio_net queues/rx-0/rps_cpus | sed 's/^0*//')" 3
  check 'the virtual function has the queue' is "$(of_link vmxnet3 tx_queue_len)" 4321
  check 'and the rings, as large as its driver can' is "$(rings)" '4096 1024'
  check 'the report says that links are tuned' report_holds '[.stages[].steps[] | select(.name == "tuning" and .outcome == "done")] | length == 1'
  check 'and a synthetic NIC that lacked a ring got it' is "$(rings_of virtio_net | cut -d ' ' -f 1)" 64

  qmp device_del '{"id": "vf"}' >/dev/null
  check 'the virtual function goes' wait_until 60 not of_link vmxnet3 tx_queue_len
  qmp device_add '{"driver": "vmxnet3", "netdev": "vf", "mac": "00:0d:3a:5c:7e:10", "id": "vf"}' >/dev/null
  check 'it comes back with its queue' wait_until 60 is_so of_link vmxnet3 tx_queue_len 4321
  check 'and its rings' wait_until 30 is_so rings '4096 1024'

  as_root sed -i -e /Ring/d -e /Queue/d -e /Steering/d /etc/azl-provision/azl-provision.conf
  check 'the VM switches off' power_off
  expects_word=false
  check_prefix='without it: '
  next_boot || return
  judge_boot
  check "the queue is the kernel's" is "$(of_link virtio_net tx_queue_len)" 1000
  check 'no packets are steered' is "$(of_link virtio_net queues/rx-0/rps_cpus | tr -d '0,')" ''
  check "the virtual function's queue too" is "$(of_link vmxnet3 tx_queue_len)" 1000
}

# of_link DRIVER ATTRIBUTE: what sysfs says of the first link that has this driver.
of_link() { as_root "bash -c 'for d in /sys/class/net/*/device/driver; do case \$(readlink \$d) in */$1) cat \${d%/device/driver}/$2; exit;; esac; done; exit 1'"; }
# Receive and transmit ring of the virtual function.
rings() { rings_of vmxnet3; }
rings_of() { as_root "bash -c 'for d in /sys/class/net/*/device/driver; do case \$(readlink \$d) in */$1) n=\${d%/device/driver}; ethtool -g \${n##*/}; esac; done'" | awk '/^Current/ { now = 1 } now && /^[RT]X:/ { print $2 }' | paste -s -d ' '; }
# is_so COMMAND... EXPECTED
is_so() { is "$("${@:1:$#-1}" 2>/dev/null)" "${!#}"; }
