#!/bin/bash
# Installs packages of custom data with the real apt, from a repository and into a tree of the test's own. It runs in mount, network
# and PID namespaces, in which the machine's files are read-only: nothing is installed on the machine.
#
#   tests/system/custom_data_packages_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck source=tests/system/debian_repository.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian_repository.sh"

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
for tool in apt-get dpkg dpkg-deb gpg; do
  command -v "$tool" >/dev/null || skip "there is no $tool"
done

# The repositories: the system's own, and one that a document adds.
mkdir -p "$work/tmp"
make_package "$work/repository" azl-one 1.0
make_package "$work/repository" azl-two 1.0
# The first installation ends everything in the namespace but its first process, as a power cut does.
make_package "$work/repository" azl-three 1.0 "$(printf '#!/bin/sh\nif [ ! -e %s/cut ]; then touch %s/cut; kill -KILL -1; fi' "$work" "$work")"
make_package "$work/shop" azl-four 1.0
export GNUPGHOME=$work/keys
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key shop@example.org ed25519 sign never 2>/dev/null
printf 'Date: %s\nSHA256:\n %s %s Packages\n' "$(date -Ru)" "$(sha256sum <"$work/shop/Packages" | cut -d' ' -f1)" \
  "$(stat -c %s "$work/shop/Packages")" | gpg --batch --quiet --clearsign >"$work/shop/InRelease"
key=$(gpg --armor --export)
gpgconf --kill all

# The tree into which apt installs.
tree=$work/tree
mkdir -p "$tree"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$tree"/var/lib/apt/lists/partial \
  "$tree"/var/cache/apt/archives/partial "$tree"/var/lib/dpkg/{info,updates,triggers} "$tree"/var/log/apt
touch "$tree/var/lib/dpkg/status"
echo "deb [trusted=yes] file:$work/repository ./" >"$tree/etc/apt/sources.list"
cat >"$work/apt.conf" <<END_CONF
Dir "$tree/";
Dir::State::status "$tree/var/lib/dpkg/status";
Dir::Bin::dpkg "$(command -v dpkg)";
APT::Sandbox::User "root";
DPkg::Options { "--root=$tree"; "--force-script-chrootless"; };
END_CONF

cat >"$work/document" <<END_DOCUMENT
#cloud-config
packages:
  - azl-one
  - azl-no-such-package
  - [azl-two, '1.0']
  - snap: [hello]
  - dnf: [nothing]
runcmd:
  - cat $tree/usr/share/azl-* >$work/seen
END_DOCUMENT

printf '#cloud-config\npackages: [azl-three]\nruncmd:\n  - cat %s/usr/share/azl-three >%s/seen-three\n' "$tree" "$work" >"$work/document-cut"
cat >"$work/document-apt" <<END_DOCUMENT
#cloud-config
apt:
  sources:
    shop:
      source: deb [signed-by=\$KEY_FILE] file:$work/shop ./
      key: |
${key//$'\n'/$'\n        '}
runcmd:
  - apt-get install -y azl-four
END_DOCUMENT
sed -i 's/^-----BEGIN/        &/' "$work/document-apt"
printf '#cloud-config\npackages: [/planted/a.deb]\n' >"$work/document-address"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export program work here
# The agent passes its environment on if it is a service.
export INVOCATION_ID=test TMPDIR=$work/tmp APT_CONFIG=$work/apt.conf DPKG_ROOT=$tree DPKG_FORCE=script-chrootless
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
  source "$here/custom_data_vm.sh"
  mount --bind "$work" "$work"
  become_vm
  mount -o remount,bind,ro /
  # The agent would take these before apt: for it they are not there.
  touch "$work/no-program"
  for tool in dnf5 dnf tdnf; do
    ! path=$(command -v "$tool") || mount --bind "$work/no-program" "$path"
  done
  # apt reads the configuration of the tree.
  mount --bind "$work/tree/etc/apt" /etc/apt
  boot_with document
  boot_with document-cut
  next_boot
  keep_stage again
  boot_with document-apt
  boot_with document-address
  cp /var/log/azl-provision/custom-data.log "$work/log"
'

check 'the stage ends with warnings' 2 "$(<"$work/document.status")"
check 'the scripts find the packages' $'azl-one 1.0\nazl-two 1.0' "$(cat "$work/seen" 2>/dev/null)"
expect 'the unknown package is named' 'could not install 1 of 3 packages: azl-no-such-package;' "$work/document.json"
expect 'the package for dnf is named' 'left out 1 package for another package manager: nothing' "$work/document.json"
expect 'the output is in the log' 'Setting up azl-two' "$work/log"
expect 'the output is copied to the journal' 'Setting up azl-two' "$work/document.out"
expect 'the log has the commands' 'azl-provision: packages: apt-get install$' "$work/log"
check 'the installation is cut' 137 "$(<"$work/document-cut.status")"
check 'the next run ends with a warning' 2 "$(<"$work/again.status")"
check 'the script finds the package that was cut' 'azl-three 1.0' "$(cat "$work/seen-three" 2>/dev/null)"
expect 'the lists of a source with a key are read' 'updated the package lists with apt-get' "$work/document-apt.json"
expect 'the package of that source is installed' azl-four "$tree/usr/share/azl-four"
check 'apt has installed four packages' 4 "$(grep -c '^Status: install ok installed$' "$tree/var/lib/dpkg/status")"
expect 'the report has a warning about it' 'did not end; it is carried out again' "$work/again.json"
expect 'the log has what was done with an address' planted "$work/log"
if grep -q planted "$work"/document-address.{out,err,json}; then fail 'what may be a password reaches the journal or the report'; fi
exit $((failures > 0))
