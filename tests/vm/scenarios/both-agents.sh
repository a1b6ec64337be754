# shellcheck shell=bash
# cloud-init is enabled too.
about='both agents enabled: azl-provision yields and says so, cloud-init provisions'
image_for() { echo azl-provision+cloud-init; }

judge() {
  judge_boot
  check 'the user logs in with its key' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  check 'it was told by cloud-init' is "$(requests | jq -r 'select(.target | test("health")) | .headers["x-ms-agent-name"]' | sort -u)" WALinuxAgent
  check "'azl-provision status' ends with 3" is "$(<"$boot_folder/status")" 3
  check 'it says why' file_says status.txt 'cloud-init'
}
