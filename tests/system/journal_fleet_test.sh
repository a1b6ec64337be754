#!/bin/bash
# Sends 200 boots to a journal, uploads it by systemd-journal-upload to systemd-journal-remote, and runs the commands of
# docs/journal.md there.
#
#   tests/system/journal_fleet_test.sh JOURNAL_BOOTS
#
# journald has a /run and a /var/log of its own, in namespaces of its own.
set -euo pipefail

boots=$(realpath "$1")
number=200
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$repository/tests/system/checks.sh"

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
for program in systemd-journald systemd-journal-upload systemd-journal-remote; do
  [[ -x /usr/lib/systemd/$program ]] || skip "there is no $program: run tests/setup"
done

# The blocks of commands of docs/journal.md: ask-1, ask-2, …
awk -v folder="$work" '/^```sh$/ { inside = 1; n++; next } /^```$/ { inside = 0 } inside { print > (folder "/ask-" n) }' "$repository/docs/journal.md"
mkdir "$work/answers"

export boots number work
timeout 300 unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private bash -euo pipefail -c '
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /var/log
  ip link set lo up
  mkdir -p /run/systemd/journald.conf.d /var/log/journal/remote
  printf "[Journal]\nStorage=volatile\nReadKMsg=no\n" >/run/systemd/journald.conf.d/test.conf
  # soon COMMAND…: tries it for a minute
  soon() { local i; for ((i = 0; i < 300; i++)); do ! "$@" || return 0; sleep 0.2; done; return 1; }
  /usr/lib/systemd/systemd-journald 2>"$work/journald" &
  soon test -S /run/systemd/journal/socket
  "$boots" "$number" >"$work/sent"
  echo "that was all" | systemd-cat --identifier=last
  said_all() { journalctl --quiet -t last 2>/dev/null | grep -q "that was all"; }
  soon said_all
  /usr/lib/systemd/systemd-journal-remote --listen-http=127.0.0.1:19532 --output=/var/log/journal/remote 2>"$work/remote" &
  soon /usr/lib/systemd/systemd-journal-upload --url=http://127.0.0.1:19532 --save-state="$work/state" --follow=no 2>"$work/upload"
  kill %1  # what follows is the collector alone
  rm -r /run/log/journal
  for question in "$work"/ask-*; do bash -euo pipefail "$question" >"$work/answers/${question##*-}"; done
  journalctl --directory=/var/log/journal/remote --output=json SYSLOG_IDENTIFIER=azl-provision >"$work/records"
' >"$work/output" 2>&1 || fail 'the journals are collected' "$(tail -n 5 "$work"/{output,journald,remote,upload})"

# counted COLUMN: how often each value occurs, as "uniq -c" prints it.
counted() { cut -f "$1" "$work/sent" | sort | uniq -c | sed 's/^ *//'; }
answer() { cat "$work/answers/$1" 2>/dev/null || true; }

check 'six questions are asked' 6 "$(find "$work/answers" -type f | wc -l)"
check 'how the boots ended' "$(counted 2)" "$(answer 1)"
check 'why boots failed' "$(awk -F '\t' '$2 == "failed" { print $3 }' "$work/sent" | sort | uniq -c | sed 's/^ *//')" \
  "$(answer 2 | sed 's/, step .*//')"
check 'the VMs that failed for one reason' "$(awk -F '\t' '$3 == "no-lease" { print $1 }' "$work/sent")" "$(answer 3)"
check 'the steps that failed' "$(awk -F '\t' '$3 != "-" { print $3 }' "$work/sent" |
  sed 's/^no-lease$/lease/; s/^imds-.*/imds/; s/^host-name$/hostname/' | sort | uniq -c | sed 's/^ *//')" "$(answer 4)"
check 'the VMs whose step imds took long' "$(awk -F '\t' '$4 > 10e6 { print $1 }' "$work/sent")" "$(answer 5)"
check 'how long steps take' 'hostname 3 3 imds 20 31000 lease 3 3 links 3 3 ssh-keys 3 3 user 3 3' "$(answer 6 | paste -s -d ' ')"
check 'docs/journal.md describes each field that is sent, and no other' "$(jq -rs 'map(keys[] | select(startswith("AZL_"))) | unique[]' "$work/records")" \
  "$(grep -oE '^\| `AZL_[A-Z_]+`' "$repository/docs/journal.md" | tr -d '|` ' | sort -u)"
((failures == 0)) || { echo "$failures failed"; exit 1; }
echo 'all passed'
