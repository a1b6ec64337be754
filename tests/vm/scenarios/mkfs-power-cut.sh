# shellcheck shell=bash
# The power fails while the resource disk is partitioned, formatted and mounted. The next boot completes the work.
about='power cuts at 10 moments while the resource disk is partitioned and formatted: the next boot completes the work'
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # after a power cut, only data that the guest has flushed is on the disk

story() { disks_power_cut growth set-up 1200 resource 'an earlier boot began to make its file system'; }
