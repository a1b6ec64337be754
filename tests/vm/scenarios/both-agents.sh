# shellcheck shell=bash
# cloud-init is enabled, too.
about='both agents enabled: azl-provision yields and says why, cloud-init provisions'
image_for() { echo azl-provision+cloud-init; }

judge() {
  judge_boot
  check 'the user logs in with its key' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  check 'cloud-init told it' is "$(requests | jq -r 'select(.target | test("health")) | .headers["x-ms-agent-name"]' | sort -u)" WALinuxAgent
  check "'azl-provision status' ends with 3" is "$(<"$boot_folder/status")" 3
  check 'the status names cloud-init as the reason' file_has status.txt 'cloud-init'
}
