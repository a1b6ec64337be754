# shellcheck shell=bash
# azl-provision is in the image as a Debian package. The package is upgraded and installed again while the VM runs.
about='a package: it provisions the VM; upgrading and installing it again on the running VM starts and stops no service'
image_for() { echo azl-provision+package; }

# When each unit was started and stopped, in microseconds of the boot, and with which invocation.
unit_times() {
  as_root systemctl show "'azl-provision*'" --property=Id,InvocationID,ActiveState,ExecMainStartTimestampMonotonic,StateChangeTimestampMonotonic |
    grep -v '^$'
}
package_version() { as_root dpkg-query -W -f "'\${Version} \${db:Status-Status}'" azl-provision; }

story() {
  first_boot && judge_boot && judge_provisioned || return
  local before asked
  before=$(unit_times)
  asked=$(requests | wc -l)
  check 'the units have times' not is "$before" ''
  check 'the package is installed' is "$(package_version)" '1.0 installed'
  check 'it is upgraded' as_root dpkg --force-depends -i /opt/azl-provision-1.1.deb
  check 'the new version is installed' is "$(package_version)" '1.1 installed'
  check 'it is installed once more' as_root dpkg --force-depends -i /opt/azl-provision-1.1.deb
  check 'no service of ours was started or stopped' is "$(unit_times)" "$before"
  check 'no request was sent to the platform' is "$(requests | wc -l)" "$asked"
  again 'after a reboot: '
  check 'the user logs in with its key' user_logs_in
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
}
