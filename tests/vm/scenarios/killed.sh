# shellcheck shell=bash
# The agent is killed at work: IMDS is silent, and systemd loses patience. The machine is closed and told all the same; the
# next boot, with an IMDS that answers, provisions it.
about='main stage killed by its time limit: closed, NotReady told, sshd up with host keys; the next boot is provisioned'
# systemd.unit-dropin.*: systemd.system-credentials(7), since systemd 256.
limit=$(printf '[Service]\nTimeoutStartSec=15\n' | base64 -w 0)
kernel_arguments="systemd.set_credential_binary=systemd.unit-dropin.azl-provision.service:$limit"
azure() { vm '.imds.faults = [{"request": "1-", "do": "hang"}]'; }

story() {
  first_boot || return
  judge_closed
  check 'the VM switches off' power_off
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
  check 'systemd killed it by its time limit' unit_is azl-provision.service Result timeout
  check 'the platform was told NotReady, once' told_once NotReady
  check 'the host finds the same as a key-value pair' file_says kvp '^result=error'
  check "'azl-provision status' ends with 1" is "$(<"$boot_folder/status")" 1
  check 'the report names the step in which it was killed' file_says report.txt "the main stage was killed in its step 'imds'"
  check 'sshd is up, with fresh host keys' host_keys_of_its_own
  check 'logins by password are off' file_says sshd '^passwordauthentication no'
  check "the image's own account is as it was, and gets in" operator_kept
  check 'no user was made' is "$(awk -F : '$3 >= 1000 && $3 < 60000 { print $1 }' "$boot_folder/passwd")" operator
}

azure_answers() {
  vm . >"$scenario_file"
  platform_up
}
