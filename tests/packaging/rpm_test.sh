#!/bin/bash
# Builds the RPM packages of a build directory, looks at them, and installs, upgrades and removes them in a tree in which every program
# that could start a service is a recorder.
#
#   tests/packaging/rpm_test.sh BUILD
set -euo pipefail
shopt -s extglob nullglob
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build=$(realpath "$1")
macros=$(realpath "$(dirname "${BASH_SOURCE[0]}")/macros")
for tool in rpmbuild rpmlint checkmodule semodule_package jq; do
  command -v "$tool" >/dev/null || skip "$tool is missing; 'tests/setup test' installs it"
done
options=(--prebuilt "$build" --rpm-macros "$macros")
if rpm --eval '%{?systemd_post:yes}' | grep -q yes; then options=(--prebuilt "$build"); fi

build_package rpm 1.0 old "${options[@]}"
build_package rpm 1.1 new "${options[@]}"
build_elsewhere rpm 1.1 again "${options[@]}"
check 'two builds are the same bytes' "$(checksums new '*.rpm')" "$(checksums again '*.rpm')"
check_sbom "$work/new/azl-provision-1.1.rpm.spdx.json"

package() { echo "$work/$1/$2-$([[ $1 == old ]] && echo 1.0 || echo 1.1)-"*.@(x86_64|aarch64|noarch).rpm; }
check 'the packages' 'azl-provision azl-provision-cloud-init-compat azl-provision-selinux azl-provision-simulator' \
  "$(rpm -qp --qf '%{NAME}\n' "$work"/new/!(*.src).rpm | sort | tr '\n' ' ' | sed 's/ $//')"
succeeds 'rpmlint has nothing to say' bash -c 'said=$(rpmlint -c "$1" "${@:2}" 2>&1) && [[ ! $said =~ [1-9][0-9]*\ (errors|warnings) ]] || { echo "$said"; exit 1; }' _ \
  "$repository/packaging/rpm/rpmlint.toml" "$work"/new/*.rpm
check 'the files are those of cmake --install, and the SELinux module' \
  "$( (installed_files "$build"; echo /usr/share/selinux/packages/targeted/azl_provision.pp) | sort)" \
  "$(rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$work"/new/!(*.src).rpm | grep -v '^d' | cut -d' ' -f2 | grep -v /.build-id/ | sed '/\/man\//s/\.gz$//' | sort -u)"
check 'all files belong to root' 'root root' "$(rpm -qp --qf '[%{FILEUSERNAME} %{FILEGROUPNAME}\n]' "$work"/new/!(*.src).rpm | sort -u)"
for dependency in libcurl openssh-server sudo shadow-utils /usr/bin/ssh-keygen util-linux 'systemd >= 252' systemd-udev; do
  rpm -qp --requires "$(package new azl-provision)" | grep -qxF "$dependency" || fail "azl-provision does not require $dependency"
done
check 'cloud-init cannot be installed beside what answers for it' cloud-init "$(rpm -qp --conflicts "$(package new azl-provision-cloud-init-compat)")"
for target in x86_64 aarch64; do
  succeeds "the spec is for $target, with the header of CLI11, too" rpmspec --load "$macros" --target "$target" --with bundled_cli11 -q --qf '%{NAME}\n' \
    "$repository/packaging/rpm/azl-provision.spec"
done

((EUID == 0)) || { echo 'not tested without root: installing'; finish_test; exit 0; }
# The tree has a shell, and recorders in place of all else.
tree=$work/tree
calls=$tree/calls
mkdir -p "$tree"/{bin,usr/bin,usr/sbin,usr/lib/systemd,var/lib/rpm,etc,proc,dev}
cp "$(realpath /bin/sh)" "$tree/bin/sh"
ldd /bin/sh | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$tree$library"; done
for program in usr/lib/systemd/systemd-update-helper usr/bin/systemctl usr/sbin/semodule usr/sbin/load_policy usr/sbin/restorecon usr/bin/systemd-run; do
  printf '#!/bin/sh\necho "%s $*" >>/calls\n' "${program##*/}" >"$tree/$program"
  chmod 755 "$tree/$program"
done
# SELinux is off where an image is built.
printf '#!/bin/sh\nexit 1\n' >"$tree/usr/sbin/selinuxenabled"
chmod 755 "$tree/usr/sbin/selinuxenabled"
list() { find "$tree" ! -type d ! -path "$tree/var/lib/rpm/*" ! -path "$tree/dev/*" | sort; }
list >"$work/before"

# in_rpm NAME EXPECTED ARGUMENT…: runs rpm on the tree, and compares what its scriptlets have called.
in_rpm() {
  local name=$1 expected=$2
  shift 2
  : >"$calls"
  succeeds "$name" rpm --root "$tree" --dbpath /var/lib/rpm --nodeps "$@"
  check "$name: what is called" "$(sort <<<"$expected")" "$(sort "$calls")"
}
packages() { echo "$(package "$1" azl-provision)" "$(package "$1" azl-provision-simulator)" "$(package "$1" azl-provision-cloud-init-compat)" "$(package "$1" azl-provision-selinux)"; }
read -ra old <<<"$(packages old)"
read -ra new <<<"$(packages new)"
units='azl-provision.target azl-provision-custom-data.service'
in_rpm 'installing asks for the presets only' "systemd-update-helper install-system-units $units
systemd-update-helper install-system-units cloud-init.target
semodule -n -s targeted -X 200 -i /usr/share/selinux/packages/targeted/azl_provision.pp" -i "${old[@]}"
mkdir -p "$tree/var/lib/azl-provision"
touch "$tree/var/lib/azl-provision/state"
in_rpm 'upgrading calls nothing but the new SELinux module' 'semodule -n -s targeted -X 200 -i /usr/share/selinux/packages/targeted/azl_provision.pp' -U "${new[@]}"
in_rpm 'removing disables' "semodule -n -s targeted -X 200 -r azl_provision
systemd-update-helper remove-system-units $units
systemd-update-helper remove-system-units cloud-init.target" -e azl-provision azl-provision-simulator azl-provision-cloud-init-compat azl-provision-selinux
check 'nothing is left but the state' "$(sort "$work/before" - <<<"$tree/calls
$tree/var/lib/azl-provision/state")" "$(list)"
finish_test
