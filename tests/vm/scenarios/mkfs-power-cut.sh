# shellcheck shell=bash
# The power fails while the resource disk is partitioned, formatted, and mounted. The next boot comes up, and ends with it done.
about='power cut at 10 moments of mkfs on the resource disk, from its partition table on: the next boot has it whole'
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # what the guest was told to be on the disk is there, and nothing else need be

story() { disks_power_cut growth set-up 1200 resource 'an earlier boot began to make its file system'; }
