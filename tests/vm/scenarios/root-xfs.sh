# shellcheck shell=bash
about='an xfs root file system grows to the size of its disk'
image_for() { echo azl-provision+xfs; }
story() { root_grows xfs; }
