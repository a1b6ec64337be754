# shellcheck shell=bash
# Checks of a run. Each has a sentence.
#
#   check 'the platform was told Ready' told_ready
#
# prints "ok: …" or "FAILED: … (detail)", where the detail is the end of the command's output. The lines also go to the file
# "checks", and the failures to the verdict.
#
# Uses the variables run, boot_folder and scenario_file.

checks=0
check_prefix=  # precedes each sentence, to tell repeated checks apart
failures=()

check() {
  local sentence=$check_prefix$1 output
  shift
  checks=$((checks + 1))
  if output=$("$@" 2>&1); then
    echo "ok: $sentence" | tee -a "$run/checks"
  else
    output=$(tail -n 3 <<<"$output" | cut -c 1-300 | paste -s -d ';')
    failures+=("$sentence${output:+ ($output)}")
    echo "FAILED: ${failures[-1]}" | tee -a "$run/checks"
  fi
}

# is ACTUAL EXPECTED: prints both if they differ.
is() { [[ $1 == "$2" ]] || { echo "is '$1', expected '$2'"; return 1; }; }
not() { if "$@"; then echo "'$*' holds"; return 1; fi; }
file_has() { grep -E -q -e "$2" "$boot_folder/$1" || { echo "$1 has no line that matches '$2'"; return 1; }; }
file_has_no() { local line; line=$(grep -E -m 1 -e "$2" "$boot_folder/$1") || return 0; echo "$1: $line"; return 1; }
# report_is FILTER EXPECTED: compares the result of a jq filter on azl-provision's report.
report_is() { is "$(jq -r "$1" "$boot_folder/report.json")" "$2"; }

# unchanged files|contents: compares with the copy of an earlier boot in $run.
unchanged() { diff "$run/$1" "$boot_folder/$1"; }
report_holds() { jq -e "$1" "$boot_folder/report.json" >/dev/null || { echo "false for report.json: $1"; return 1; }; }

# Before the first boot: check-image finds nothing in the image but the lab's own account.
image_is_clean() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount bash -c 'mount -o ro,noload,loop "$1" /mnt && "$2" check-image --ignore user-with-keys --root /mnt' _ \
    "$(root_image)" "$program_build/provision/azl-provision"
}

# --- requests since the VM was last switched on ---
request_count() { if [[ -e $run/requests.jsonl ]]; then wc -l <"$run/requests.jsonl"; else echo 0; fi; }
requests() { [[ ! -e $run/requests.jsonl ]] || tail -n "+$((requests_before + 1))" "$run/requests.jsonl"; }
# count_requests FILTER: counts the requests that match a jq filter such as '.server == "imds"'.
count_requests() { requests | jq -s "map(select($1)) | length"; }
# Prints "Ready" or "NotReady" for each health report that the platform accepted. Leaves out reports that provisioning is in
# progress.
told() {
  requests | jq -r 'select(.method == "POST" and (.target | test("health")) and .status >= 200 and .status < 300) | .body |
      select(test("<SubStatus>Provisioning<|\"subStatus\": *\"Provisioning\"") | not)' |
    sed -n -E 's/.*(<State>|"state": *")(Ready|NotReady)(<|").*/\2/p'
}
told_once() { is "$(told | paste -s -d ' ')" "$1"; }
told_something() { [[ -n $(told) ]]; }

# --- checks for every boot ---
no_ordering_cycle() { file_has_no journal.txt 'ordering cycle|Found dependency on'; }
no_failed_unit() { is "$(cut -d ' ' -f 1 "$boot_folder/failed" | paste -s -d ' ')" ''; }
# show_value UNIT KEY: prints a property of a unit from the saved output of 'systemctl show'.
show_value() { awk -v RS= -F '\n' -v id="Id=$1" -v key="$2=" '{ for (i = 1; i <= NF; i++) if ($i == id) for (j = 1; j <= NF; j++) if (index($j, key) == 1) print substr($j, length(key) + 1) }' "$boot_folder/show"; }
unit_is() { is "$(show_value "$1" "$2")" "$3"; }

