# shellcheck shell=bash
# The power fails while the agent works at a first boot, at moments spread over its steps. The next boot ends provisioned.
about='power cut at 10 moments of the first boot: the next boot ends provisioned'
cuts=10
steps=24           # lines that the agent writes to the journal at such a boot
most_delay_ms=400  # after the line, so that the next step is met at work
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # what the guest was told to be on the disk is there, and nothing else need be

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
    check 'the user may become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
    check 'the host name is the one asked for' host_name_is
    check 'the machine has host keys of its own, of three types' host_keys_of_its_own
    check 'the platform was told Ready, and nothing else' is "$(told | sort -u | paste -s -d ' ')" Ready
    check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
    check 'no half-written file is left' file_never_says files '\.azl-new '
    power_cut
  done
  check_prefix=
  check "$cuts cuts came while it worked" is "$cut" "$cuts"
}
