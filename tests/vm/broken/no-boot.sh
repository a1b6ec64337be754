# shellcheck shell=bash
# The kernel does not find its root disk.
about='must fail: the VM does not boot'
kernel_arguments='root=/dev/nowhere panic=1 rootdelay=1'
wait_for_sshd=60
