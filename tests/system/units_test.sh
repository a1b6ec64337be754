#!/bin/bash
# Installs into a tree with the distribution's own units, and checks the result with systemd's tools.
#
#   tests/system/units_test.sh BUILD_DIRECTORY
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
units=(azl-provision-local.service azl-provision.service azl-provision-report.service azl-provision-link@.service azl-provision-disks.service azl-provision-disk@.service azl-provision.target
  azl-provision-custom-data-early.service azl-provision-custom-data.service azl-provision-trace.service)
# shellcheck source=tests/system/checks.sh
source "$root/tests/system/checks.sh"

setting() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

install_into_tree() {
  DESTDIR=$tree cmake --install "$build" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
  prefix=$(setting CMAKE_INSTALL_PREFIX)
  installed=$tree$prefix
  unit_dir=$prefix/$(setting AZL_UNIT_DIR)
}

# Copies the distribution's units into the tree, without their programs. That is enough, because only our units are verified.
add_distribution() {
  local system=/usr/lib/systemd/system
  [[ -d $system && ! -L /lib ]] || system=/lib/systemd/system
  mkdir -p "$tree/usr/lib/systemd" "$tree/etc/systemd/system/multi-user.target.wants" "$tree/etc/systemd/system/sockets.target.wants"
  cp -a "$system" "$tree/usr/lib/systemd/"
  [[ -e $tree/lib ]] || ln -s usr/lib "$tree/lib"
  # Units as on Azure Linux. They are in /etc, so that they override the units of this machine's distribution.
  service() {
    printf '[Unit]\nDescription=%s\n%s\n[Service]\nExecStart=%s\n' "$1" "${2-}" "$prefix/bin/azl-provision" >"$tree/etc/systemd/system/$1"
  }
  service sshd.service 'After=network.target'
  service sshd@.service
  service waagent.service $'After=network-online.target\nWants=network-online.target'
  service hypervkvpd.service
  service systemd-networkd.service $'DefaultDependencies=no\nAfter=systemd-udevd.service network-pre.target\nBefore=network.target\nWants=network.target'
  printf '[Unit]\nDescription=ssh by socket\n[Socket]\nListenStream=22\nAccept=yes\n' >"$tree/etc/systemd/system/sshd.socket"
  enable sockets.target sshd.socket
  enable multi-user.target sshd.service waagent.service hypervkvpd.service systemd-networkd.service
}

# enable TARGET UNIT…
enable() {
  local target=$1 unit
  shift
  for unit; do ln -sf "/etc/systemd/system/$unit" "$tree/etc/systemd/system/$target.wants/$unit"; done
}

verify() { systemd-analyze verify --root="$tree" --man=no "$@" 2>&1 || true; }

# Prints systemd's complaints about the whole boot, if they concern us or a cycle.
boot_complaints() { verify multi-user.target | grep -E 'cycle|dependency on|azl-provision|waagent|sshd' || true; }

