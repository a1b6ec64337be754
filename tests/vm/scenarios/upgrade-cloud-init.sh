# shellcheck shell=bash
# cloud-init provisions the VM, and azl-provision replaces it afterwards.
about='upgrade from cloud-init: the VM is adopted, nothing is provisioned again, and the host keys stay'
image_for() { echo azl-provision+cloud-init; }

story() {
  kernel_arguments=azl-provision.provision=no
  first_boot || return
  check 'cloud-init provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  judge_adoption 'touch /etc/cloud/cloud-init.disabled' cloud-init
}
