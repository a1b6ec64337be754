# shellcheck shell=bash
# The power fails while a VM waits in its pool.
about='a power cut in the pool: the next boot asks for the document of the user, and tells no second Ready for the pool'
azure() { vm '.vm.pps_type = "Running" | .pps = {"not_yet": 3}'; }
disk_cache=writeback  # after a power cut, only data that the guest has flushed is on the disk

story() {
  local before
  platform_up
  media_make
  power_on
  before=$requests_before
  check 'the platform is told Ready for the pool' wait_in_pool
  power_cut
  next_boot || return
  requests_before=$before
  judge_boot
  judge_user_of_pool
}
