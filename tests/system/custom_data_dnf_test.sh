#!/bin/bash
# Installs packages of custom data with the real dnf 4, from a repository of the test's own. It runs in mount, network and PID
# namespaces, in which the machine's files are read-only, and what dnf writes is in memory: nothing is installed on the machine.
#
#   tests/system/custom_data_dnf_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
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

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export program work here
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  source "$here/custom_data_vm.sh"
  mount --bind "$work" "$work"
  become_vm
  mount -t tmpfs none /var/cache
  mount -t tmpfs none /var/tmp
  mkdir -p /run/share/upper /run/share/work /var/lib/rpm
  mount -t overlay overlay -o lowerdir=/usr/share,upperdir=/run/share/upper,workdir=/run/share/work /usr/share
  mount -o remount,bind,ro /
  mount --bind "$work/dnf.conf" /etc/dnf/dnf.conf
  mount --bind "$work/macros" /usr/lib/rpm/macros
  export INVOCATION_ID=test  # the agent passes its environment on if it is a service
  boot_with document
  boot_with document-cut
  next_boot
  keep_stage again
  rpm -qa --qf "%{NAME} %{VERSION}\n" | sort >"$work/installed"
  cp /var/log/azl-provision/custom-data.log "$work/log"
'

check 'the stage ends with warnings' 2 "$(<"$work/document.status")"
check 'the scripts find the packages' $'azl-one 1.0\nazl-two 1.0' "$(cat "$work/seen" 2>/dev/null)"
expect 'the unknown package is named' 'could not install 1 of 3 packages: azl-no-such-package' "$work/document.json"
expect 'the package for apt is named' 'left out 1 package for another package manager: nothing' "$work/document.json"
expect 'the log has the command' 'azl-provision: packages: dnf ' "$work/log"
check 'the installation is cut' 137 "$(<"$work/document-cut.status")"
check 'the next run ends with a warning' 2 "$(<"$work/again.status")"
expect 'the report has a warning about it' 'did not end; it is carried out again' "$work/again.json"
check 'the script finds the package that was cut' 'azl-three 1.0' "$(cat "$work/seen-three" 2>/dev/null)"
check 'dnf has installed three packages' 'azl-one 1.0;azl-three 1.0;azl-two 1.0' "$(paste -s -d ';' "$work/installed")"
exit $((failures > 0))
