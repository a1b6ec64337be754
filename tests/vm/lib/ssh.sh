# shellcheck shell=bash
# Logs in to a VM by SSH, for the VM lab and for 'azl-platform boot'.
#
# Uses the variables scenario_file and sockets (a folder with a short path), and in_network of network.sh.

guest_address() { jq -r '.vm.interfaces[0].ipv4[0]' "$scenario_file"; }
guest_user() { jq -r .vm.admin_username "$scenario_file"; }

ssh_options=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=20 -o GlobalKnownHostsFile=/dev/null
  -o IdentitiesOnly=yes -o IdentityAgent=none -F none)

# login_by_key KEY USER COMMAND...: keeps the connection open, because a handshake is slow on an emulated processor.
login_by_key() {
  local key=$1 user=$2
  shift 2
  in_network ssh "${ssh_options[@]}" -o BatchMode=yes -o PasswordAuthentication=no -o ControlMaster=auto -o ControlPersist=600 \
    -o "ControlPath=$sockets/%C" -i "$key" "$user@$(guest_address)" "$@"
}

# Succeeds if sshd sends its first line, which it does when it accepts a connection.
ssh_banner() { in_network timeout 5 bash -c "exec 3<>/dev/tcp/$(guest_address)/22 && head -c 4 <&3" 2>/dev/null | grep -q SSH-; }
