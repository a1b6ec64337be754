# shellcheck shell=bash
# The lab logs in with another key than the one in the deployment.
about='must fail: the login uses a wrong key'

story() {
  rm "$user_key" "$user_key.pub"
  ssh-keygen -q -t ed25519 -N '' -C wrong@lab -f "$user_key" </dev/null
  first_boot && judge
}
