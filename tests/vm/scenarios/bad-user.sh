# shellcheck shell=bash
# A failure: the name of the user is none. The machine is left reachable or closed on purpose: rule 12 of the design.
about="failure (bad user name): NotReady and KVP with the cause, sshd up with fresh host keys and without passwords, the image's accounts as they were"
azure() { vm '.vm.admin_username = "../x"'; }

judge() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'azl-provision.service failed, and nothing else' is "$(cut -d ' ' -f 1 "$boot_folder/failed" | paste -s -d ' ')" azl-provision.service
  check 'the platform was told NotReady, once' told_once NotReady
  check 'it was told the cause and what to do' told_the_cause
  check 'the host finds the same as a key-value pair' file_says kvp '^result=error\|.?reason=invalid user name'
  check 'the console has a line about it' grep -q -i 'azl-provision.*\.\./x' "$boot_folder/console.log"
  check "'azl-provision status' ends with 1" is "$(<"$boot_folder/status")" 1
  check "the report's first line names the step" is "$(head -n 1 "$boot_folder/report.txt")" 'FAILED at step "decide": this VM is not provisioned.'
  check 'the report names the cause' file_says report.txt "could not create user '../x'"
  check 'sshd is up, with fresh host keys' host_keys_of_its_own
  check 'logins by password are off' file_says sshd '^passwordauthentication no'
  check "the image's own account is as it was, and gets in" operator_kept
  check 'no user was made' is "$(awk -F : '$3 >= 1000 && $3 < 60000 { print $1 }' "$boot_folder/passwd")" operator
}

told_the_cause() {
  local description
  description=$(requests | jq -r 'select(.target == "/provisioning/health") | .body | fromjson | .details.description')
  [[ $description == *"'../x'"* && $description == *adminUsername* ]] || { echo "$description"; return 1; }
}
