# shellcheck shell=bash
about='a root file system of xfs grows with its disk'
image_for() { echo azl-provision+xfs; }
story() { root_grows xfs; }
