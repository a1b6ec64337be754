# shellcheck shell=bash
# Two keys, one of them with line breaks, which Azure's portal accepts.
about='two keys, one with CR LF inside and at its end: the user can log in with both'

azure() {
  ssh-keygen -q -t rsa -b 2048 -N '' -C second@lab -f "$run/second" </dev/null
  local text
  text=$(<"$run/second.pub")
  # The first line break is after 100 characters, which is inside the key data.
  vm '.vm.ssh_keys += [$second]' --arg second "${text:0:100}"$'\r\n'"${text:100}"$'\r\n'
}

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the user also logs in with the key that had line breaks' is "$(login_by_key "$run/second" azureuser id -un 2>&1)" azureuser
  check 'authorized_keys has both keys, one on each line' is "$(grep -c -E '^ssh-(ed25519|rsa) [A-Za-z0-9+/=]+ [a-z]+@lab$' "$boot_folder/authorized_keys.azureuser")" 2
}