judge_boot() {
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'no unit failed' no_failed_unit
  check 'systemd reports a complete boot' file_has system-state '^running$'
  [[ $agent != *azl-provision* ]] || judge_confinement
}
# The sandbox of the services must not block the agent.
judge_confinement() { check 'the sandbox denied nothing to the agent' file_has_no journal.txt 'azl-provision.*(Operation not permitted|SECCOMP)'; }

# --- checks for a VM that was provisioned as requested ---
user_logs_in() { is "$(as_user id -un)" "$(guest_user)"; }
host_name_is() { is "$(<"$boot_folder/hostname")" "${1-$(jq -r .vm.computer_name "$scenario_file")}"; }
operator_kept() {
  is "$(sort <"$boot_folder/authorized_keys.operator")" "$(sort <"$(operator_key).pub")" && grep -q '^operator:x:1000:' "$boot_folder/passwd"
}
# start_as_another_vm: boots the disk as a VM with another id, name and user. $run/host-keys has the host keys of the VM before.
start_as_another_vm() {
  vm '.vm.vm_id = "0d1e6a52-7f0b-4c8e-9a37-5b2f6c1d8e90" | .vm.computer_name = "web-2" | .vm.admin_username = "second"' >"$scenario_file"
  platform_up
  media_make
  next_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded 1
  check 'all host keys are new' host_keys_are_new
}
host_keys_are_new() { not grep -F -f <(awk '{ print $2 }' "$run/host-keys") "$boot_folder/host-keys"; }

has_host_keys() { is "$(awk '{ print $NF }' "$boot_folder/host-keys" | sort | paste -s -d ' ')" '(ECDSA) (ED25519) (RSA)'; }
hashed() { awk -F : -v user="$1" '$1 == user { print $2 }' "$boot_folder/shadow"; }
is_locked() { [[ $(hashed "$1") == [\!*]* ]] || { echo "$1 has a password"; return 1; }; }

# --- checks for NICs ---
# nic_has MAC ADDRESS...: succeeds if the NIC has these IPv4 addresses and no others.
nic_has() {
  is "$(as_root ip -j address | jq -r --arg mac "$1" '.[] | select(.address == $mac) | .addr_info[] | select(.family == "inet") | .local' | sort | paste -s -d ' ')" \
    "$(printf '%s\n' "${@:2}" | sort | paste -s -d ' ')"
}
# nic_answers ADDRESS: succeeds if sshd at this address answers a client on the Internet.
nic_answers() { is "$(in_network timeout 30 socat -u "TCP4:$1:22,bind=192.0.2.1,connect-timeout=10,readbytes=4" - 2>/dev/null)" SSH-; }
# route_is ADDRESS MAC: succeeds if the VM's route to this address uses this NIC.
route_is() {
  local name
  name=$(as_root ip -j route get "$1" | jq -r '.[0].dev')
  is "$(as_root cat "/sys/class/net/$name/address")" "$2"
}

judge_provisioned() {
  check 'the user logs in with its key' user_logs_in
  check 'the user can become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
  check 'the host name is the requested one' host_name_is
  check 'the machine has SSH host keys of three types' has_host_keys
  check "the image's own account is unchanged" operator_kept
  check "root's password is locked" is_locked root
  check 'the platform was told Ready, once' told_once Ready
}

# --- checks for a VM from a pool ---
# Waits until the VM has told Ready for its pool, and for some seconds in which it has to do nothing.
wait_in_pool() {
  wait_until 900 told_something || return
  sleep 10
  cp "$run/requests.jsonl" "$run/requests-in-pool.jsonl"
}
judge_user_of_pool() {
  check 'the user logs in with its key' user_logs_in
  check 'the user can become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
  check 'the host name is that of the user' host_name_is
  check 'the machine has SSH host keys of three types' has_host_keys
  check 'the user of the pool does not exist' file_has_no passwd '^pool:'
  check 'the platform was told Ready for the pool and for the user' told_once 'Ready Ready'
  check 'the document was not asked for in the pool' is "$(jq -s 'map(select(.target | test("reprovisiondata"))) | length' "$run/requests-in-pool.jsonl")" 0
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report says READY' report_is .outcome ready
}

