# shellcheck shell=bash
# SELinux with Debian's policy, permissive: what would be denied is noted and done all the same.
about='SELinux, permissive: what was written has its label, and no denial is ours'
image_for() { echo azl-provision+selinux; }
kernel_arguments='security=selinux selinux=1 enforcing=0'

judge() {
  judge_boot
  judge_provisioned
  check 'SELinux is there, permissive' is "$(as_root getenforce)" Permissive
  check 'restorecon finds nothing to change in what was written' is "$(as_root restorecon -nRv /etc /home/azureuser /var/lib/azl-provision /var/lib/waagent 2>&1 | grep -E "$written" || true)" ''
  check 'no denial is of the agent' is "$(as_root journalctl -b _TRANSPORT=audit + _TRANSPORT=kernel -o cat --no-pager | grep -E 'avc: +denied.*(comm="azl-provision"|azl-provision)' | head -n 3 || true)" ''
}

# What azl-provision writes; other files of the image may have labels of their own.
written='azl-provision|/home/azureuser|/etc/(passwd|shadow|group|gshadow|subuid|subgid|hostname|hosts)|ssh_host|sudoers|waagent|/etc/ssh'
