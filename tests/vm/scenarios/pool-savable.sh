# shellcheck shell=bash
# A VM from a pool, of type Savable: the host removes the NIC, and attaches another one when it gives the VM to a user.
about='the VM tells Ready for its pool, loses its NIC, and is provisioned for its user with the next one; the platform is told Ready twice'
azure() { vm '.vm.pps_type = "Savable" | .pps = {"not_yet": 1, "status": 410}'; }

story() {
  platform_up
  media_make
  replace_nic &
  next_boot || return
  judge_boot
  judge_user_of_pool
  check 'the other NIC ended the wait' report_holds '[.stages[].steps[] | select(.name == "pool-wait")][0].outcome == "done"'
  again 'after a reboot: '
  check 'no request was sent to the platform' is "$(requests | wc -l)" 0
}

replace_nic() {
  wait_in_pool || return
  qmp device_del '{"id": "nic0"}' >/dev/null
  sleep 10
  qmp device_add '{"driver": "virtio-net-pci", "netdev": "net0", "mac": "00:0d:3a:5c:7e:10", "id": "nic0"}' >/dev/null
}
