#!/bin/bash
# Builds the Debian packages of a build directory, and installs, upgrades, removes and purges them in a tree of this machine's Debian, in
# which every program that could start a service is a recorder.
#
#   tests/packaging/deb_test.sh BUILD
#   tests/packaging/deb_test.sh --tree     only makes the tree that is cached, in build/vm or $AZL_VM_CACHE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
(($# == 1)) || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
# shellcheck source=tests/vm/lib/lab.sh
source "$repository/tests/vm/lib/lab.sh"
# shellcheck source=tests/vm/lib/image.sh
source "$repository/tests/vm/lib/image.sh"

for tool in dpkg-buildpackage dh lintian jq; do
  command -v "$tool" >/dev/null || skip "$tool is missing; on Debian 'tests/setup test' installs it"
done
# The packages depend on the libraries of the release that they were built on.
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
tree_packages=(systemd systemd-sysv udev dbus openssh-server sudo passwd mount libblkid1 libcrypt1 libcurl4 libfdisk1 libinih1 libmount1
  libnl-3-200 libpugixml1v5 libselinux1 libssl3 libsystemd0 libyaml-cpp0.7 zlib1g)
can_install() {
  ((EUID == 0)) && command -v mmdebstrap >/dev/null && unshare --mount --uts --net --pid --fork true 2>/dev/null && [[ $suite == bookworm ]]
}

make_tree() {
  say "Debian $suite for the packages (one minute)"
  bootstrap "$1/root" "$1/mmdebstrap.log" "${tree_packages[*]}"
  rm -rf "$1/root"/var/lib/apt/lists/* "$1/root"/var/cache/apt/archives/*.deb
}
tree_hash() { { echo "$suite ${tree_packages[*]}"; recipe make_tree bootstrap; } | hash_of; }
cached_tree() {
  mkdir -p "$cache"
  exec {cache_lock}>"$cache/packages-lock"
  flock "$cache_lock"
  entry packages "$(tree_hash)" make_tree
  exec {cache_lock}>&-
}
if [[ $1 == --tree ]]; then
  if can_install; then cached_tree; fi
  exit 0
fi
build=$(realpath "$1")

build_package deb 1.1 new --prebuilt "$build"
build_elsewhere deb 1.1 again --prebuilt "$build"
check 'two builds are the same bytes' "$(checksums new '*.deb')" "$(checksums again '*.deb')"
check_sbom "$work/new/azl-provision-1.1.deb.spdx.json"
check 'the packages' 'azl-provision azl-provision-cloud-init-compat azl-provision-simulator' \
  "$(cd "$work/new" && printf '%s\n' *.deb | cut -d_ -f1 | sort | tr '\n' ' ' | sed 's/ $//')"
check 'lintian has nothing to say' '' "$(lintian --allow-root "$work"/new/*.changes 2>&1)"

# Debian's own places: the license is in the package's folder; before merged /usr, units and rules were in /lib.
in_debian() { sed -e '/^\/usr\/share\/licenses\//d' -e 's|/zsh/site-functions/|/zsh/vendor-completions/|' -e '/\/man\//s/$/.gz/' | sort; }
check 'the files are those of cmake --install' "$(installed_files "$build" | in_debian)" \
  "$(for file in "$work"/new/*.deb; do dpkg-deb --fsys-tarfile "$file" | tar -t; done | sed -n 's|^\.\(.*[^/]\)$|\1|p' | sed 's|^/lib/|/usr/lib/|' |
    grep -Ev '^/usr/share/doc/[^/]*/(changelog\.gz|copyright)$|^/usr/share/lintian/' | sort)"
check 'all files belong to root' 'root/root' "$(for file in "$work"/new/*.deb; do dpkg-deb -c "$file"; done | awk '{ print $2 }' | sort -u)"
for dependency in libcurl4 openssh-server sudo passwd mount udev 'systemd (>= 252)'; do
  dpkg-deb -f "$work"/new/azl-provision_*.deb Depends | grep -qF "$dependency" || fail "azl-provision does not depend on $dependency"
done

can_install || { echo "not tested: installing, which needs root, namespaces, mmdebstrap and Debian 12"; finish_test; exit 0; }
cached_tree
# The version before has the same scripts.
mkdir "$work/old"
for file in "$work"/new/*.deb; do
  dpkg-deb -R "$file" "$work/unpacked"
  sed -i -e 's/^Version: .*/Version: 1.0/' -e 's/(>= 1.1)/(>= 1.0)/' "$work/unpacked/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$work/unpacked" "$work/old" >/dev/null
  rm -rf "$work/unpacked"
done
mkdir -p "$work/cloud-init/DEBIAN"
printf 'Package: cloud-init\nVersion: 25.1\nArchitecture: all\nMaintainer: test <test@example.invalid>\nDescription: test\n' \
  >"$work/cloud-init/DEBIAN/control"
dpkg-deb --root-owner-group -b "$work/cloud-init" "$work/cloud-init.deb" >/dev/null

# shellcheck disable=SC2016 # for the inner shell
inner='
set -eu
cd /
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root
# As if systemd were running: scripts call it only then.
mkdir -p /run/systemd/system
for program in systemctl deb-systemd-invoke invoke-rc.d service start-stop-daemon udevadm systemd-run busctl; do
  path=$(command -v "$program") || path=/usr/bin/$program
  if [ "$program" = systemctl ]; then mv "$path" /usr/bin/real-systemctl; fi
  rm -f "$path"
  printf "#!/bin/sh\necho \"%s \$*\" >>/packages/calls\n" "$program" >"$path"
  # deb-systemd-helper enables with this one.
  if [ "$program" = systemctl ]; then printf "if [ \"\$1\" = --root=/ ]; then exec real-systemctl \"\$@\"; fi\n" >>"$path"; fi
  chmod 755 "$path"
done
list() {
  find / \( -path /proc -o -path /dev -o -path /packages -o -path "/var/lib/dpkg/*" -o -path "/var/cache/*" -o -path /run/systemd \) -prune -o -print | sort
}
units() { find /etc/systemd/system -name "azl-provision*" -o -name cloud-init.target | sort >"/packages/units-$1"; }
# step NAME COMMAND...
step() {
  name=$1; shift
  : >/packages/calls
  status=0
  "$@" >"/packages/out-$name" 2>&1 || status=$?
  echo "$status" >"/packages/status-$name"
  mv /packages/calls "/packages/calls-$name"
  units "$name"
}
all="azl-provision azl-provision-simulator azl-provision-cloud-init-compat"
touch /var/log/dpkg.log
list >/packages/before
step install dpkg -i /packages/old/*.deb
azl-provision --version >/packages/version 2>&1 || true
cloud-init --version >>/packages/version 2>&1 || true
azl-platform scenario default >/packages/scenario 2>&1 || true
# What a boot leaves, and what the administrator has changed.
mkdir -p /var/lib/azl-provision/custom-data /var/log/azl-provision /etc/sudoers.d
touch /var/lib/azl-provision/custom-data/document /var/log/azl-provision/custom-data.log /etc/sudoers.d/90-azl-provision
rm -f /etc/systemd/system/multi-user.target.wants/azl-provision-custom-data.service
step upgrade dpkg -i /packages/new/*.deb
dpkg-query -W -f "\${Version}\n" $all >/packages/versions
step remove dpkg -r $all
find /var/lib/azl-provision /var/log/azl-provision -type f | sort >/packages/kept
step purge dpkg -P $all
rm /etc/sudoers.d/90-azl-provision
list >/packages/after
step conflict sh -c "dpkg -i /packages/cloud-init.deb && dpkg -i /packages/new/azl-provision_*.deb && dpkg -i /packages/new/azl-provision-cloud-init-compat*.deb"
'
# shellcheck disable=SC2016 # for the inner shell
succeeds 'the steps in the tree' unshare --mount --uts --ipc --net --pid --fork --kill-child --propagation private bash -euo pipefail -c '
  mkdir "$1/t" && mount -t tmpfs none "$1/t" && mkdir "$1"/t/{upper,work,root}
  mount -t overlay none -o "lowerdir=$2,upperdir=$1/t/upper,workdir=$1/t/work" "$1/t/root"
  root=$1/t/root
  mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs none "$root/run"
  mkdir "$root/packages" && mount --bind "$1" "$root/packages"
  chroot "$root" /bin/sh -c "$3"' _ "$work" "$cache/packages-$(tree_hash)/root" "$inner"
# Prints what was called, without what starts nothing: reading the units again, and enabling in the file system.
calls() {
  [[ ! -e $work/calls-$1 ]] || grep -Ev '^systemctl ((--system )?daemon-reload|--root=/ --system --preset-mode=enable-only preset [a-z.-]+)$' "$work/calls-$1" || true
}
for name in install upgrade remove purge; do
  [[ $(cat "$work/status-$name") == 0 ]] || fail "$name" "$(tail -n 20 "$work/out-$name")"
done
check 'the programs run with what the package depends on' 'azl-provision' "$(head -n 1 "$work/version" | cut -d' ' -f1)"
check 'the simulator runs, too' '{' "$(head -c 1 "$work/scenario")"
check 'installing enables the target, custom data, and what waits for cloud-init' "$(sort <<EOT
/etc/systemd/system/multi-user.target.wants/azl-provision-custom-data.service
/etc/systemd/system/multi-user.target.wants/azl-provision.target
/etc/systemd/system/multi-user.target.wants/cloud-init.target
EOT
)" "$(cat "$work/units-install")"
check 'upgrading keeps what the administrator has disabled' "$(grep -v custom-data "$work/units-install")" "$(cat "$work/units-upgrade")"
check 'upgrading gives the new version' $'1.1\n1.1\n1.1' "$(cat "$work/versions")"
for name in install upgrade remove purge; do
  check "$name starts and stops nothing" '' "$(calls "$name")"
done
check 'removing keeps the state' $'/var/lib/azl-provision/custom-data/document\n/var/log/azl-provision/custom-data.log' "$(cat "$work/kept")"
check 'purging leaves nothing' '' "$(diff "$work/before" "$work/after" || true)"
check 'it is refused beside cloud-init' 1 "$(cat "$work/status-conflict" 2>/dev/null)"
grep -q 'conflicts with cloud-init' "$work/out-conflict" || fail 'the reason for the refusal' "$(tail -n 5 "$work/out-conflict")"
finish_test
