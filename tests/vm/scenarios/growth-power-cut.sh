# shellcheck shell=bash
# The power fails while the partition and the file system of the OS disk grow. The next boot completes the growth.
about='power cuts at 10 moments while the OS disk grows: the next boot completes the growth'
kernel_arguments='systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info'
disk_cache=writeback  # after a power cut, only data that the guest has flushed is on the disk

story() { disks_power_cut disks growth 800 os 'its file system may be smaller than its partition'; }
