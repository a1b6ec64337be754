# shellcheck shell=bash
# Logs in to the VM as the scenario's user, and as the image's own account "operator", which also works after provisioning
# failed.
#
# Uses the variables run, scenario_file and sockets (a folder with a short path).

user_key=
source "$lab/lib/ssh.sh"

# login_by_password PASSWORD USER COMMAND...
login_by_password() {
  local password=$1 user=$2
  shift 2
  SSHPASS=$password in_network sshpass -e ssh "${ssh_options[@]}" -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
    -o PreferredAuthentications=password "$user@$(guest_address)" "$@"
}

# Runs a command as root, through the image's own account.
as_operator() { login_by_key "$(operator_key)" operator sudo -n "$@"; }
# Opens a root shell, with a terminal if standard input is one.
open_shell() {
  local terminal=()
  [[ ! -t 0 ]] || terminal=(-t)
  in_network ssh "${ssh_options[@]}" "${terminal[@]}" -i "$(operator_key)" "operator@$(guest_address)" sudo -n -i
}
# Runs a command as root, through the scenario's user if that works, otherwise through the image's own account.
as_root() {
  if [[ -z $root_by ]]; then
    root_by=as_operator
    [[ ! -e $user_key ]] || ! as_user sudo -n true 2>/dev/null || root_by=as_root_user
  fi
  "$root_by" "$@"
}
as_root_user() { as_user sudo -n "$@"; }
root_by=
# Runs a command as the scenario's user.
as_user() { login_by_key "$user_key" "$(guest_user)" "$@"; }

# Closes the connections to a VM that was switched off.
guest_forget() {
  local socket
  for socket in "$sockets"/*; do
    [[ $socket == */qmp || ! -S $socket ]] || ssh -o "ControlPath=$socket" -O exit vm &>/dev/null || true
    [[ $socket == */qmp ]] || rm -f "$socket"
  done
}

# Waits until sshd accepts logins, and then until the boot is complete.
await_boot() {
  wait_until $((wait_for_sshd * patience)) ssh_answers || return 1
  machine_runs || return 1
  root_by=
  wait_until $((60 * patience)) as_root true 2>/dev/null || return 1
  as_root timeout $((300 * patience)) systemctl is-system-running --wait >"$boot_folder/system-state" 2>&1 || true
}

ssh_answers() {
  machine_runs || return 0  # waiting would be useless
  ssh_banner
}

# Copies the state of the VM into this boot's folder.
collect() {
  as_root bash -s <"$lab/lib/collect.sh" | tar -x -C "$boot_folder" --no-same-owner 2>/dev/null || true
  [[ -s $boot_folder/journal.txt ]] || return 1
  boot_plot <"$boot_folder/unit-times" >"$boot_folder/plot.svg"
}

# Converts the output of 'systemctl show' to an SVG, with a bar for each unit from its start until it was active.
boot_plot() {
  awk -v RS= -F '\n' '{
      id = begun = up = ""
      for (i = 1; i <= NF; i++) {
        value = substr($i, index($i, "=") + 1)
        if ($i ~ /^Id=/) id = value
        else if ($i ~ /^Inactive/) begun = value
        else up = value
      }
      if (begun > 0 && id !~ /\.(device|slice|scope)$/) print begun, (up > begun ? up : begun), id
    }' | sort -n | awk '
    { begun[NR] = $1 / 1e6; up[NR] = $2 / 1e6; id[NR] = $3; if ($2 / 1e6 > last) last = $2 / 1e6 }
    END {
      scale = 900 / (last + 1)
      printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1300\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", NR * 16 + 40
      print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
      for (s = 0; s <= last; s += 5) printf "<line x1=\"%d\" x2=\"%d\" y1=\"20\" y2=\"100%%\" stroke=\"#ddd\"/><text x=\"%d\" y=\"14\">%d s</text>\n", s * scale, s * scale, s * scale, s
      for (i = 1; i <= NR; i++) {
        colour = id[i] ~ /^azl-|^cloud-|waagent/ ? "#c60" : "#69c"
        width = (up[i] - begun[i]) * scale
        printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"12\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%s (%.2f s)</text>\n", begun[i] * scale, i * 16 + 10, width < 1 ? 1 : width, colour, up[i] * scale + 4, i * 16 + 20, id[i], up[i] - begun[i]
      }
      print "</svg>"
    }'
}

# Reads journal and state from the disk of a VM that accepts no login.
collect_from_disk() {
  local raw=$run/disk.read file
  qemu-img convert -O raw "$run/disk.qcow2" "$raw" 2>/dev/null || return 0
  file=$raw
  [[ $root_device != /dev/vda1 ]] || file="$raw?offset=$((1 << 20))"  # disk_make_partitioned
  debugfs -R "rdump /var/log/journal $boot_folder" "$file" &>/dev/null || true
  debugfs -R "rdump /var/lib/azl-provision $boot_folder" "$file" &>/dev/null || true
  rm -f "$raw"
  [[ ! -d $boot_folder/journal ]] || journalctl --directory="$boot_folder/journal" -o short-monotonic --no-pager >"$boot_folder/journal.txt" 2>/dev/null || true
}