test_installed_files() {
  local unit=${unit_dir#"$prefix"/}
  local expected
  expected=$(sort <<EOT
$(setting AZL_CATALOG_DIR)/azl-provision.catalog
$(setting AZL_NETWORK_DIR)/10-azl-provision-vf.network
$(setting AZL_NETWORK_DIR)/99-azl-provision-default.network
$(setting AZL_PRESET_DIR)/80-azl-provision.preset
$(setting AZL_TMPFILES_DIR)/azl-provision.conf
$(setting AZL_UDEV_RULES_DIR)/80-azl-provision-link.rules
$(setting AZL_UDEV_RULES_DIR)/81-azl-provision-disk.rules
$unit/azl-provision-custom-data-early.service
$unit/azl-provision-custom-data.service
$unit/azl-provision-link@.service
$unit/azl-provision-disks.service
$unit/azl-provision-disk@.service
$unit/azl-provision-local.service
$unit/azl-provision-report.service
$unit/azl-provision-trace.service
$unit/azl-provision.service
$unit/azl-provision.target
$unit/ssh@.service.d/10-azl-provision.conf
$unit/sshd@.service.d/10-azl-provision.conf
$unit/waagent.service.d/10-azl-provision.conf
$unit/walinuxagent.service.d/10-azl-provision.conf
bin/azl-provision
share/bash-completion/completions/azl-provision
share/fish/vendor_completions.d/azl-provision.fish
share/zsh/site-functions/_azl-provision
share/licenses/azl-provision/LICENSE
share/doc/azl-provision/azl-provision.conf.example
share/doc/azl-provision/boot.md
share/doc/azl-provision/boots-schema.json
share/doc/azl-provision/checks.md
share/doc/azl-provision/checks-schema.json
share/doc/azl-provision/cloud-config.md
share/doc/azl-provision/cloud-init.md
share/doc/azl-provision/custom-data-schema.json
share/doc/azl-provision/deprovision-schema.json
share/doc/azl-provision/embedding.md
share/doc/azl-provision/image-builders.md
share/doc/azl-provision/journal.md
share/doc/azl-provision/kvp-schema.json
share/doc/azl-provision/migrate-schema.json
share/doc/azl-provision/migrating.md
share/doc/azl-provision/network.md
share/doc/azl-provision/plan.md
share/doc/azl-provision/plan-schema.json
share/doc/azl-provision/recipes/mmdebstrap
share/doc/azl-provision/report-schema.json
share/doc/azl-provision/status-schema.json
share/doc/azl-provision/disks.md
share/doc/azl-provision/security.md
share/doc/azl-provision/tracing.md
share/doc/azl-provision/troubleshooting.md
share/doc/azl-provision/validate-schema.json
share/man/man5/azl-provision.conf.5
share/man/man8/azl-provision.8
EOT
  )
  check 'exactly the expected files are installed' "$expected" "$(cd "$installed" && find . -type f | sed 's|^\./||' | sort)"
}

# What programs expect that were written for cloud-init: a component of its own, which the installation above left out.
add_cloud_init() {
  DESTDIR=$tree cmake --install "$build" --component cloud-init >"$work/install.log" || { cat "$work/install.log"; exit 1; }
  ln -s "$unit_dir/cloud-init.target" "$tree/etc/systemd/system/multi-user.target.wants/cloud-init.target"
}

test_cloud_init_files() {
  local unit=${unit_dir#"$prefix"/}
  local only=$work/cloud-init
  cmake --install "$build" --prefix "$only" --component cloud-init >"$work/install.log" || cat "$work/install.log"
  check 'exactly the expected files of cloud-init are installed' "$(sort <<EOT
$(setting AZL_PRESET_DIR)/80-azl-provision-cloud-init.preset
$(setting AZL_TMPFILES_DIR)/azl-provision-cloud-init.conf
$unit/cloud-final.service
$unit/cloud-init.target
bin/cloud-init
lib/azl-provision/azl-provision.conf.d/50-cloud-init.conf
share/man/man1/cloud-init.1
EOT
  )" "$(cd "$only" && find . ! -type d | sed 's|^\./||' | sort)"
  check 'the command cloud-init is a link to the program' azl-provision "$(readlink "$only/bin/cloud-init")"
}

# The link to the program makes it another command.
test_cloud_init_command() {
  check 'the installed command says its version as cloud-init does' 25.1 \
    "$("$installed/bin/cloud-init" --version | grep -oP '\S+ \K\d+\.\d+' | head -n 1)"
  # Images have the program in /usr, where it looks for its configuration.
  mkdir -p "$tree/usr/lib/azl-provision/azl-provision.conf.d"
  cp -n "$installed/lib/azl-provision/azl-provision.conf.d/50-cloud-init.conf" "$tree/usr/lib/azl-provision/azl-provision.conf.d/"
  check 'the part sets the key' 'CloudInitFiles=yes' "$("$installed/bin/azl-provision" config --root "$tree" | grep '^CloudInitFiles')"
}

test_cloud_init_units() {
  local unit
  for unit in cloud-final.service cloud-init.target; do
    check "systemd accepts every line of $unit" '' "$(verify --recursive-errors=no "$unit")"
  done
  check 'a boot with the units of cloud-init has no ordering cycle' '' \
    "$(verify multi-user.target | grep -E 'cycle|dependency on|cloud-|azl-provision' || true)"
  # Shows that the check above can fail.
  mkdir "$tree/etc/systemd/system/cloud-final.service.d"
  printf '[Unit]\nBefore=multi-user.target\n' >"$tree/etc/systemd/system/cloud-final.service.d/cycle.conf"
  if [[ $(verify multi-user.target) == *'ordering cycle'* ]]; then echo 'ok: a planted cycle is detected'; else fail 'a planted cycle is detected'; fi
  rm -r "$tree/etc/systemd/system/cloud-final.service.d"
  check 'cloud-final.service runs the command' "$prefix/bin/cloud-init" \
    "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$tree$unit_dir/cloud-final.service")"
  rm -f "$tree/etc/systemd/system/multi-user.target.wants/cloud-init.target"
  systemctl --root="$tree" preset cloud-init.target 2>"$work/preset" || true
  check 'the preset enables cloud-init.target' enabled "$(systemctl --root="$tree" is-enabled cloud-init.target 2>&1)"
}

