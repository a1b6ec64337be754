# shellcheck shell=bash
# WALinuxAgent provisions the VM. azl-provision replaces it afterwards, and WALinuxAgent stays for extensions.
about='upgrade from WALinuxAgent: the VM is adopted, nothing is provisioned again, the host keys stay, and the guest agent runs'
image_for() { echo none+azl-provision+waagent; }  # "none" brings the host keys and the network that WALinuxAgent needs

story() {
  kernel_arguments=azl-provision.provision=no
  first_boot || return
  check 'WALinuxAgent provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  judge_adoption true WALinuxAgent
  check 'the guest agent runs' unit_is walinuxagent.service ActiveState active
}
