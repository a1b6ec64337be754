# shellcheck shell=bash
# A VM is captured without any cleaning, and started as another VM.
about='an image captured without cleaning and started as another VM: new host keys, user and name; the old state is ignored'

story() {
  first_boot && judge_boot && judge_provisioned
  cp "$boot_folder"/{host-keys,machine-id} "$run/"
  check 'the VM shuts down' power_off
  vm '.vm.vm_id = "0d1e6a52-7f0b-4c8e-9a37-5b2f6c1d8e90" | .vm.computer_name = "web-2" | .vm.admin_username = "second"' >"$scenario_file"
  platform_up
  media_make
  next_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'all host keys are new' host_keys_are_new
  check 'the old user is still there' grep -q '^azureuser:' "$boot_folder/passwd"
  check 'the VM shuts down again' power_off
  expects_report=false
  next_boot || return
  judge_boot
  check 'the next boot has a new machine id' not is "$(<"$boot_folder/machine-id")" "$(<"$run/machine-id")"
  check 'the next boot sends no request' is "$(requests | wc -l)" 0
}

host_keys_are_new() { not grep -F -f <(awk '{ print $2 }' "$run/host-keys") "$boot_folder/host-keys"; }
