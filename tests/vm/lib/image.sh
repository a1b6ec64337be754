# shellcheck shell=bash
# Makes the disks that VMs boot from. They are cached by a hash of their inputs:
#
#   base-HASH/      root tree: Debian 13 with systemd, networkd, sshd, a kernel, and the image's own account
#   program-HASH/   the files that 'cmake --install' installs: root/, and compat/ of the component cloud-init
#   image-AGENT-HASH/   disk.raw, kernel, initrd
#
# AGENT is none, azl-provision, cloud-init or waagent, or several image parts joined by '+'. The functions add_... at the end
# define all image parts.

# shellcheck source=tests/system/debian_repository.sh
source "$repository/tests/system/debian_repository.sh"

suite=trixie
base_packages=(systemd systemd-sysv systemd-resolved libnss-resolve libpam-systemd udev dbus openssh-server sudo
  zstd iproute2 ethtool kmod procps e2fsprogs eject)
# The libraries that azl-provision needs, and libcurl, which it loads on demand.
program_packages=(libblkid1 libcrypt1 libcurl4t64 libfdisk1 libinih1 libmount1 libnl-route-3-200 libpugixml1v5 libselinux1 libssl3t64
  libsystemd0 zlib1g)

# make_images AGENT...: makes the images that are missing. image_of prints the folder of each.
make_images() {
  mkdir -p "$cache"
  # Only one process makes images at a time; the others wait and then find them.
  exec {cache_lock}>"$cache/lock"
  flock "$cache_lock"
  local agent
  entry base "$(base_hash)" make_base
  if [[ +$(printf '%s+' "$@") == *+azl-provision+* ]]; then stage_program; fi
  for agent; do
    entry "image-$agent" "$(image_hash "$agent")" make_image "$agent"
  done
  exec {cache_lock}>&-
}

# Prints the image for an agent. WALinuxAgent needs an image that brings the network and the first host keys: without host keys
# sshd fails before WALinuxAgent makes some, and nothing restarts sshd.
image_kind() { if [[ $1 == waagent ]]; then echo none+waagent; else echo "$1"; fi; }

image_of() { echo "$cache/image-$1-$(image_hash "$1")"; }

# Prints the path of the private key of the image's own account. It is made once for each cache.
operator_key() {
  if [[ ! -e $cache/operator.pub ]]; then
    mkdir -p "$cache"
    ssh-keygen -q -t ed25519 -N '' -C operator@image -f "$cache/operator" </dev/null
  fi
  echo "$cache/operator"
}

hash_of() { sha256sum | cut -c 1-16; }
# Prints names, modes and checksums of files below the current folder, for hash_of.
hash_files() { find "$@" -type f -printf '%m %p\n' | sort; find "$@" -type f -print0 | sort -z | xargs -0 -r sha256sum; }
# Prints the text of functions in this file, for hash_of.
recipe() { declare -f "$@"; }