test_cloud_init_tmpfiles() {
  ((EUID == 0)) || { echo 'skipped: the files of tmpfiles belong to root, which needs root'; return; }
  mkdir -p "$tree/var/lib/cloud/instance" "$tree/var/log"
  touch "$tree/var/lib/cloud/instance/boot-finished"
  mkdir -p "$tree/var/lib/cloud/data"
  echo '{}' >"$tree/var/lib/cloud/data/result.json" # of a cloud-init that was in the image
  systemd-tmpfiles --root="$tree" --boot --remove --create "$tree$prefix/$(setting AZL_TMPFILES_DIR)/azl-provision-cloud-init.conf"
  check "tmpfiles links cloud-init's log to ours" azl-provision/custom-data.log "$(readlink "$tree/var/log/cloud-init-output.log")"
  check 'the log is there' 640 "$(stat -Lc %a "$tree/var/log/cloud-init-output.log")"
  check 'the files of this boot are where Ansible reads them' $'/run/cloud-init/result.json\n/run/cloud-init/status.json' \
    "$(readlink "$tree"/var/lib/cloud/data/*)"
  check 'nothing says that cloud-init provisioned the VM' $'result.json\nstatus.json' "$(ls "$tree/var/lib/cloud/data")"
  check 'a boot begins without boot-finished' '' "$(ls "$tree/var/lib/cloud/instance")"
}

# It is a component of its own, which the installation above left out.
test_simulator() {
  [[ -e $build/tests/platform/azl-platform ]] || { fail 'the simulator is built'; return; }
  cmake --install "$build" --prefix "$work/simulator" --component simulator >"$work/install.log" || cat "$work/install.log"
  check 'the simulator is installed with its manual and the script of its command boot' \
    $'bin/azl-platform\nshare/azl-provision/boot/platform-boot\nshare/azl-provision/boot/vm/common.sh\nshare/azl-provision/boot/vm/network.sh\nshare/azl-provision/boot/vm/ssh.sh\nshare/bash-completion/completions/azl-platform\nshare/doc/azl-provision/azl-platform.md\nshare/man/man1/azl-platform.1' \
    "$(cd "$work/simulator" && find . -type f | sed 's|^\./||' | sort)"
  check 'the installed simulator runs' 0 "$("$work/simulator/bin/azl-platform" scenario default >/dev/null; echo $?)"
  check 'the installed script finds its parts' "azl-platform: this is a part of 'azl-platform boot'" \
    "$("$work/simulator/share/azl-provision/boot/platform-boot" 2>&1)"
  check "the simulator's manual has no links to files that are not installed" '' \
    "$(grep -oE '\]\([^)#]+' "$work/simulator/share/doc/azl-provision/azl-platform.md" | grep -v 'https\?://' || true)"
}

test_links_of_documents() {
  local dead
  dead=$(cd "$installed/share/doc/azl-provision" && for file in *.md; do
    grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | grep -vE '^https?://' | while read -r target; do
      [[ -e $target ]] || echo "$file: $target"
    done
  done) || true
  check 'the installed documents have no dead links' '' "$dead"
}

test_units() {
  local unit
  for unit in "${units[@]}"; do
    check "systemd accepts every line of $unit" '' "$(verify --recursive-errors=no "$unit")"
  done
  check 'a boot with all units has no ordering cycle' '' "$(boot_complaints)"
  # Shows that the check above can fail.
  mkdir "$tree/etc/systemd/system/azl-provision.service.d"
  printf '[Unit]\nBefore=sshd.socket\n' >"$tree/etc/systemd/system/azl-provision.service.d/cycle.conf"
  if [[ $(boot_complaints) == *'ordering cycle'* ]]; then echo 'ok: a planted cycle is detected'; else fail 'a planted cycle is detected'; fi
  rm -r "$tree/etc/systemd/system/azl-provision.service.d"
  check 'no unit is ordered before a socket' '' "$(grep -r '^Before=.*\.socket' "$root/units" || true)"
}

