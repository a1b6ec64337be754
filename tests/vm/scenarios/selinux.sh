# shellcheck shell=bash
# SELinux with Debian's policy in permissive mode: denials are logged, but not enforced.
about='SELinux in permissive mode: written files have the right labels, and the agent causes no denial'
image_for() { echo azl-provision+selinux; }
kernel_arguments='security=selinux selinux=1 enforcing=0'

judge() {
  judge_boot
  judge_provisioned
  check 'SELinux is in permissive mode' is "$(as_root getenforce)" Permissive
  check 'restorecon would change no label of the written files' is "$(as_root restorecon -nRv /etc /home/azureuser /var/lib/azl-provision /var/lib/waagent 2>&1 | grep -E "$written" || true)" ''
  check 'the agent caused no denial' is "$(as_root journalctl -b _TRANSPORT=audit + _TRANSPORT=kernel -o cat --no-pager | grep -E 'avc: +denied.*(comm="azl-provision"|azl-provision)' | head -n 3 || true)" ''
}

# The files that azl-provision writes. Other files of the image may have wrong labels.
written='azl-provision|/home/azureuser|/etc/(passwd|shadow|group|gshadow|subuid|subgid|hostname|hosts)|ssh_host|sudoers|waagent|/etc/ssh'
