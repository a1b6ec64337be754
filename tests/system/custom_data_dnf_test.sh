#!/bin/bash
# Installs packages of custom data with the real dnf 4, from a repository of the test's own. It runs in mount, network and PID
# namespaces, in which the machine's files are read-only, and what dnf writes is in memory: nothing is installed on the machine.
#
#   tests/system/custom_data_dnf_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
for tool in dnf rpmbuild createrepo_c; do
  command -v "$tool" >/dev/null || skip "there is no $tool"
done
for tool in dnf5 tdnf; do
  if command -v "$tool" >/dev/null; then skip "$tool is here, too"; fi
done

# make_rpm NAME VERSION [POST]: builds a package with the file /usr/share/NAME, which has the name and the version. No package of this
# system provides the shell that POST needs.
make_rpm() {
  {
    printf '%s\n' "Name: $1" "Version: $2" 'Release: 1' 'Summary: test' 'License: MIT' 'BuildArch: noarch' 'Provides: /bin/sh' '%description' test '%install' \
      'mkdir -p %{buildroot}/usr/share' "echo '$1 $2' >%{buildroot}/usr/share/$1" '%files' "/usr/share/$1"
    [[ -z ${3-} ]] || printf '%s\n' '%post' "$3"
  } >"$work/$1.spec"
  rpmbuild --quiet -bb --define "_topdir $work/build" --define "_rpmdir $work/repository" --define '_build_id_links none' "$work/$1.spec" \
    >"$work/rpmbuild.log" 2>&1 || { cat "$work/rpmbuild.log"; exit 1; }
}
mkdir -p "$work/repos"
make_rpm azl-one 1.0
make_rpm azl-two 1.0
# The first installation ends everything in the namespace but its first process, as a power cut does.
make_rpm azl-three 1.0 "if [ ! -e $work/cut ]; then touch $work/cut; kill -KILL -1; fi"
createrepo_c --quiet "$work/repository"
printf '[main]\ngpgcheck=0\nplugins=0\ndiskspacecheck=0\nreposdir=%s\n' "$work/repos" >"$work/dnf.conf"
# Debian's rpm has its database in root's home.
sed 's#^%_dbpath.*#%_dbpath /var/lib/rpm#' /usr/lib/rpm/macros >"$work/macros"
printf '[azl]\nname=azl\nbaseurl=file://%s\n' "$work/repository" >"$work/repos/azl.repo"

cat >"$work/document" <<END_DOCUMENT
#cloud-config
package_update: true
packages:
  - azl-one
  - azl-no-such-package
  - [azl-two, '1.0']
  - apt: [nothing]
runcmd:
  - cat /usr/share/azl-* >$work/seen
END_DOCUMENT
printf '#cloud-config\npackages: [azl-three]\nruncmd:\n  - cat /usr/share/azl-three >%s/seen-three\n' "$work" >"$work/document-cut"

export program work
# The agent passes its environment on if it is a service.
export INVOCATION_ID=test
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  mount --bind "$work" "$work"
  for folder in /run /var/lib /var/log /var/cache /var/tmp /sys/class; do mount -t tmpfs none "$folder"; done
  mkdir -p /run/share/upper /run/share/work /sys/class/dmi/id /var/lib/azl-provision /var/lib/rpm
  mount -t overlay overlay -o lowerdir=/usr/share,upperdir=/run/share/upper,workdir=/run/share/work /usr/share
  mount -o remount,bind,ro /
  mount --bind "$work/dnf.conf" /etc/dnf/dnf.conf
  mount --bind "$work/macros" /usr/lib/rpm/macros
  cd /sys/class/dmi/id
  echo "Microsoft Corporation" >sys_vendor
  echo "Virtual Machine" >product_name
  echo 7783-7084-3265-9085-8269-3286-77 >chassis_asset_tag
  echo 5C1C6D2B-6E3A-4C0B-9F0E-0123456789AB >product_uuid
  cd /
  mkdir -p /run/azl-provision/azl-provision.conf.d
  printf "[Network]\nLeaseTimeout=1\n[Report]\nConsole=no\n" >/run/azl-provision/azl-provision.conf.d/test.conf
  # A VM of generation 1 has its id in another byte order in the firmware.
  vm=2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab
  store() {
    mkdir -p -m 700 /var/lib/azl-provision/custom-data
    printf "{\"schema_version\":1,\"vm_id\":\"%s\",\"source\":\"CustomData on the media\",\"bytes\":\"%s\",\"variables\":\"{}\"}" \
      "$vm" "$(base64 -w0 "$work/$1")" >/var/lib/azl-provision/custom-data/document.json
    touch /var/lib/azl-provision/custom-data/final-due
  }
  # run NAME
  run() {
    "$program" run --stage=custom-data >"$work/out$1" 2>"$work/err$1" && status=0 || status=$?
    echo "$status" >"$work/status$1"
    "$program" --report --format=json >"$work/report$1.json" || true
  }
  store document
  run ""
  store document-cut
  run -cut
  run -again
  rpm -qa --qf "%{NAME} %{VERSION}\n" | sort >"$work/installed"
  cp /var/log/azl-provision/custom-data.log "$work/log"
'

broken=0
complain() { echo "FAILED: $1"; broken=1; }
# equal NAME EXPECTED ACTUAL
equal() { [[ $2 == "$3" ]] || complain "$1: expected '$2', got '$3'"; }
# expect NAME PATTERN FILE
expect() { grep -qE -- "$2" "$3" || complain "$1: $(head -c 3000 "$3")"; }

equal 'the stage ends with warnings' 2 "$(<"$work/status")"
equal 'the scripts find the packages' $'azl-one 1.0\nazl-two 1.0' "$(cat "$work/seen" 2>/dev/null)"
expect 'the unknown package is named' 'could not install 1 of 3 packages: azl-no-such-package' "$work/report.json"
expect 'the package for apt is named' 'left out 1 package for another package manager: nothing' "$work/report.json"
expect 'the log has the command' 'azl-provision: packages: dnf ' "$work/log"
equal 'the installation is cut' 137 "$(<"$work/status-cut")"
equal 'the next run ends with a warning' 2 "$(<"$work/status-again")"
expect 'the report has a warning about it' 'did not end; it is carried out again' "$work/report-again.json"
equal 'the script finds the package that was cut' 'azl-three 1.0' "$(cat "$work/seen-three" 2>/dev/null)"
equal 'dnf has installed three packages' 'azl-one 1.0;azl-three 1.0;azl-two 1.0' "$(paste -s -d ';' "$work/installed")"
((broken == 0)) && echo 'ok: dnf installs the packages of custom data, and unknown ones are named'
exit "$broken"
