# shellcheck shell=bash
about='a root file system of btrfs grows with its disk'
image_for() { echo azl-provision+btrfs; }
story() { root_grows btrfs; }
