# shellcheck shell=bash
# A VM from a pool, of type Running: the host takes the link down and up again when it gives the VM to a user.
about='the VM tells Ready for its pool, waits, and is provisioned for its user once its link was down; the platform is told Ready twice'
azure() { vm '.vm.pps_type = "Running" | .pps = {"not_yet": 3}'; }

story() {
  platform_up
  media_make
  move_link &
  next_boot || return
  judge_boot
  judge_user_of_pool
  check 'the link ended the wait' report_holds '[.stages[].steps[] | select(.name == "pool-wait")][0] | .outcome == "done" and (.why | test("carrier|link"))'
  again 'after a reboot: '
  check 'no request was sent to the platform' is "$(requests | wc -l)" 0
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
}

move_link() {
  wait_in_pool || return
  qmp set_link '{"name": "nic0", "up": false}' >/dev/null
  sleep 5
  qmp set_link '{"name": "nic0", "up": true}' >/dev/null
}
