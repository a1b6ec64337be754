# shellcheck shell=bash
# An image whose configuration asks for security updates, with the real unattended-upgrades and repositories of its own.
about="automatic updates: the distribution's timer installs the update of the security suite, and no other"
image_for() { echo azl-provision+updates; }

version() { as_root dpkg-query -W -f "'\${Version}'" "$1"; }
timer() { as_root systemctl show --value --property="$1" apt-daily-upgrade.timer; }

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Updates]
Automatic=security
Schedule=*-*-* 04:30'
  first_boot && judge_boot && judge_provisioned || return
  check 'the report tells of it' grep -q 'unattended-upgrades installs security updates' "$boot_folder/report.txt"
  check 'the timer is enabled' is "$(timer UnitFileState)" enabled
  check 'the timer runs' is "$(timer ActiveState)" active
  check 'its time is that of the configuration, and no other' is "$(timer TimersCalendar | grep -o 'OnCalendar=[^;]*')" 'OnCalendar=*-*-* 04:30:00 '
  check 'its delay is up to an hour' is "$(timer RandomizedDelayUSec)" 1h
  check 'its delay is always the same on this VM' is "$(timer FixedRandomDelay)" yes
  check "the distribution's service looks for updates" as_root systemctl start apt-daily.service
  check "the distribution's service installs updates" as_root systemctl start apt-daily-upgrade.service
  check 'the security update is installed' is "$(version azl-secure)" 2.0
  check 'the other update is not installed' is "$(version azl-plain)" 1.0
}
