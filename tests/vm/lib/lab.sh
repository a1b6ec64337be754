# shellcheck shell=bash
# What every script of the VM lab starts from: where things are, how it talks, what it needs.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib/lab.sh"

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
lab=$repository/tests/vm
cache=${AZL_VM_CACHE:-$repository/build/vm}
runs=${AZL_VM_RUNS:-$cache/runs}
# A release build, which does not slow the platform down; whoever has one elsewhere says so.
platform_program=${AZL_PLATFORM:-$repository/build/release/tests/platform/azl-platform}
can_not_run=77  # ctest's word for "skipped"

say() { printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
die() { echo "${0##*/}: $*" >&2; exit 1; }

# The comment at the top of the calling script, from its second line to the first that isn't one.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# Ends the script with "skipped" where this machine can't run VMs, and says why.
require_lab() {
  local missing=() program
  ((EUID == 0)) || { echo 'skipped: the VM lab needs root, for network namespaces and root trees'; exit "$can_not_run"; }
  for program in mmdebstrap qemu-system-x86_64 qemu-img dnsmasq genisoimage ping jq socat ssh ssh-keygen sshpass mkfs.ext4 debugfs sfdisk mkntfs unshare; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  if ((${#missing[@]} > 0)); then
    command -v apt-get >/dev/null || { echo "skipped: the VM lab needs Debian's tools to make its images; missing: ${missing[*]}"; exit "$can_not_run"; }
    echo "skipped: missing ${missing[*]}; 'tests/setup vm' installs them"
    exit "$can_not_run"
  fi
  if ! unshare --net true 2>/dev/null; then
    echo 'skipped: no network namespace can be made here'
    exit "$can_not_run"
  fi
  [[ -c /dev/net/tun ]] || { echo 'skipped: there is no /dev/net/tun here'; exit "$can_not_run"; }
}

# The output of a long command is worth reading only when it failed.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  tail -n 40 "$log" >&2
  die "'$*' failed; all of its output is in $log"
}

# Milliseconds since the epoch.
now_ms() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

# Asks a command again and again until it succeeds: wait_until SECONDS COMMAND...
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}
