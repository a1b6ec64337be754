# shellcheck shell=bash
# A bootcmd that never ends. Nobody waits for it: not logins, not multi-user.target, not the platform.
about='a bootcmd that never ends: Ready is told, people log in, multi-user.target is reached, and status names the loop'

document=$'#cloud-config\nbootcmd:\n  - while true; do sleep 1; done\nruncmd:\n  - touch /var/tmp/ran\n'
# shellcheck disable=SC2016 # a variable of jq
azure() { vm '.vm.custom_data = $text' --arg text "$document"; }
# The boot does not count as complete while the loop runs.
await_boot() {
  wait_until "$wait_for_sshd" ssh_answers && machine_runs || return 1
  root_by=
  wait_until 60 as_root true 2>/dev/null && wait_until 300 as_root systemctl is-active --quiet multi-user.target
}

story() {
  first_boot || return
  check 'the boot has no ordering cycle' no_ordering_cycle
  check 'no unit failed' no_failed_unit
  judge_provisioned
  check 'multi-user.target is reached' is "$(as_root systemctl is-active multi-user.target)" active
  check 'the early stage counts as started' is "$(as_root systemctl show -P ActiveState azl-provision-custom-data-early.service)" active
  check 'the loop goes on' as_root pgrep -f scripts/bootcmd
  check 'systemd names what runs' is_named "$(as_root systemctl show -P StatusText azl-provision-custom-data-early.service)"
  check 'the report names what runs' file_has report.txt 'bootcmd'
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check "'azl-provision status' names what runs" is_named "$(as_root azl-provision status)"
  check 'runcmd waits for the early stage' not as_root test -e /var/tmp/ran

  as_root pkill -f scripts/bootcmd || true
  check 'runcmd runs once the loop has ended' wait_until 120 as_root test -e /var/tmp/ran
}

is_named() { [[ $1 == *bootcmd* ]] || { echo "it is '$1'"; return 1; }; }
