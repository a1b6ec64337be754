# shellcheck shell=bash
# After a failure WALinuxAgent must not start: its own "Ready" would hide the failure.
about='WALinuxAgent installed and provisioning failed: it does not start, and NotReady is the last report'
image_for() { echo azl-provision+waagent; }
azure() { vm '.vm.admin_username = "../x"'; }

judge() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'the platform was told NotReady, once' told_once NotReady
  check "'azl-provision status' ends with 1" is "$(<"$boot_folder/status")" 1
  check 'the guest agent does not run' unit_is walinuxagent.service ActiveState inactive
}