media_ejected() { report_holds '[.stages[].steps[] | select(.name == "eject")][0].outcome == "done"'; }
judge_agent_succeeded() {
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report says READY' report_is .outcome ready
  check 'systemd was told the steps' grep -q '^main: ' <<<"$(show_value azl-provision.service StatusText)"
  check 'IMDS was asked once' is "$(count_requests '.server == "imds"')" "${1-1}"
  check 'the WireServer was asked once' is "$(count_requests '.server == "wireserver"')" "${2-1}"
}

# judge_adoption COMMAND AGENT: for a VM that another agent has provisioned. Runs COMMAND in it, boots it again with
# azl-provision, and checks that azl-provision adopts the work of AGENT.
judge_adoption() {
  local file
  cp "$boot_folder"/{host-keys,machine-id,passwd,shadow,hostname} "$run/"
  as_root "$1"
  check 'the VM shuts down' power_off
  kernel_arguments=
  expects_report=false
  next_boot || return
  judge_boot
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report names the agent whose work was adopted' report_is .state.provisioned.by "$2"
  for file in host-keys machine-id passwd shadow hostname; do check "unchanged: $file" cmp "$run/$file" "$boot_folder/$file"; done
  check 'the user can still log in' user_logs_in
  check 'azl-provision sent no request' is "$(requests | jq -c 'select(.headers | tostring | test("azl-provision"))' | wc -l)" 0
}

# judge_migration AGENT: for a VM that another agent has provisioned, and that runs. Has azl-provision take it over, boots it again, and
# checks that nothing but azl-provision's own files has changed.
judge_migration() {
  local file state='azl-provision\.(conf\.d|target|-custom)|50-azl-provision-.*\.link|/var/lib/azl-provision/|/etc/systemd/system/.*(azl-provision|cloud-)|/etc/rc[S0-9]\.d/.*cloud-|cloud-init\.disabled|/etc/waagent\.conf'
  as_root systemctl disable azl-provision.target azl-provision-custom-data.service
  check 'a dry run changes nothing' dry_run_is_harmless
  cp "$boot_folder"/{host-keys,machine-id,passwd,shadow,group,hostname,sudoers,routes} "$run/"
  migration_snapshot >"$run/before"
  check "'azl-provision migrate' ends with 0" migrated
  check 'it says that the next boot changes nothing' grep -q 'The next boot changes nothing' "$run/migrate.txt"
  check 'the user can log in before the reboot' user_logs_in
  check 'the VM shuts down' power_off
  expects_report=false
  next_boot || return
  judge_boot
  check 'the user can log in' user_logs_in
  check 'the user can become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'azl-provision is enabled' as_root systemctl is-enabled azl-provision.target
  check 'azl-provision ran' not is "$(show_value azl-provision.service InactiveExitTimestampMonotonic)" 0
  check 'the report names the agent that provisioned the VM' report_is .state.provisioned.by "$1"
  for file in host-keys machine-id passwd shadow group hostname sudoers routes; do
    check "unchanged: $file" diff "$run/$file" "$boot_folder/$file"
  done
  migration_snapshot >"$run/after"
  check 'no other file and no mount has changed' diff <(grep -vE "$state" "$run/before") <(grep -vE "$state" "$run/after")
  check 'azl-provision sent no request' is "$(requests | jq -c 'select(.headers | tostring | test("azl-provision"))' | wc -l)" 0
  check 'a second run has nothing to do' as_root azl-provision migrate --force
}

migrated() { as_root_user azl-provision migrate --force >"$run/migrate.txt" 2>&1; }
dry_run_is_harmless() {
  local before
  before=$(migration_snapshot)
  as_root azl-provision migrate --dry-run >"$run/dry-run.txt" && diff <(echo "$before") <(migration_snapshot)
}
# Prints what a migration has to keep: the files of the configuration and of homes, mounts, and addresses.
migration_snapshot() {
  as_root bash -s <<'END'
find /etc /home /root -xdev \( -name .cache -o -name '.bash_history' -o -path /etc/.updated \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
find /etc -xdev -type l -printf '%p %l\n' | sort
findmnt --real --noheadings --raw --output SOURCE,TARGET,FSTYPE,OPTIONS
swapon --show --noheadings --raw
ip -brief address | awk '{ print $1, $2, $3 }'
END
}
