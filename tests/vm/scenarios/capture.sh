# shellcheck shell=bash
# An image with the package is checked and started as a VM. The VM is deprovisioned by its admin user over SSH, checked, captured, and
# started as another VM.
about='an image captured after deprovision and started as another VM: nothing of the old VM is left, and all is new at once'
image_for() { echo azl-provision+package; }

story() {
  check "'azl-provision check-image' finds nothing in the image" image_is_clean
  first_boot || return
  judge_boot
  judge_provisioned
  cp "$boot_folder"/{host-keys,machine-id} "$run/"
  # Its connection is needed afterwards: without host keys, sshd accepts no new one.
  as_operator true
  check "'azl-provision deprovision' ends with 0" deprovisioned
  check 'it says that the VM is to be shut down' grep -q 'Shut this machine down now' "$run/deprovision.txt"
  root_by=as_operator
  check 'no host key is left' is "$(as_root sh -c "'ls /etc/ssh/ssh_host_* 2>/dev/null | wc -l'")" 0
  check 'the machine id is empty' is "$(as_root stat -c %s /etc/machine-id)" 0
  check 'the user is gone' is "$(as_root sh -c "'getent passwd azureuser | wc -l'")" 0
  check 'its home is gone' is "$(as_root sh -c "'ls -d /home/azureuser 2>/dev/null | wc -l'")" 0
  check 'no state is left' is "$(as_root sh -c "'ls -A /var/lib/azl-provision | wc -l'")" 0
  check "'azl-provision check-image' finds nothing afterwards" as_root azl-provision check-image --ignore user-with-keys
  check 'the VM shuts down' power_off
  start_as_another_vm || return
  check 'the machine has a new machine id at once' not is "$(<"$boot_folder/machine-id")" "$(<"$run/machine-id")"
  check 'the old user has not come back' not grep -q '^azureuser:' "$boot_folder/passwd"
  check "the old VM's journal is gone" is "$(as_root ls /var/log/journal)" "$(<"$boot_folder/machine-id")"
}

deprovisioned() { as_root_user azl-provision deprovision --user --logs --force >"$run/deprovision.txt" 2>&1; }
