# shellcheck shell=bash
# The power fails while the OS disk is grown and the resource disk is partitioned and formatted. The next boot comes up, and
# ends with both done.
about='power cut at 10 moments of growing the OS disk and of mkfs: the next boot has both whole'
cuts=10
most_delay_ms=4000  # after the disks were looked at: growth and mkfs take less
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # what the guest was told to be on the disk is there, and nothing else need be

story() {
  local cut delay
  RANDOM=$seed
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  add_scsi_disk resource 64G
  platform_up
  media_make
  for ((cut = 0; cut < cuts; cut++)); do
    disk_make_partitioned 6G
    make_temporary_storage resource
    delay=$((cut * most_delay_ms / cuts + RANDOM % (most_delay_ms / cuts)))
    power_on
    cut_after 1 "$delay" 'azl-provision\[[0-9]+\]: disks:'
    if emulator_failed; then
      cut=$((cut - 1))
      continue
    fi
    check_prefix="cut $((cut + 1)), $delay ms after the look at the disks: "
    say "$check_prefix" >&2
    next_boot || continue
    judge_boot
    check 'the user logs in with its key' user_logs_in
    check 'the root file system fills its disk' root_fills_disk
    check 'the resource disk is mounted' mounted_as /mnt ext4
    check 'with its warning' as_root test -s /mnt/DATALOSS_WARNING_README.txt
    check 'nothing is being made any more' is "$(as_root cat /var/lib/azl-provision/disks.json | jq -c .making)" '[]'
    power_cut
  done
  check_prefix=
}
