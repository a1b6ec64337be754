# shellcheck shell=bash
# WALinuxAgent is installed, for extensions.
about='WALinuxAgent installed: it starts only after azl-provision succeeded, and provisions nothing'
image_for() { echo azl-provision+waagent; }

judge() {
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the guest agent runs' unit_is walinuxagent.service ActiveState active
  check 'the guest agent started after azl-provision.service had succeeded' started_after
  check 'the guest agent did not provision' file_has_no waagent.log 'Provisioning (started|handler.*running)|Finished provisioning'
}

started_after() {
  local agent provision
  agent=$(show_value walinuxagent.service InactiveExitTimestampMonotonic)
  provision=$(show_value azl-provision.service ActiveEnterTimestampMonotonic)
  ((provision > 0 && agent > provision)) || { echo "guest agent: $agent us, azl-provision.service: $provision us"; return 1; }
}
