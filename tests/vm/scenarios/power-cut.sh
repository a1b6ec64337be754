# shellcheck shell=bash
# The power fails during the first boot, at moments that are spread over the agent's steps. The next boot provisions the VM.
about='power cuts at 10 moments of the first boot: the next boot provisions the VM'
cuts=10
steps=24           # number of lines that the agent writes to the journal at a first boot
most_delay_ms=400  # longest delay after the line, so that the cut hits the next step
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # after a power cut, only data that the guest has flushed is on the disk

story() {
  local cut=0 tries=0 line delay before
  RANDOM=$seed
  platform_up
  media_make
  while ((cut < cuts && tries < 2 * cuts)); do
    tries=$((tries + 1))
    line=$((cut * steps / cuts + RANDOM % (steps / cuts) + 1))
    delay=$((RANDOM % most_delay_ms))
    disk_make
    power_on
    before=$requests_before
    cut_after "$line" "$delay" || continue
    cut=$((cut + 1))
    check_prefix="cut $cut, $delay ms after line $line, '$last_line': "
    say "$check_prefix" >&2
    next_boot || continue
    requests_before=$before
    judge_boot
    check 'the user logs in with its key' user_logs_in
    check 'the user can become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
    check 'the host name is the requested one' host_name_is
    check 'the machine has SSH host keys of three types' has_host_keys
    check 'the platform was told only Ready' is "$(told | sort -u | paste -s -d ' ')" Ready
    check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
    check 'no half-written file is left' file_has_no files '\.azl-new '
    power_cut
  done
  check_prefix=
  check "$cuts cuts came while the agent worked" is "$cut" "$cuts"
}
