# shellcheck shell=bash
# The VM is restarted: its work is done, and nobody is asked for anything.
about='a second boot: no request, nothing told again, no file changed'

story() {
  first_boot && judge_boot && judge_provisioned
  judge_agent_succeeded
  check 'the media was read and ejected' media_ejected
  cp "$boot_folder/files" "$boot_folder/contents" "$run/"
  check 'the VM switches off' power_off
  expects_word=false
  next_boot || return
  judge_boot
  check 'the user logs in with its key' user_logs_in
  check 'the host name is the one asked for' host_name_is
  check 'the platform was asked and told nothing' is "$(requests | wc -l)" 0
  check 'no file of the VM changed' unchanged contents
  check 'no file came, went, or changed its mode or owner' unchanged files
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report is that of the first boot' report_is .earlier_boot true
}

unchanged() { diff "$run/$1" "$boot_folder/$1"; }