test_programs() {
  check 'every unit runs the installed program' "$prefix/bin/azl-provision" \
    "$(cd "$tree$unit_dir" && cat azl-provision*.service ./*.d/10-azl-provision.conf | sed -n 's/^Exec[A-Za-z]*=\([^ ]*\).*/\1/p' | sort -u)"
  # The udev rule has a fixed path, because images have the program in /usr.
  check 'the udev rule runs /usr/bin/azl-provision' /usr/bin/azl-provision \
    "$(sed -n 's/^IMPORT{program}="\([^ ]*\).*/\1/p' "$root/units/80-azl-provision-link.rules")"
  # Two lines of the rule start an instance of the unit.
  check 'the udev rule starts azl-provision-link@.service' $'azl-provision-link@\nazl-provision-link@' \
    "$(sed -n 's/.*--no-block start \(azl-provision-link@\)[a-z]*-$env{IFINDEX}\.service"$/\1/p' "$root/units/80-azl-provision-link.rules")"
  local mark
  for mark in $(sed -n 's|.*TEST=="/run/azl-provision/\([a-z.]*\)".*|\1|p' "$root"/units/*.rules | sort -u); do
    if grep -q "azl-provision/$mark\"\|\"/$mark\"" -r --include='*.cpp' "$root/provision"; then
      echo "ok: the program writes $mark, for which the udev rules test"
    else
      fail "nothing writes $mark, for which the udev rules test"
    fi
  done
}

test_security() {
  local unit documented
  # Passwords are in the memory of our programs, which must not get into a core dump.
  # Else the kernel's killing of one program would stop the service.
  check 'every service survives a program that needs too much memory' '' \
    "$(cd "$tree$unit_dir" && grep -L '^OOMPolicy=continue' azl-provision*.service)"
  for unit in "${units[@]:0:6}"; do
    check "no program of $unit leaves a core dump" LimitCORE=0 \
      "$(cat "$tree$unit_dir/$unit" "$tree$unit_dir/$unit.d"/*.conf 2>/dev/null | grep '^LimitCORE=' || true)"
  done
  for unit in "${units[@]:0:6}"; do
    documented=$(sed -n "s/^| $unit | \([0-9.]*\) |$/\1/p" "$root/docs/security.md")
    if systemd-analyze security --offline=true --no-pager --threshold="${documented/./}" --root="$tree" "$unit" >"$work/security" 2>&1; then
      echo "ok: the exposure of $unit is at most $documented"
    else
      fail "the exposure of $unit is at most $documented, as in docs/security.md" "$(tail -n 2 "$work/security")"
    fi
  done
}

test_preset() {
  # The image's own preset, whose name sorts after ours.
  echo 'disable *' >"$tree$prefix/$(setting AZL_PRESET_DIR)/99-default.preset"
  local unit
  for unit in azl-provision.target azl-provision-custom-data.service; do
    rm -f "$tree/etc/systemd/system/multi-user.target.wants/$unit"
    systemctl --root="$tree" preset "$unit" 2>"$work/preset" || true
    check "the preset enables $unit" enabled "$(systemctl --root="$tree" is-enabled "$unit" 2>&1)"
  done
}

test_tmpfiles() {
  ((EUID == 0)) || { echo 'skipped: the directories of tmpfiles belong to root, which needs root'; return; }
  systemd-tmpfiles --root="$tree" --create "$tree$prefix/$(setting AZL_TMPFILES_DIR)/azl-provision.conf"
  check 'tmpfiles makes both directories with their modes' '700 755' "$(stat -c %a "$tree/run/azl-provision" "$tree/var/lib/azl-provision" | xargs)"
}

test_catalog() {
  mkdir -p "$tree/usr/lib/systemd/catalog" "$tree/var/lib/systemd/catalog"
  cp "$root/units/azl-provision.catalog" "$tree/usr/lib/systemd/catalog/"
  journalctl --root="$tree" --update-catalog
  check 'journald reads every entry of the catalog' "$(grep -c '^-- ' "$root/units/azl-provision.catalog")" \
    "$(journalctl --root="$tree" --list-catalog | grep -c ' azl-provision: ')"
}

test_manual() {
  check 'mandoc finds no mistake in the man pages' '' "$(mandoc -T lint -W warning "$root"/docs/*.[58] 2>&1 || true)"
}

install_into_tree
test_installed_files
test_links_of_documents
test_simulator
add_distribution
test_preset
test_units
test_programs
test_security
test_tmpfiles
test_catalog
test_manual
test_cloud_init_files
add_cloud_init
test_cloud_init_command
test_cloud_init_units
test_cloud_init_tmpfiles
((failures == 0)) || { echo "$failures failed"; exit 1; }
