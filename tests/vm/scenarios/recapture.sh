# shellcheck shell=bash
# A VM is captured as it is, with all that was left in it, and started as another one.
about='image captured and started as another VM: new host keys, new user, new name; the old state is ignored'

story() {
  first_boot && judge_boot && judge_provisioned
  cp "$boot_folder"/{host-keys,machine-id} "$run/"
  check 'the VM switches off' power_off
  vm '.vm.vm_id = "0d1e6a52-7f0b-4c8e-9a37-5b2f6c1d8e90" | .vm.computer_name = "web-2" | .vm.admin_username = "second"' >"$scenario_file"
  platform_up
  media_make
  next_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the host keys are new ones' host_keys_are_new
  check 'the old user is still there' grep -q '^azureuser:' "$boot_folder/passwd"
  check 'the VM switches off again' power_off
  expects_word=false
  next_boot || return
  judge_boot
  check 'from its next boot on the VM has a machine id of its own' not is "$(<"$boot_folder/machine-id")" "$(<"$run/machine-id")"
  check 'that boot asks and tells nothing' is "$(requests | wc -l)" 0
}

host_keys_are_new() { not grep -F -f <(awk '{ print $2 }' "$run/host-keys") "$boot_folder/host-keys"; }
