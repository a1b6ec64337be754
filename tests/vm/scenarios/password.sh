# shellcheck shell=bash
# A user with a password and no key.
about='a user with a password: the login works, sshd allows passwords, and the password is nowhere in clear text'
password='Correct-Horse-7 ü$"'
azure() { vm '.vm.disable_password_authentication = false | .vm.password = $password | .vm.ssh_keys = []' --arg password "$password"; }

judge() {
  judge_boot
  check 'the user logs in with its password' is "$(login_by_password "$password" azureuser id -un 2>&1)" azureuser
  check 'a wrong password is refused' not login_by_password 'Wrong-Horse-7' azureuser true
  check 'the password is stored as a SHA-512 hash' hash_is_sha512
  check 'sshd allows logins by password' file_has sshd '^passwordauthentication yes'
  check "root's password is locked" is_locked root
  check 'the host name is the requested one' host_name_is
  check 'the platform was told Ready, once' told_once Ready
  check 'no log and no report contains the password' password_nowhere
  judge_agent_succeeded
}

hash_is_sha512() { [[ $(hashed azureuser) == \$6\$* ]] || { hashed azureuser | cut -c 1-4; return 1; }; }
password_nowhere() { not grep -r -l -F -e 'Correct-Horse' "$boot_folder" "$run/requests.jsonl"; }
