#!/bin/bash
# Asks for automatic updates on first boots of trees, and has apt, dnf and systemd read what was written.
#
#   tests/system/updates_test.sh AZL_PROVISION AZL_PLATFORM
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/system/trees.sh
source "$here/trees.sh"
# shellcheck source=tests/system/checks.sh
source "$here/checks.sh"
((EUID == 0)) || { echo 'skipped: useradd needs root, also for a tree'; exit 77; }
for program in systemctl systemd-analyze apt-config jq; do
  command -v "$program" >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
start_lab "$1" "$2"

# boot NAME SETTINGS [TIMER…]: makes $tree with these timers, and provisions it. Sets $status.
boot() {
  local timer settings=$2
  tree=$work/$1
  cp -a "$work/pristine" "$tree"
  mkdir -p "$tree"/usr/lib/systemd/system "$tree"/usr/bin "$tree"/etc/dnf "$tree"/etc/apt/apt.conf.d
  printf '[Updates]\n%s\n' "$settings" >>"$tree/etc/azl-provision/azl-provision.conf"
  for timer in "${@:3}"; do
    printf '[Timer]\nOnCalendar=*-*-* 06:00\n[Install]\nWantedBy=timers.target\n' >"$tree/usr/lib/systemd/system/$timer"
  done
  prepare
  status=0
  agent "$tree" >"$tree.log" 2>&1 || status=$?
}
prepare() { :; }
finding() { "$provision" --report --root "$tree" --format=json | jq -r '[.. | .cause? // empty] | unique | join(" ")'; }
enabled() { systemctl --root="$tree" is-enabled "$@" 2>&1 | paste -s -d ' '; }
drop_in() { grep -v '^#' "$tree/etc/systemd/system/$1.d/50-azl-provision.conf" 2>&1 || true; }
delay=$'RandomizedDelaySec=1h\nFixedRandomDelay=yes'

echo 'Debian with unattended-upgrades:'
prepare() {
  touch "$tree/usr/bin/unattended-upgrade"
  cat >"$tree/etc/apt/apt.conf.d/50unattended-upgrades" <<'END'
Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename},label=Debian"; };
Unattended-Upgrade::Allowed-Origins { "x:y"; };
Unattended-Upgrade::Automatic-Reboot "true";
APT::Periodic::Unattended-Upgrade "0";
END
}
boot debian $'Automatic=security\nSchedule=Sun 03:00' apt-daily.timer apt-daily-upgrade.timer
check 'the VM comes up' 0 "$status"
apt_says() {
  echo "Dir::Etc::parts \"$tree/etc/apt/apt.conf.d\";" >"$work/apt.conf"
  APT_CONFIG=$work/apt.conf apt-config dump | grep -v '""'
}
# shellcheck disable=SC2016 # unattended-upgrades knows them
check 'apt takes security updates only, and never reboots' 'APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern:: "origin=${distro_id},codename=${distro_codename}-security";
Unattended-Upgrade::Origins-Pattern:: "origin=${distro_id},suite=${distro_codename}-security";
Unattended-Upgrade::Automatic-Reboot "false";' "$(apt_says | grep -E '^(Unattended-Upgrade|APT::Periodic::Unattended)' | sort -s -t: -k1,1)"
check 'both timers are enabled' 'enabled enabled' "$(enabled apt-daily.timer apt-daily-upgrade.timer)"
check 'the timer that installs has the schedule' $'[Timer]\nOnCalendar=\nOnCalendar=Sun 03:00\n'"$delay" "$(drop_in apt-daily-upgrade.timer)"
check 'systemd has no complaint about the timer' '' \
  "$(systemd-analyze verify --root="$tree" --man=no apt-daily-upgrade.timer 2>&1 | grep -F 50-azl-provision.conf || true)"
check 'the report tells of it' 1 "$("$provision" --report --root "$tree" --color=never | grep -c 'unattended-upgrades installs security updates')"
"$provision" deprovision --root "$tree" --force >"$tree.log" 2>&1 || true
check 'deprovision removes both files' '' \
  "$(find "$tree/etc/apt/apt.conf.d" "$tree/etc/systemd/system" -name '*azl-provision*' -type f)"

echo 'dnf 4, whose settings somebody has changed:'
prepare() { printf '[commands]\nupgrade_type = default\napply_updates = no\nrandom_sleep = 7\n[emitters]\nemit_via = motd\n' >"$tree/etc/dnf/automatic.conf"; }
boot dnf4 $'Automatic=security\nReboot=when-needed' dnf-automatic.timer
check 'the VM comes up' 0 "$status"
dnf_says() {
  /usr/bin/python3 - "$tree/etc/dnf/automatic.conf" <<'END'
import sys
import dnf.automatic.main
c = dnf.automatic.main.AutomaticConfig(sys.argv[1])
print(c.commands.upgrade_type, c.commands.download_updates, c.commands.apply_updates, c.commands.random_sleep, c.emitters.emit_via[0])
END
}
if /usr/bin/python3 -c 'import dnf.automatic' 2>/dev/null; then
  check 'dnf reads it, and what was set before' 'security True True 7 motd' "$(dnf_says)"
else
  echo 'not checked: there is no python3-dnf, which reads the file'
fi
check 'dnf is to reboot when needed' 1 "$(grep -c '^reboot = when-needed$' "$tree/etc/dnf/automatic.conf")"
check 'its timer is enabled' enabled "$(enabled dnf-automatic.timer)"
check 'its timer keeps its time' $'[Timer]\n'"$delay" "$(drop_in dnf-automatic.timer)"

echo 'dnf 5, which has no settings in /etc:'
prepare() { :; }
boot dnf5 'Automatic=all' dnf5-automatic.timer dnf-automatic.timer
check 'the VM comes up' 0 "$status"
check 'only the timer of dnf 5 is enabled' 'enabled disabled' "$(enabled dnf5-automatic.timer dnf-automatic.timer)"
check 'all updates are installed' 1 "$(grep -c '^upgrade_type = default$' "$tree/etc/dnf/automatic.conf")"

echo 'what cannot be done is told, and the VM comes up:'
boot schedule $'Automatic=all\nSchedule=sometimes' dnf5-automatic.timer
check 'a schedule that systemd refuses is a warning' '2 update-schedule' "$status $(finding)"
check "the distribution's time stays" $'[Timer]\n'"$delay" "$(drop_in dnf5-automatic.timer)"
boot none 'Automatic=security'
check 'an image without a program is a warning' '2 no-update-program' "$status $(finding)"
prepare() { ln -s /dev/null "$tree/etc/systemd/system/dnf5-automatic.timer"; }
boot masked 'Automatic=security' dnf5-automatic.timer
check 'a masked timer is a warning' 2 "$status"
report=$("$provision" --report --root "$tree" --format=json | jq -r '[.. | strings] | unique[]')
check 'the report names the command' true \
  "$(grep -qF 'enable -- dnf5-automatic.timer' <<<"$report" && grep -q 'is masked' <<<"$report" && echo true)"

echo 'not asked for:'
prepare() { :; }
boot off 'Automatic=no' dnf5-automatic.timer
check 'nothing is written' '' "$(find "$tree/etc/dnf" "$tree/etc/systemd" -name '*automatic*')"
finish_test
