# shellcheck shell=bash
about='a btrfs root file system grows to the size of its disk'
image_for() { echo azl-provision+btrfs; }
story() { root_grows btrfs; }
