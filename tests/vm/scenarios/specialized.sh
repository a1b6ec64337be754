# shellcheck shell=bash
# A specialized image or a restored backup: a new VM id, no media, and no user in IMDS.
about='specialized VM: no key is replaced, no user created, Ready told, and the report says "specialized"'

story() {
  first_boot && judge_boot && judge_provisioned
  cp "$boot_folder"/{host-keys,machine-id,passwd,shadow,hostname,contents} "$run/"
  check 'the VM shuts down' power_off
  vm '.vm.vm_id = "2f0c9d1e-58a7-4b36-8f41-7c6e0d9a3b52" | .vm.specialized = true' >"$scenario_file"
  platform_up
  media_make
  next_boot || return
  judge_boot
  local file
  for file in host-keys machine-id passwd shadow hostname; do check "unchanged: $file" cmp "$run/$file" "$boot_folder/$file"; done
  check 'the old user can log in' is "$(as_user id -un)" azureuser
  check 'the platform was told Ready, once' told_once Ready
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report says that the VM is specialized' report_is .state.provisioned.specialized true
}
