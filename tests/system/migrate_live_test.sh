#!/bin/bash
# Checks 'azl-provision migrate' on a live machine: systemctl enables and disables the units. It runs in a mount namespace, with a tree as
# its root that has the programs of this machine and no /run/systemd, so that systemctl works on the files of the tree only.
#
#   tests/system/migrate_live_test.sh PROGRAM PLATFORM
set -euo pipefail

program=$(realpath "$1")
platform=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespace'
unshare --mount true 2>/dev/null || skip 'namespaces cannot be made here'
command -v systemctl >/dev/null || skip 'there is no systemctl'

echo '{}' >"$work/vm.json"
tree=$work/tree
"$platform" tree "$work/vm.json" "$tree"
units=$tree/etc/systemd/system
mkdir -p "$units" "$tree"/{bin,lib,lib64,sbin,usr,dev,run,var/lib/azure-init} "$tree"/etc/{cloud,azl-provision} "$tree/var/lib/cloud/data"
cp "$program" "$tree/azl-provision"
# unit NAME WANTED_BY
unit() { printf '[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=%s\n' "$2" >"$units/$1"; }
for name in azl-provision.target azl-provision-custom-data.service; do unit "$name" multi-user.target; done
sed -i '/Service/,/ExecStart/d' "$units/azl-provision.target"
for name in cloud-init-local.service cloud-init-main.service cloud-final.service; do
  unit "$name" cloud-init.target
  mkdir -p "$units/cloud-init.target.wants"
  ln -s "/etc/systemd/system/$name" "$units/cloud-init.target.wants/$name"
done
cat "$tree/sys/class/dmi/id/product_uuid" >"$tree/var/lib/cloud/data/instance-id"
echo 'growpart: {mode: "off"}' >"$tree/etc/cloud/cloud.cfg"

# in_tree COMMAND...: runs a command with the tree as its root.
in_tree() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private bash -c '
    for directory in bin lib lib64 sbin usr; do
      [[ ! -d /$directory ]] || mount --rbind -o ro "/$directory" "$1/$directory"
    done
    mount -t tmpfs none "$1/dev" && : >"$1/dev/null"
    exec chroot "$@"' _ "$tree" "$@"
}

broken=0
complain() { echo "FAILED: $1"; broken=1; }
status=0
in_tree /azl-provision migrate --force >"$work/out" 2>"$work/errors" || status=$?
((status == 0)) || complain "it ended with $status: $(cat "$work/out" "$work/errors")"
for name in azl-provision.target azl-provision-custom-data.service; do
  [[ $(readlink "$units/multi-user.target.wants/$name") == */"$name" ]] || complain "$name is not enabled"
done
[[ -z $(find "$units/cloud-init.target.wants" -type l 2>/dev/null) ]] || complain 'a unit of cloud-init is still enabled'
[[ -e $tree/etc/cloud/cloud-init.disabled ]] || complain 'cloud-init is not switched off'
grep -q '"by": "cloud-init"' "$tree/var/lib/azl-provision/state.json" || complain 'the state does not name cloud-init'
grep -q '^GrowRoot=no$' "$tree/etc/azl-provision/azl-provision.conf.d/50-migrated.conf" || complain 'the configuration is not taken over'
in_tree /azl-provision migrate --force >"$work/out" 2>&1 || complain 'a second run fails'
grep -q 'migrated already' "$work/out" || complain "a second run has something to do: $(<"$work/out")"
((broken == 0)) && echo 'ok: a live machine is taken over by systemctl'
exit "$broken"
