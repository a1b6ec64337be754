# shellcheck shell=bash
# The common part of the VM lab's scripts: paths, messages and requirements.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib/lab.sh"

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
lab=$repository/tests/vm
cache=${AZL_VM_CACHE:-$repository/build/vm}
source "$lab/lib/common.sh"
runs=${AZL_VM_RUNS:-$cache/runs}
source "$lab/lib/architecture.sh"
# The build whose azl-provision is installed in the images. Its simulator is used, too, if AZL_PLATFORM does not name another one.
program_build=${AZL_VM_BUILD:-$repository/build/release}
platform_program=${AZL_PLATFORM:-$program_build/tests/platform/azl-platform}
can_not_run=77  # ctest's exit status for "skipped"
use_architecture x86_64

# Prints the comment at the top of the calling script.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# Ends the script with a reason and exit status 77 if this machine can't run VMs.
require_lab() {
  local missing=() program
  ((EUID == 0)) || { echo 'skipped: the VM lab needs root, for network namespaces and root trees'; exit "$can_not_run"; }
  for program in mmdebstrap "$qemu" qemu-img dnsmasq genisoimage ping jq socat ssh ssh-keygen sshpass mkfs.ext4 debugfs sfdisk mkntfs unshare "${build_programs[@]}"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  ((${#firmware[@]} == 0)) || [[ -e ${firmware[1]} ]] || missing+=("${firmware[1]}")
  if ((${#missing[@]} > 0)); then
    command -v apt-get >/dev/null || { echo "skipped: the VM lab needs Debian's tools to make its images; missing: ${missing[*]}"; exit "$can_not_run"; }
    echo "skipped: missing ${missing[*]}; 'tests/setup vm' and 'tests/setup test' install them"
    exit "$can_not_run"
  fi
  if ! unshare --net true 2>/dev/null; then
    echo 'skipped: this machine does not allow new network namespaces'
    exit "$can_not_run"
  fi
  [[ -c /dev/net/tun ]] || { echo 'skipped: this machine has no /dev/net/tun'; exit "$can_not_run"; }
}

# quietly LOG COMMAND...: runs a command, and shows the end of its output only if it fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  tail -n 40 "$log" >&2
  die "'$*' failed; all of its output is in $log"
}
