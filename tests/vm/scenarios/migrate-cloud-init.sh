# shellcheck shell=bash
# cloud-init provisions the VM, and an administrator has azl-provision take it over.
about='migrated from cloud-init: users, keys, network, mounts and host name stay, cloud-init runs no more, and azl-provision changes nothing'
image_for() { echo azl-provision+cloud-init; }

story() {
  # cloud-init is enabled, so azl-provision does nothing.
  first_boot || return
  judge_boot
  check 'cloud-init provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  check 'azl-provision did nothing' is "$(<"$boot_folder/status")" 3
  judge_migration cloud-init || return
  check 'no unit of cloud-init ran' is "$(cloud_init_units_that_ran)" ''
  check 'cloud-init is switched off' as_root test -e /etc/cloud/cloud-init.disabled
}

cloud_init_units_that_ran() {
  local unit
  for unit in cloud-init-main cloud-init-local cloud-init-network cloud-config cloud-final; do
    [[ $(show_value "$unit.service" InactiveExitTimestampMonotonic) == 0 ]] || echo "$unit"
  done
}
