# shellcheck shell=bash
# IMDS never answers, and systemd kills the main stage at its time limit. Password logins must be off and NotReady told
# nevertheless. IMDS answers at the next boot, which provisions the VM.
about='main stage killed by its time limit: password logins off, NotReady told, sshd up with host keys; the next boot provisions'
# For the credential see systemd.unit-dropin.* in systemd.system-credentials(7), since systemd 256.
limit=$(printf '[Service]\nTimeoutStartSec=15\n' | base64 -w 0)
kernel_arguments="systemd.set_credential_binary=systemd.unit-dropin.azl-provision.service:$limit"
azure() { vm '.imds.faults = [{"request": "1-", "do": "hang"}]'; }

story() {
  first_boot || return
  judge_closed
  check 'the VM shuts down' power_off
  platform_down
  azure_answers
  kernel_arguments=
  next_boot || return
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
}

judge_closed() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'systemd killed the main stage at its time limit' unit_is azl-provision.service Result timeout
  check 'the platform was told NotReady, once' told_once NotReady
  check 'the KVP record has an error, too' file_has kvp '^result=error'
  check "'azl-provision status' ends with 1" is "$(<"$boot_folder/status")" 1
  check 'the report names the interrupted step' file_has report.txt "the main stage was killed in its step 'imds'"
  check 'sshd is up with fresh host keys' has_host_keys
  check 'logins by password are off' file_has sshd '^passwordauthentication no'
  check "the image's own account is unchanged" operator_kept
  check 'no user was created' is "$(awk -F : '$3 >= 1000 && $3 < 60000 { print $1 }' "$boot_folder/passwd")" operator
}

azure_answers() {
  vm . >"$scenario_file"
  platform_up
}
