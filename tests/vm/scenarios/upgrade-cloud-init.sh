# shellcheck shell=bash
# cloud-init provisioned the VM; then azl-provision takes its place.
about='upgraded from cloud-init: adopted, nothing provisioned again, host keys kept'
image_for() { echo azl-provision+cloud-init; }

story() {
  kernel_arguments=azl-provision.provision=no
  first_boot || return
  check 'cloud-init provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  judge_adoption 'touch /etc/cloud/cloud-init.disabled' cloud-init
}
