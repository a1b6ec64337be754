#!/bin/bash
# Carries out documents with Debian 13's cloud-init and with azl-provision, each in a tree of its own, and compares what both
# left: files, users, groups, passwords, sudo rules, and in which order and with what the document's programs ran.
#
#   tests/system/custom_data_beside_cloud_init_test.sh PROGRAM [DOCUMENT…]
#   tests/system/custom_data_beside_cloud_init_test.sh --tree     only makes the tree that is cached
#
# The documents are in custom_data_beside_cloud_init/documents. A document whose name starts with "boots" is carried out on two
# boots, one whose name contains "_gzipped" is compressed first, and one whose name starts with "azurelinux" is carried out by
# cloud-init as on Azure Linux, in a tree without apt. Each line of custom_data_beside_cloud_init/differences is
#
#   DOCUMENT | KEY | value with cloud-init | value with azl-provision | reason
#
# with patterns of the shell in the first four; "-" is no value. A difference that no line allows fails the test, and so does a line
# that no difference needs. AZL_KEEP names a folder that keeps the facts of each run.
#
# Nothing of the machine is changed: each run has mount, PID, network and host name namespaces of its own, and a tree of Debian 13
# whose changes are kept in memory. The tree is cached in build/vm, or $AZL_VM_CACHE.
set -euo pipefail

case ${1-} in
  --tree) program='' ;;
  '' | -*) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  *) program=$(realpath "$1") ;;
esac
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$here/custom_data_beside_cloud_init
export here data program
# shellcheck source=tests/vm/lib/lab.sh
source "$here/../vm/lib/lab.sh"
# shellcheck source=tests/vm/lib/image.sh
source "$here/../vm/lib/image.sh"
# shellcheck source=tests/system/custom_data_beside_cloud_init/compare.sh
source "$data/compare.sh"
# shellcheck source=tests/system/debian_repository.sh
source "$here/debian_repository.sh"
tree_packages=(cloud-init sudo openssh-server passwd procps iproute2 gpg chrony)

skip() { echo "skipped: $1"; exit "$can_not_run"; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --uts --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
command -v apt-get >/dev/null || skip "Debian's tools are needed to make a tree with cloud-init"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is missing; 'tests/setup vm' installs it"

work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

# make_tree FOLDER: Debian with cloud-init.
make_tree() {
  local tree=$1/root
  say "Debian $suite with cloud-init (one or two minutes)"
  bootstrap "$tree" "$1/mmdebstrap.log" "${tree_packages[*]}"
  rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/archives/*.deb "$tree"/etc/cloud/cloud.cfg.d
  cp -r "$data/tree/." "$tree/"
  install -D -m 755 "$lab/agents/beside/usr/local/bin/note" "$tree/usr/local/bin/note"
  echo vm1 >"$tree/etc/hostname"
  chmod 644 "$tree/etc/hostname"
  in_tree "$tree" ssh-keygen -A >/dev/null
  make_repositories "$tree"
}

# make_repositories TREE: packages in folders of the tree. apt knows the first folder.
make_repositories() {
  local srv=$1/srv
  rm -f "$1"/etc/apt/sources.list.d/*
  echo 'deb [trusted=yes] file:/srv/repository ./' >"$1/etc/apt/sources.list"
  make_package "$srv/repository" azl-one 1.0
  make_package "$srv/repository" azl-two 1.0
  make_package "$srv/repository" azl-two 2.0
  make_package "$srv/repository" azl-three 1.0
  make_package "$srv/repository" azl-old 1.0
  make_package "$srv/repository" azl-old 2.0
  make_package "$srv/shop" azl-shop 1.0
  in_tree "$1" dpkg --install /srv/repository/azl-old_1.0.deb >/dev/null
}
tree_hash() { { echo "$suite ${tree_packages[*]}"; recipe make_tree make_repositories make_package; (cd "$lab/agents/beside" && hash_files usr); cd "$data" && hash_files tree; } | hash_of; }

# The program with its libraries: those of this machine may have other versions than Debian 13's.
pack_program() {
  mkdir -p "$work/opt/lib"
  cp "$program" "$work/opt/azl-provision"
  ldd "$program" | grep -o '/[^ ]*' | xargs -I{} cp -L {} "$work/opt/lib/"
  # shellcheck disable=SC2016 # for the wrapper
  printf '#!/bin/sh\nexec /opt/azl/lib/ld-linux-*.so.* --library-path /opt/azl/lib /opt/azl/azl-provision "$@"\n' >"$work/opt/run"
  chmod 755 "$work/opt/run"
}

# in_copy COMMAND…: runs a function below in namespaces with a copy of the tree, $root.
in_copy() {
  # shellcheck disable=SC2016 # for the inner shell
  timeout 300 unshare --mount --uts --ipc --net --pid --fork --kill-child --propagation private \
    bash -euo pipefail -c 'source "$data/copy.sh"; make_copy; "$@"' _ "$@"
}

# compare_document NAME: writes NAME.differences, "KEY | VALUE | VALUE" a line.
compare_document() {
  local name=$1 document=$work/$1.document boots=1
  if [[ $name == *_gzipped* ]]; then gzip -n9 <"$data/documents/$name" >"$document"; else cp "$data/documents/$name" "$document"; fi
  [[ $name != boots* ]] || boots=2
  in_copy run_cloud_init "$name" "$boots" >"$work/$name.cloud-init.log" 2>&1 || return 1
  in_copy run_azl_provision "$name" "$boots" >"$work/$name.azl-provision.log" 2>&1 || return 1
  compare_facts "$work/$name.cloud-init.facts" "$work/$name.azl-provision.facts" >"$work/$name.differences"
}

mkdir -p "$cache"
exec {cache_lock}>"$cache/compare-lock"
flock "$cache_lock"
entry compare "$(tree_hash)" make_tree
exec {cache_lock}>&-
[[ $program ]] || exit 0
lower=$cache/compare-$(tree_hash)/root
export lower
# shellcheck disable=SC2016 # for the inner shell
unshare --mount --propagation private bash -c 'mkdir "$1/t" && mount -t tmpfs none "$1/t" && mkdir "$1"/t/{u,w,m} &&
  mount -t overlay none -o "lowerdir=$lower,upperdir=$1/t/u,workdir=$1/t/w" "$1/t/m"' _ "$work" 2>/dev/null ||
  skip 'this machine has no overlay file system'
pack_program

if (($# > 0)); then documents=("$@"); else mapfile -t documents < <(ls "$data/documents"); fi
read_differences "$data/differences"

# Two at a time: cloud-init is slow to start.
for ((i = 0; i < ${#documents[@]}; i += 2)); do
  for name in "${documents[@]:i:2}"; do
    { compare_document "$name" || touch "$work/$name.failed"; } &
  done
  wait
done

if [[ ${AZL_KEEP-} ]]; then
  mkdir -p "$AZL_KEEP"
  find "$work" -maxdepth 1 -type f -exec cp -t "$AZL_KEEP" {} +
fi
for name in "${documents[@]}"; do
  if [[ -e $work/$name.failed ]]; then
    complain "$name could not be carried out: $(tail -n 5 "$work/$name".*.log)"
    continue
  fi
  judge_differences "$name" "$work/$name.differences"
done
if (($# == 0)); then judge_needed; else judge_needed "${documents[@]}"; fi
((broken == 0)) && echo "ok: ${#documents[@]} documents leave the same with cloud-init, but for ${#allowed[@]} listed kinds of difference"
exit "$broken"
