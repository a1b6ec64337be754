# shellcheck shell=bash
# The lab holds another key than the one that Azure was given.
about='must fail: the user has another key'

story() {
  rm "$user_key" "$user_key.pub"
  ssh-keygen -q -t ed25519 -N '' -C wrong@lab -f "$user_key" </dev/null
  first_boot && judge
}
