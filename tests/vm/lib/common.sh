# shellcheck shell=bash
# Messages and waits, for the VM lab and for 'azl-platform boot'.

say() { printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
die() { echo "${0##*/}: $*" >&2; exit 1; }

# Milliseconds since the epoch.
now_ms() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

# wait_until SECONDS COMMAND...: repeats a command until it succeeds. Fails after that time.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}
