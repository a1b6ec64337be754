# The common part of the interruptions tests: the programs, the simulator, pristine trees and runs.
# Source it after parsing the caller's options:
#
#   here=$(dirname "${BASH_SOURCE[0]}")
#   source "$here/trees.sh"
#   start_lab AZL_PROVISION AZL_PLATFORM

root_of_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C
failures=0

die() {
  echo "$*" >&2
  exit 1
}

# failed NAME [TEXT]: reports a failed test. TEXT has the details, on one or more lines.
failed() {
  echo "FAILED: $1"
  if (($# > 1)); then sed 's/^/    /' <<<"$2"; fi
  failures=$((failures + 1))
}

# check NAME COMMAND…: checks that the command succeeds.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok: $name"
  else
    failed "$name" "output of $*: $output"
  fi
}

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || die "this test needs $program"
  done
  ((EUID == 0)) || die "this test needs root to provision trees"
}

# Restarts the test in a separate mount namespace, so that its mounts disappear with it.
in_own_mount_namespace() {
  [[ -z ${AZL_OWN_NAMESPACE-} ]] || return 0
  unshare --mount true 2>/dev/null || die "unshare --mount is refused: this test needs CAP_SYS_ADMIN"
  AZL_OWN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
}

# start_lab PROVISION PLATFORM [SCENARIO]: sets $provision, $platform and $work, makes $work/pristine
# and $work/media, and starts one simulator for all runs.
start_lab() {
  provision=$(realpath "$1")
  platform=$(realpath "$2")
  echo "testing $provision"
  work=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" azl.XXXXXX)
  trap stop_lab EXIT
  trap 'exit 1' INT TERM
  cat >"$work/vm.json" <<<"${3-$default_scenario}"
  "$platform" tree "$work/vm.json" "$work/pristine"
  mkdir -p "$work/pristine/etc/azl-provision"
  # Only ed25519, because RSA keys take a second, and are made by the same steps.
  printf '[Ssh]\nHostKeyTypes=ed25519\n' >"$work/pristine/etc/azl-provision/azl-provision.conf"
  "$platform" media "$work/vm.json" --output "$work/media"
  "$platform" serve "$work/vm.json" --log "$work/requests.jsonl" --ready-file "$work/ready.json" >/dev/null &
  simulator=$!
  local tries
  for ((tries = 0; tries < 1200; ++tries)); do
    [[ ! -e $work/ready.json ]] || break
    kill -0 "$simulator" 2>/dev/null || die "the simulator did not start"
    read -r -t 0.1 <> <(:) || true
  done
  imds_url=$(sed -E 's/.*"imds_url":"([^"]*)".*/\1/' "$work/ready.json")
  wireserver_url=$(sed -E 's/.*"wireserver_url":"([^"]*)".*/\1/' "$work/ready.json")
}

default_scenario='{"vm": {"computer_name": "web-1", "admin_username": "azureuser", "password": "Correct-Horse-7",
                          "disable_password_authentication": false}}'

stop_lab() {
  local status=$?
  [[ -z ${simulator-} ]] || kill "$simulator" 2>/dev/null || true
  if declare -F drop_tree >/dev/null; then drop_tree; fi
  if [[ -n ${AZL_KEEP-} ]]; then
    echo "kept: $work"
  else
    rm -rf "$work"
  fi
  return "$status"
}

# agent TREE [PREFIX…]: provisions the tree with all stages, under the command PREFIX if given.
agent() {
  local tree=$1
  shift
  "$@" "$provision" run --root "$tree" --media "$work/media" --imds-url "$imds_url" \
    --wireserver-url "$wireserver_url"
}

# running_step TREE: prints "STAGE/STEP" from the record of an interrupted run; nothing if there is none.
running_step() {
  local stage step
  for stage in main local report; do
    [[ -s $1/run/azl-provision/$stage.json ]] || continue
    step=$(awk '/^   "name":/ {name = $2} /^   "outcome": "running"/ {step = name}
                END {gsub(/[",]/, "", step); print step}' "$1/run/azl-provision/$stage.json")
    if [[ -n $step ]]; then
      echo "$stage/$step"
      return
    fi
  done
}

# told Ready|NotReady: prints how often the platform has been told this state.
told() { grep -c "state..:..$1" "$work/requests.jsonl" || true; }

# --- kills at each call that changes something ---

# normalised TREE: prints the tree without what differs from run to run.
normalised() { "$root_of_source/tests/system/normalise.sh" "$1"; }

# changing_calls TRACE: prints "CALL N" for each call in strace's output that changes something, where N counts the calls of that name.
# Failed calls and open calls without O_CREAT change nothing.
changing_calls() {
  awk -F'[(]' '/^[a-z0-9]+\(/ {
    ++count[$1]
    if (/ = -1 E/ || ($1 ~ /^openat/ && !/O_CREAT/)) next
    print $1, count[$1]
  }' "$1"
}

# choose_rows LEAST SAMPLES FIRST FAST: writes the calls of $work/trace to $work/all_rows, and those to test to $work/rows: all of them, or about
# SAMPLES, of which the first is in line FIRST, if FAST is not empty. Ends the test if there are no more than LEAST.
choose_rows() {
  local total
  changing_calls "$work/trace" >"$work/all_rows"
  total=$(wc -l <"$work/all_rows")
  ((total > $1)) || die "only $total file-changing calls: the trace was not parsed correctly"
  if [[ -n $4 ]]; then
    awk -v each=$((total / $2)) -v first="$3" 'NR % each == first' "$work/all_rows" >"$work/rows"
  else
    cp "$work/all_rows" "$work/rows"
  fi
}

# test_kills INTERRUPT: calls the function INTERRUPT for each row, with CALL and N. It prints what is wrong.
test_kills() {
  local call number wrong
  while read -r call number <&3; do
    wrong=$("$1" "$call" "$number" 2>&1) || wrong+='the test itself failed'
    if [[ -n $wrong ]]; then failed "killed at $call $number" "$wrong"; fi
  done 3<"$work/rows"
  echo "$(wc -l <"$work/rows") of $(wc -l <"$work/all_rows") kills in $SECONDS s"
}

finish_test() {
  echo
  if ((failures > 0)); then die "$failures failed"; fi
  echo "all passed"
}
