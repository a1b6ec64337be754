# shellcheck shell=bash
# A VM from a pool, of type PreprovisionedOSDisk: the host shuts it down, and makes the user's VM of its OS disk.
about='the VM tells Ready for its pool; a shutdown ends the wait, and the next boot provisions it for its user'
azure() { vm '.vm.pps_type = "PreprovisionedOSDisk" | .pps = {"not_yet": 2}'; }

story() {
  local before
  platform_up
  media_make
  power_on
  before=$requests_before
  check 'the platform is told Ready for the pool' wait_in_pool
  check 'the VM waits' machine_runs
  qmp system_powerdown >/dev/null
  check 'a shutdown ends the wait' wait_until 180 machine_is_off
  check 'nothing else was told' told_once Ready
  next_boot || return
  requests_before=$before
  judge_boot
  judge_user_of_pool
}
