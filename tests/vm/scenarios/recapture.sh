# shellcheck shell=bash
# A VM is captured without any cleaning, and started as another VM.
about='an image captured without cleaning and started as another VM: new host keys, user and name; the old state is ignored'

story() {
  first_boot && judge_boot && judge_provisioned
  cp "$boot_folder"/{host-keys,machine-id} "$run/"
  check 'the VM shuts down' power_off
  start_as_another_vm || return
  check 'the old user is still there' grep -q '^azureuser:' "$boot_folder/passwd"
  check 'the VM shuts down again' power_off
  expects_report=false
  next_boot || return
  judge_boot
  check 'the next boot has a new machine id' not is "$(<"$boot_folder/machine-id")" "$(<"$run/machine-id")"
  check 'the next boot sends no request' is "$(requests | wc -l)" 0
}
