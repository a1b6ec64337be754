# shellcheck shell=bash
# The VM boots again after it was provisioned. The agent has nothing to do.
about='a second boot: no request, no health report, no changed file'

story() {
  first_boot && judge_boot && judge_provisioned
  judge_agent_succeeded
  check 'the media was read and ejected' media_ejected
  cp "$boot_folder/files" "$boot_folder/contents" "$run/"
  check 'the VM shuts down' power_off
  expects_report=false
  next_boot || return
  judge_boot
  check 'the user logs in with its key' user_logs_in
  check 'the host name is the requested one' host_name_is
  check 'no request was sent to the platform' is "$(requests | wc -l)" 0
  check 'no file changed its content' unchanged contents
  check 'no file was added, removed, or changed in mode or owner' unchanged files
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report is about the first boot' report_is .earlier_boot true
}
