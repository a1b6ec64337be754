# shellcheck shell=bash
# Two keys, one with the line breaks that Azure's portal lets through.
about='two keys, of which one has CR and LF inside and at its end: both let the user in'

azure() {
  ssh-keygen -q -t rsa -b 2048 -N '' -C second@lab -f "$run/second" </dev/null
  local text
  text=$(<"$run/second.pub")
  # Broken after 100 characters, which is inside the key.
  vm '.vm.ssh_keys += [$second]' --arg second "${text:0:100}"$'\r\n'"${text:100}"$'\r\n'
}

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the user logs in with the broken key too' is "$(login_by_key "$run/second" azureuser id -un 2>&1)" azureuser
  check 'both keys stand in authorized_keys, a line each' is "$(grep -c -E '^ssh-(ed25519|rsa) [A-Za-z0-9+/=]+ [a-z]+@lab$' "$boot_folder/authorized_keys.azureuser")" 2
}
