#!/bin/bash
# Provisions trees with hostile symbolic links. A run must write only inside the tree or fail, and never hang.
#
#   tests/system/interruptions_links_test.sh [--fast] AZL_PROVISION AZL_PLATFORM
#
# For each path that a run writes to, and for its parents, there are two trees with a link in place of
# that path. The links lead to a sentinel directory outside the tree: one is absolute, the other has
# more ".." than the tree is deep. The sentinel and the host's own account files must not change in
# content, mode, owner, mtime or ctime; ctime also reveals changes of extended attributes. --fast
# tests only one kind of link for each path.
set -euo pipefail

fast=
if [[ ${1-} == --fast ]]; then
  fast=yes
  shift
fi
(($# == 2)) || { echo "usage: $0 [--fast] AZL_PROVISION AZL_PLATFORM" >&2; exit 1; }
source "$(dirname "${BASH_SOURCE[0]}")/trees.sh"

places='etc etc/hostname etc/passwd etc/shadow etc/group etc/gshadow etc/subuid etc/.pwd.lock
        etc/passwd.lock etc/passwd- etc/shadow+ etc/skel etc/skel/.profile etc/login.defs etc/default
        etc/sudoers.d etc/sudoers.d/90-azl-provision etc/azl-provision etc/ssh etc/ssh/sshd_config
        etc/ssh/sshd_config.d etc/ssh/sshd_config.d/00-azl-provision.conf
        etc/ssh/sshd_config.d/50-cloud-init.conf etc/ssh/ssh_host_ed25519_key etc/ssh/ssh_host_ed25519_key.pub etc/ssh/ssh_host_rsa_key etc/.hostname.azl-new
        home home/azureuser home/azureuser/.ssh home/azureuser/.ssh/authorized_keys
        home/azureuser/.ssh/.authorized_keys.azl-new
        var var/lib var/lib/waagent var/lib/waagent/provisioned var/lib/waagent/ovf-env.xml
        var/lib/azl-provision var/lib/azl-provision/state.json var/lib/azl-provision/boots
        var/lib/hyperv var/lib/hyperv/.kvp_pool_1
        run run/azl-provision run/azl-provision/main.lock run/azl-provision/main.json
        run/azl-provision/host-keys run/azl-provision/sshd'

# The link targets have the same types as the real files, so that no link is refused for its type.
make_sentinel() {
  mkdir "$work/outside"
  cp -a "$work/pristine/." "$work/outside/"
  mkdir -p "$work/outside/home/azureuser/.ssh" "$work/outside/var/lib/waagent" "$work/outside/run/azl-provision/host-keys" \
    "$work/outside/run/azl-provision/sshd" "$work/outside/var/lib/azl-provision/boots"
  chown -R 1000:1000 "$work/outside/home/azureuser"
  local place
  for place in $places; do
    [[ -e $work/outside/$place ]] || echo "sentinel of $place" >"$work/outside/$place"
  done
  find "$work/outside" -exec touch -h -d 2020-02-02 {} +
}

# Prints the state of everything outside the tree that a run could damage.
picture() {
  local -a watched=("$work/outside")
  local path
  for path in /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/subuid /etc/subgid /etc/hostname /etc/ssh \
    /etc/sudoers.d /etc/skel /etc/.pwd.lock /var/lib/waagent /var/lib/azl-provision /run/azl-provision; do
    [[ ! -e $path ]] || watched+=("$path")
  done
  find "${watched[@]}" -printf '%p %y %m %U:%G %T@ %C@ %l\n' | sort
  find "${watched[@]}" -type f -exec sha256sum {} + | sort
  # Not recursive, because other users may write to their homes meanwhile. A new home would be listed.
  find / /home /etc /var/lib -maxdepth 1 ! -path / ! -path /tmp ! -path /proc -printf '%p %y %m %U:%G\n' | sort
  hostname
}

# plant TREE PLACE absolute|up: replaces a path of the tree with a link to the sentinel.
plant() {
  local tree=$1 place=$2 target
  case $3 in
    absolute) target=$work/outside/$place ;;
    up) target=$(printf '../%.0s' {1..20})${work#/}/outside/$place ;;
  esac
  if [[ -e $tree/$place ]]; then rm -rf "${tree:?}/$place"; fi
  mkdir -p "$(dirname "$tree/$place")"
  # The user and its home already exist in the image.
  if [[ $place == home/azureuser/* ]]; then
    echo 'azureuser:x:1000:1000::/home/azureuser:/bin/bash' >>"$tree/etc/passwd"
    echo 'azureuser:!:20000:0:99999:7:::' >>"$tree/etc/shadow"
    echo 'azureuser:x:1000:' >>"$tree/etc/group"
    echo 'azureuser:!::' >>"$tree/etc/gshadow"
    chown -R 1000:1000 "$tree/home/azureuser"
  fi
  ln -s "$target" "$tree/$place"
}

# Tests one tree. Within a minute the run must succeed inside the tree (it follows the link inside the
# tree or replaces it), or fail with a message.
attack() {
  local place=$1 kind=$2 tree=$work/tree status=0 wrong
  rm -rf "$tree"
  cp -a "$work/pristine" "$tree"
  plant "$tree" "$place" "$kind"
  agent "$tree" timeout 600 >"$work/log" 2>&1 || status=$?
  wrong=$(
    case $status in
      0 | 2 | 3) ;;
      1) grep -q 'azl-provision: .\|failed: .' "$work/log" || echo "the run failed without a message" ;;
      *) echo "the run ended with $status: $(tail -3 "$work/log")" ;;
    esac
    "$provision" --report --root "$tree" >"$work/log.report" 2>&1 || echo "--report failed: $(cat "$work/log.report")"
    picture | diff "$work/before" - || true
  )
  ends[$status]=$((${ends[$status]-0} + 1))
  if [[ -n $wrong ]]; then
    failed "$place, $kind link" "$wrong"
    picture >"$work/before"
  else
    echo "ok: $place, $kind link: status $status$( ((status != 1)) || grep -om1 'failed: .*' "$work/log" | cut -c1-150 | sed 's/^failed/,/')"
  fi
}

need useradd sshd visudo ssh-keygen
start_lab "$@"
make_sentinel
picture >"$work/before"
ends=()
kinds='absolute up'
for place in $places; do
  for kind in $kinds; do
    [[ -z $fast || $kind == absolute ]] || continue
    attack "$place" "$kind"
  done
done
# Most links are harmless, so many runs must succeed. Otherwise the test is broken.
if ((${ends[0]-0} + ${ends[2]-0} < 10)); then failed "fewer than 10 runs succeeded"; fi
echo "$SECONDS s"
finish_test
