# shellcheck shell=bash
# WALinuxAgent provisioned the VM; then azl-provision takes its place, and WALinuxAgent stays for extensions.
about='upgraded from WALinuxAgent: adopted, nothing provisioned again, host keys kept, the guest agent runs'
image_for() { echo none+azl-provision+waagent; }  # with the host keys and network of an image for WALinuxAgent

story() {
  kernel_arguments=azl-provision.provision=no
  first_boot || return
  check 'WALinuxAgent provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  judge_adoption true WALinuxAgent
  check 'the guest agent runs' unit_is walinuxagent.service ActiveState active
}
