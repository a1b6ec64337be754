# shellcheck shell=bash
# What is found about a run, a sentence each.
#
#   check 'the platform was told Ready' told_ready
#
# prints "ok: …" or "FAILED: … (detail)", where the detail is the last of what the command said. All of it goes to the run's
# verdict as well.
#
# Expects: run, boot_folder, scenario_file.

checks=0
check_prefix=  # where a scenario does the same again and again: which time it is
failures=()

check() {
  local sentence=$check_prefix$1 said
  shift
  checks=$((checks + 1))
  if said=$("$@" 2>&1); then
    echo "ok: $sentence" | tee -a "$run/checks"
  else
    said=$(tail -n 3 <<<"$said" | cut -c 1-300 | paste -s -d ';')
    failures+=("$sentence${said:+ ($said)}")
    echo "FAILED: ${failures[-1]}" | tee -a "$run/checks"
  fi
}

# is ACTUAL EXPECTED: says both if they differ.
is() { [[ $1 == "$2" ]] || { echo "is '$1', expected '$2'"; return 1; }; }
not() { if "$@"; then echo "'$*' holds"; return 1; fi; }
file_says() { grep -E -q -e "$2" "$boot_folder/$1" || { echo "$1 has no line like '$2'"; return 1; }; }
file_never_says() { local line; line=$(grep -E -m 1 -e "$2" "$boot_folder/$1") || return 0; echo "$1: $line"; return 1; }
# Of azl-provision's report: report_is FILTER EXPECTED
report_is() { is "$(jq -r "$1" "$boot_folder/report.json")" "$2"; }
report_holds() { jq -e "$1" "$boot_folder/report.json" >/dev/null || { echo "not so in report.json: $1"; return 1; }; }

# --- requests, since the VM was last switched on ---
request_count() { if [[ -e $run/requests.jsonl ]]; then wc -l <"$run/requests.jsonl"; else echo 0; fi; }
requests() { [[ ! -e $run/requests.jsonl ]] || tail -n "+$((requests_before + 1))" "$run/requests.jsonl"; }
# count_requests FILTER: of jq, such as '.server == "imds"'.
count_requests() { requests | jq -s "map(select($1)) | length"; }
# Health reports that the platform took: one line each, "Ready" or "NotReady"; not that provisioning goes on.
told() {
  requests | jq -r 'select(.method == "POST" and (.target | test("health")) and .status >= 200 and .status < 300) | .body |
      select(test("<SubStatus>Provisioning<|\"subStatus\": *\"Provisioning\"") | not)' |
    sed -n -E 's/.*(<State>|"state": *")(Ready|NotReady)(<|").*/\2/p'
}
told_once() { is "$(told | paste -s -d ' ')" "$1"; }
told_something() { [[ -n $(told) ]]; }

# --- what holds at the end of every boot ---
no_ordering_cycle() { file_never_says journal.txt 'ordering cycle|Found dependency on'; }
no_failed_unit() { is "$(cut -d ' ' -f 1 "$boot_folder/failed" | paste -s -d ' ')" ''; }
# Of 'systemctl show': show_value UNIT KEY
show_value() { awk -v RS= -F '\n' -v id="Id=$1" -v key="$2=" '{ for (i = 1; i <= NF; i++) if ($i == id) for (j = 1; j <= NF; j++) if (index($j, key) == 1) print substr($j, length(key) + 1) }' "$boot_folder/show"; }
unit_is() { is "$(show_value "$1" "$2")" "$3"; }

judge_boot() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'no unit failed' no_failed_unit
  check 'systemd found its boot complete' file_says system-state '^running$'
  [[ $agent != *azl-provision* ]] || judge_confinement
}
# The sandbox of the services must not be in the agent's way.
judge_confinement() { check 'nothing was forbidden to the agent that it tried' file_never_says journal.txt 'azl-provision.*(Operation not permitted|SECCOMP)'; }

# --- what holds for a VM that is provisioned as its owner asked ---
user_logs_in() { is "$(as_user id -un)" "$(guest_user)"; }
host_name_is() { is "$(<"$boot_folder/hostname")" "${1-$(jq -r .vm.computer_name "$scenario_file")}"; }
operator_kept() {
  is "$(sort <"$boot_folder/authorized_keys.operator")" "$(sort <"$(operator_key).pub")" && grep -q '^operator:x:1000:' "$boot_folder/passwd"
}
host_keys_of_its_own() { is "$(awk '{ print $NF }' "$boot_folder/host-keys" | sort | paste -s -d ' ')" '(ECDSA) (ED25519) (RSA)'; }
hashed() { awk -F : -v user="$1" '$1 == user { print $2 }' "$boot_folder/shadow"; }
is_locked() { [[ $(hashed "$1") == [\!*]* ]] || { echo "$1 has a password"; return 1; }; }

# --- its NICs ---
# nic_has MAC ADDRESS...: these IPv4 addresses and no others.
nic_has() {
  is "$(as_root ip -j address | jq -r --arg mac "$1" '.[] | select(.address == $mac) | .addr_info[] | select(.family == "inet") | .local' | sort | paste -s -d ' ')" \
    "$(printf '%s\n' "${@:2}" | sort | paste -s -d ' ')"
}
# Whether sshd at this address speaks to somebody on the Internet.
nic_answers() { is "$(in_network timeout 30 socat -u "TCP4:$1:22,bind=192.0.2.1,connect-timeout=10,readbytes=4" - 2>/dev/null)" SSH-; }
# route_is ADDRESS MAC: by which NIC the VM reaches it.
route_is() {
  local name
  name=$(as_root ip -j route get "$1" | jq -r '.[0].dev')
  is "$(as_root cat "/sys/class/net/$name/address")" "$2"
}

judge_provisioned() {
  check 'the user logs in with its key' user_logs_in
  check 'the user may become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
  check 'the host name is the one asked for' host_name_is
  check 'the machine has host keys of its own, of three types' host_keys_of_its_own
  check "the image's own account is as it was" operator_kept
  check "root's password is locked" is_locked root
  check 'the platform was told Ready, once' told_once Ready
}
media_ejected() { report_holds '[.stages[].steps[] | select(.name == "eject")][0].outcome == "done"'; }
judge_agent_succeeded() {
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report says READY' report_is .outcome ready
  check 'IMDS was asked once' is "$(count_requests '.server == "imds"')" "${1-1}"
  check 'the WireServer was asked once' is "$(count_requests '.server == "wireserver"')" "${2-1}"
}

# The VM is provisioned by another agent. It is switched off after COMMAND was run in it, and on again for azl-provision.
# judge_adoption COMMAND AGENT
judge_adoption() {
  local file
  cp "$boot_folder"/{host-keys,machine-id,passwd,shadow,hostname} "$run/"
  as_root "$1"
  check 'the VM switches off' power_off
  kernel_arguments=
  expects_word=false
  next_boot || return
  judge_boot
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report says whose work was adopted' report_is .state.provisioned.by "$2"
  for file in host-keys machine-id passwd shadow hostname; do check "unchanged: $file" cmp "$run/$file" "$boot_folder/$file"; done
  check 'the user still logs in' user_logs_in
  check 'azl-provision asked and told nothing' is "$(requests | jq -c 'select(.headers | tostring | test("azl-provision"))' | wc -l)" 0
}
