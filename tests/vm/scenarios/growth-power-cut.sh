# shellcheck shell=bash
# The power fails while the OS disk is grown, partition and file system. The next boot comes up, and ends with it done.
about='power cut at 10 moments of growing the OS disk: the next boot has it whole'
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # what the guest was told to be on the disk is there, and nothing else need be

story() { disks_power_cut disks growth 800 os 'its file system may be smaller than its partition'; }
