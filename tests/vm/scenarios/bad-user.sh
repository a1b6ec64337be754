# shellcheck shell=bash
# A failure: the user name is invalid. The agent must leave the machine in a defined state: sshd up, password logins off.
about="failure (bad user name): NotReady and KVP with the cause, sshd up with fresh host keys and without passwords, the image's accounts unchanged"
azure() { vm '.vm.admin_username = "../x"'; }

judge() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'only azl-provision.service failed' is "$(cut -d ' ' -f 1 "$boot_folder/failed" | paste -s -d ' ')" azl-provision.service
  check 'the platform was told NotReady, once' told_once NotReady
  check 'the platform was told the cause and what to do' told_the_cause
  check 'the KVP record has the same cause' file_has kvp '^result=error\|.?reason=invalid user name'
  check 'the console shows the invalid name' grep -q -i 'azl-provision.*\.\./x' "$boot_folder/console.log"
  check 'the console shows the links of the failure' grep -q 'link [^ ]* [0-9a-f:]\{17\} .*up, carrier' "$boot_folder/console.log"
  check "'azl-provision status' ends with 1" is "$(<"$boot_folder/status")" 1
  check "the report's first line names the step" is "$(head -n 1 "$boot_folder/report.txt")" 'FAILED at step "decide": this VM is not provisioned.'
  check 'the report names the cause' file_has report.txt "could not create user '../x'"
  check 'sshd is up with fresh host keys' has_host_keys
  check 'logins by password are off' file_has sshd '^passwordauthentication no'
  check "the image's own account is unchanged" operator_kept
  check 'no user was created' is "$(awk -F : '$3 >= 1000 && $3 < 60000 { print $1 }' "$boot_folder/passwd")" operator
}

told_the_cause() {
  local description
  description=$(requests | jq -r 'select(.target == "/provisioning/health") | .body | fromjson | .details.description')
  [[ $description == *"'../x'"* && $description == *adminUsername* ]] || { echo "$description"; return 1; }
}
