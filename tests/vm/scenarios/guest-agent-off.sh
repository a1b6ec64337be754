# shellcheck shell=bash
# The deployment has provisionVMAgent: false.
about='WALinuxAgent installed and ProvisionGuestAgent false: it does not start'
image_for() { echo azl-provision+waagent; }
azure() { vm '.vm.provision_guest_agent = false'; }

judge() {
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the guest agent does not run' unit_is walinuxagent.service ActiveState inactive
  check 'no request for extensions was sent' is "$(count_requests '.server == "host-plugin"')" 0
}