base_hash() { { echo "$suite $debian_architecture ${base_packages[*]}"; recipe make_base; cat "$(operator_key).pub"; cd "$lab" && hash_files base; } | hash_of; }
image_hash() {
  local agent
  { base_hash
    recipe make_image make_root_file_system root_type add_root_type make_package
    [[ +$1+ != *+azl-provision+* ]] || { echo "$program_hash ${program_packages[*]}"; recipe add_patience; }
    [[ +$1+ != *+package+* ]] || (cd "$repository" && hash_files packaging CHANGELOG.md)
    for agent in ${1//+/ }; do
      recipe "add_${agent//-/_}"
      [[ ! -d $lab/agents/$agent ]] || (cd "$lab/agents" && hash_files "$agent")
    done; } | hash_of
}

# entry KIND HASH COMMAND...: makes a cache entry if it is missing, and removes older entries of this kind. The command gets the
# folder to fill as its last argument.
entry() {
  local kind=$1 folder=$cache/$1-$2 old
  shift 2
  [[ ! -e $folder/complete ]] || return 0
  for old in "$cache/$kind"-*; do
    [[ ! ${old#"$cache/$kind-"} =~ ^[0-9a-f]{16}$ ]] || rm -rf --one-file-system "$old"
  done
  mkdir -p "$folder"
  "$@" "$folder"
  touch "$folder/complete"
}

# Prints the Debian mirror from this machine's apt configuration.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | grep -v security | head -n 1 || true)
  [[ -n $mirror ]] || die "this machine's apt configuration has no Debian mirror"
  echo "$mirror"
}

# bootstrap TREE LOG PACKAGES [OPTION...]
bootstrap() {
  local tree=$1 log=$2 packages=$3
  shift 3
  # In separate namespaces, so that nothing stays mounted after an interruption.
  quietly "$log" env PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --pid --fork --kill-child mmdebstrap --variant=minbase --mode=root --include="${packages// /,}" --skip=cleanup/apt/lists "$@" \
    "$suite" "$tree" "deb $(debian_mirror) $suite main"
}

# in_tree TREE COMMAND...: runs a command with the tree as its root, with /proc and /dev, in namespaces that end with it.
in_tree() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/run" || exit 1
    # resolv.conf of the tree names a resolver that runs only in a VM.
    if [[ -L $1/etc/resolv.conf ]]; then mkdir -p "$1/run/systemd/resolve" && cp /etc/resolv.conf "$1/run/systemd/resolve/stub-resolv.conf"; fi
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root chroot "$@"' _ "$@"
}

make_base() {
  local tree=$1/root generator skipped=()
  say "base image: Debian $suite, $architecture (one or two minutes, with emulation ten)"
  # In a user namespace there is no sysfs.
  [[ $architecture == "$(uname -m)" ]] || skipped=(--skip=check/qemu --skip=chroot/mount/sys)
  # shellcheck disable=SC2016 # for mmdebstrap
  bootstrap "$tree" "$1/mmdebstrap.log" "linux-image-cloud-$debian_architecture ${base_packages[*]}" --dpkgopt=force-confold \
    --architecture="$debian_architecture" "${skipped[@]}" \
    --essential-hook="cp -r '$lab/base/etc/initramfs-tools' \"\$1/etc/\""
  rm -f "$tree"/etc/ssh/ssh_host_* "$tree/etc/resolv.conf"
  cp -r "$lab/base/." "$tree/"
  chmod 440 "$tree/etc/sudoers.d/image"
  ln -s ../run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"
  truncate -s 0 "$tree/etc/machine-id"
  # hypervkvpd keeps its pools in /var/lib/hyperv. It can't run here, because there is no Hyper-V host.
  mkdir -p "$tree/var/log/journal" "$tree/var/lib/hyperv"
  systemctl --quiet --root="$tree" enable systemd-networkd.service systemd-resolved.service ssh.service
  systemctl --quiet --root="$tree" mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
  # Each daemon-reload runs all generators, which takes seconds in an emulated VM. These have nothing to do here.
  mkdir -p "$tree/etc/systemd/system-generators"
  for generator in debug gpt-auto hibernate-resume rc-local run ssh system-update sysv tpm2; do
    ln -s /dev/null "$tree/etc/systemd/system-generators/systemd-$generator-generator"
  done
  in_tree "$tree" useradd -m -N -g operator -s /bin/bash operator
  install -d -m 700 "$tree/home/operator/.ssh"
  install -m 600 "$(operator_key).pub" "$tree/home/operator/.ssh/authorized_keys"
  in_tree "$tree" chown -R operator:operator /home/operator/.ssh
}

# Brings the build of azl-provision up to date, keeps its installed files in the cache, and sets program_hash.
program_hash=
stage_program() {
  local staged=$cache/staged
  [[ -z $program_hash ]] || return 0
  build_program
  rm -rf --one-file-system "$staged"
  DESTDIR=$staged/root quietly "$cache/program.log" cmake --install "$program_build"
  DESTDIR=$staged/compat quietly "$cache/program.log" cmake --install "$program_build" --component cloud-init
  program_hash=$(cd "$staged" && hash_files root compat | hash_of)
  entry program "$program_hash" mv "$staged/root" "$staged/compat"
  rm -rf --one-file-system "$staged"
}

build_program() {
  if [[ $architecture == aarch64 ]]; then
    aarch64_packages
    say 'azl-provision for aarch64'
    quietly "$cache/program.log" "$repository/tests/build" aarch64 azl-provision
    return
  fi
  [[ -e $program_build/CMakeCache.txt ]] || die "azl-provision is not built; run 'tests/build release azl-provision azl-platform'"
  quietly "$cache/program.log" cmake --build "$program_build" --target azl-provision
}

# Prints name and path of each library that azl-provision was linked with.
linked_libraries() {
  if [[ $architecture == aarch64 ]]; then
    emulated "$cache" /lib/ld-linux-aarch64.so.1 --list /build/provision/azl-provision | sed "s:=> /:=> $AZL_AARCH64/root/:"
  else
    ldd "$program_build/provision/azl-provision"
  fi | awk '$2 == "=>" && $3 ~ "^/" { print $1, $3 }'
}

# make_image AGENT FOLDER: copies the base tree and adds the image parts that are joined by '+' in AGENT.
make_image() {
  local agents=$1 folder=$2 base agent
  base=$cache/base-$(base_hash)
  entry base "$(base_hash)" make_base
  say "image: $agents"
  cp -a "$base/root" "$folder/root"
  for agent in ${agents//+/ }; do
    "add_${agent//-/_}" "$folder/root" "$folder"
  done
  # shellcheck disable=SC2016 # dpkg's own variables
  in_tree "$folder/root" dpkg-query -W -f '${Package} ${Version} ${Installed-Size}\n' >"$folder/packages"
  rm -rf "$folder/root"/var/lib/apt/lists/* "$folder/root"/var/cache/apt/*
  # Without these files each boot would run ldconfig and other update services. A captured image has them from earlier boots.
  touch -r "$folder/root/usr" "$folder/root/etc/.updated" "$folder/root/var/.updated"
  cp "$folder/root"/boot/vmlinuz-* "$folder/kernel"
  cp "$folder/root"/boot/initrd.img-* "$folder/initrd"
  quietly "$folder/mkfs.log" make_root_file_system "$folder" "$(root_type "$agents")"
  rm -rf --one-file-system "${folder:?}/root"
}

# Prints the type of the root file system: ext4, unless the image's name contains another type.
root_type() {
  case +$1+ in
    *+xfs+*) echo xfs ;;
    *+btrfs+*) echo btrfs ;;
    *) echo ext4 ;;
  esac
}

make_root_file_system() {
  local tree=$1/root disk=$1/disk.raw
  if [[ $2 == ext4 ]]; then
    mkfs.ext4 -q -F -L image -E lazy_itable_init=0 -d "$tree" "$disk" 3G
    return
  fi
  truncate --size=3G "$disk"
  "mkfs.$2" -q -L image "$disk"
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount sh -c 'mount -o loop "$1" /mnt && cp -a "$2/." /mnt/ && umount /mnt' _ "$disk" "$tree"
}

install_packages() {
  local tree=$1 log=$2
  shift 2
  quietly "$log" in_tree "$tree" apt-get install -y --no-install-recommends "$@"
}

# Image parts: add_PART TREE FOLDER

add_none() {
  cp -r "$lab/agents/none/." "$1/"
  systemctl --quiet --root="$1" enable host-keys.service
}

# Uses only the installed files and the preset. If Debian's release in the image has another version of a library than the program was
# linked with, the image gets that one.
add_azl_provision() {
  local tree=$1 program=$cache/program-$program_hash/root library path said
  install_packages "$tree" "$2/apt.log" "${program_packages[@]}"
  cp -a "$program/." "$tree/"
  while read -r library path; do
    [[ -n $(find "$tree/usr/lib" -name "$library" -print -quit) ]] || install -D -m 644 "$path" "$tree/usr/local/lib/$library"
  done < <(linked_libraries)
  in_tree "$tree" ldconfig
  said=$(in_tree "$tree" azl-provision --version 2>&1) || die "this azl-provision does not run in Debian $suite: $said"
  du -skc --apparent-size "$program" "$tree/usr/local/lib" | awk 'END { print $1 }' >"$2/program-kib"
  systemctl --quiet --root="$tree" preset azl-provision.target azl-provision-custom-data.service
  [[ $architecture == "$(uname -m)" ]] || add_patience "$tree"
}

# Nothing may be given up because the emulation of another architecture is slow.
add_patience() {
  local unit
  for unit in local report; do
    install -d "$1/etc/systemd/system/azl-provision-$unit.service.d"
    printf '[Service]\nTimeoutStartSec=20min\n' >"$1/etc/systemd/system/azl-provision-$unit.service.d/patience.conf"
  done
}

# Switches azl-provision off until the scenario removes this file, so that another agent provisions the VM.
add_off() { install -D -m 644 /dev/null "$1/etc/azl-provision/disabled"; }

# azl-provision as a Debian package, in place of the files that the part azl-provision has copied; and a later version of the package
# in /opt. Dependencies are not checked: the package names the libraries of this machine, and the image has them in /usr/local/lib.
add_package() {
  local tree=$1 built=$2/package
  AZL_PACKAGE_VERSION=1.1 SOURCE_DATE_EPOCH=1 quietly "$2/package.log" "$repository/packaging/build" deb --prebuilt "$program_build" --output "$built"
  dpkg-deb -R "$built"/azl-provision_1.1_*.deb "$built/earlier"
  sed -i 's/^Version: .*/Version: 1.0/' "$built/earlier/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$built/earlier" "$tree/opt/azl-provision-1.0.deb" >/dev/null
  cp "$built"/azl-provision_1.1_*.deb "$tree/opt/azl-provision-1.1.deb"
  rm -rf "$built"
  systemctl --quiet --root="$tree" disable azl-provision.target azl-provision-custom-data.service
  (cd "$cache/program-$program_hash/root" && find . ! -type d -print0) | (cd "$tree" && xargs -0 rm)
  quietly "$2/dpkg.log" in_tree "$tree" dpkg --force-depends -i /opt/azl-provision-1.0.deb
}

# The part of azl-provision for programs that expect cloud-init.
add_compat() {
  cp -a "$cache/program-$program_hash/compat/." "$1/"
  systemctl --quiet --root="$1" preset cloud-init.target
}

add_cloud_init() { install_packages "$1" "$2/apt.log" cloud-init; }

# The lab serves neither extensions nor updates. Debian's package leaves provisioning to cloud-init; "auto" provisions if
# cloud-init is missing.
add_waagent() {
  install_packages "$1" "$2/apt.log" waagent
  sed -i -E 's/^#? *Provisioning\.Agent=.*/Provisioning.Agent=auto/' "$1/etc/waagent.conf"
  sed -i -E 's/^#? *(Extensions\.Enabled|AutoUpdate\.Enabled|AutoUpdate\.UpdateToLatestVersion)=.*/\1=n/' "$1/etc/waagent.conf"
}

# Programs for file systems other than ext4, and for arrays.
add_disks() { install_packages "$1" "$2/apt.log" xfsprogs btrfs-progs mdadm; }

# A root file system of another type, with its kernel module for the initrd and its programs for growing it.
add_xfs() { add_root_type "$1" "$2" xfs xfsprogs; }
add_btrfs() { add_root_type "$1" "$2" btrfs btrfs-progs; }
add_root_type() {
  install_packages "$1" "$2/apt.log" "$4"
  echo "$3" >>"$1/etc/initramfs-tools/modules"
  quietly "$2/initrd.log" in_tree "$1" update-initramfs -u
}

# Debian's SELinux policy in permissive mode, and the labels on the image's files.
add_selinux() {
  install_packages "$1" "$2/apt.log" selinux-policy-default policycoreutils selinux-utils
  sed -i 's/^SELINUX=.*/SELINUX=permissive/' "$1/etc/selinux/config"
  quietly "$2/setfiles.log" in_tree "$1" setfiles -F -e /proc -e /dev -e /run /etc/selinux/default/contexts/files/file_contexts /
}

# What tests/vm/beside needs: a program that notes its runs, repositories of packages, and Azure's links to disks.
add_beside() {
  local version
  install_packages "$1" "$2/apt.log" tzdata ca-certificates gdisk xfsprogs
  for version in 1.0 2.0; do
    make_package "$1/srv/repository" shop-old "$version"
    make_package "$1/srv/repository" shop-tool "$version" '' 'Depends: shop-base'
  done
  make_package "$1/srv/repository" shop-base 1.0 "$(printf '%s\n' '#!/bin/sh' 'echo "said: shop-base is set up"')"
  make_package "$1/srv/extra" shop-extra 1.0
  quietly "$2/dpkg.log" in_tree "$1" dpkg --install /srv/repository/shop-old_1.0.deb
  cp -r "$lab/agents/beside/." "$1/"
}

# An immutable system in the manner of Azure Container Linux: presets enable nothing, /usr has the links of its units, a socket starts
# sshd, and Ignition has made a user and a file system.
add_immutable() {
  local tree=$1 units=$1/usr/lib/systemd/system unit
  cp -r "$lab/agents/immutable/." "$tree/"
  systemctl --quiet --root="$tree" disable ssh.service azl-provision.target azl-provision-custom-data.service
  echo 'disable *' >"$tree/usr/lib/systemd/system-preset/00-nothing.preset"
  mkdir -p "$units/multi-user.target.wants" "$units/sockets.target.wants"
  for unit in azl-provision.target azl-provision-custom-data.service; do ln -s "../$unit" "$units/multi-user.target.wants/$unit"; done
  ln -s ../sshd.socket "$units/sockets.target.wants/sshd.socket"
  in_tree "$tree" useradd -m -U -G sudo -s /bin/bash core
  install -d -m 700 "$tree/home/core/.ssh"
  echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILylr1GpWU/2RearljKoE5WBPktTkSeOrE/0ZLx2baqv core@example.com' >"$tree/home/core/.ssh/authorized_keys"
  in_tree "$tree" chown -R core:core /home/core/.ssh
}

# unattended-upgrades, and two repositories with newer versions of installed packages: one is the distribution's security suite.
add_updates() {
  install_packages "$1" "$2/apt.log" unattended-upgrades
  systemctl --quiet --root="$1" unmask apt-daily.timer apt-daily-upgrade.timer
  rm -f "$1/etc/apt/apt.conf.d/20auto-upgrades"
  make_package "$1/srv" azl-secure 1.0
  make_package "$1/srv" azl-plain 1.0
  quietly "$2/dpkg.log" in_tree "$1" dpkg --install /srv/azl-secure_1.0.deb /srv/azl-plain_1.0.deb
  make_package "$1/srv/security" azl-secure 2.0
  make_package "$1/srv/others" azl-plain 2.0
  cp -r "$lab/agents/updates/." "$1/"
}

# The measuring tools of tests/vm/compare.
add_measured() {
  install -d "$1/usr/local/bin"
  g++ -std=c++23 -O2 -static -o "$1/usr/local/bin/exits" "$lab/measure/exits.cpp"
  cp -r "$lab/agents/measured/." "$1/"
  systemctl --quiet --root="$1" enable exits.service
}
