#!/bin/bash
# Checks what 'azl-provision report --bundle' collects on a live machine. It runs in mount and network namespaces of its own,
# with an empty /run, no disks, no metadata service, and with other programs in the places of those that it asks.
#
#   tests/system/bundle_live_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
unshare --mount --net true 2>/dev/null || skip 'namespaces cannot be made here'
for tool in tar zstd journalctl sshd lsblk ip networkctl; do
  command -v "$tool" >/dev/null || skip "there is no $tool: run tests/setup"
done

# Each prints its arguments, and secrets as they could get into its output.
for tool in journalctl sshd lsblk ip networkctl; do
  cat >"$work/$tool" <<'END'
#!/bin/sh
echo "ARGV ${0##*/} $*"
echo 'adminPassword=planted-1 next'
echo '{"protectedSettings": "planted-2", "x": 1}'
echo 'GET https://a.blob.core.windows.net/c?sv=1&sig=planted-3&se=2'
echo 'Authorization: Bearer planted-4'
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nplanted-5\n-----END OPENSSH PRIVATE KEY-----\n'
END
  chmod 755 "$work/$tool"
done
printf '#!/bin/sh\necho half\necho "token=planted-6" >&2\nexit 3\n' >"$work/lsblk"
printf '#!/bin/sh\nyes 0123456789abcdef | head -c 3000000\n' >"$work/networkctl"
: >"$work/empty" # no program: it is found, and cannot be run

export program work
unshare --mount --net --propagation private bash -euo pipefail -c '
  for tool in journalctl sshd lsblk networkctl; do mount --bind "$work/$tool" "$(realpath "$(command -v $tool)")"; done
  chmod 644 "$work/empty"
  mount --bind "$work/empty" "$(realpath "$(command -v ip)")"
  mount -t tmpfs none /run
  mount -t tmpfs none /sys/block
  mkdir /run/azl-provision
  find /run >"$work/before"
  umask 022
  "$program" report --bundle "$work/b.tar.zst" >"$work/out" 2>"$work/errors" && status=0 || status=$?
  echo "$status" >"$work/status"
  find /run >"$work/after"
'

broken=0
complain() { echo "FAILED: $1"; broken=1; }
# expect NAME PATTERN FILE
expect() { grep -qE -- "$2" "$3" || complain "$1: $(head -c 2000 "$3")"; }

[[ $(<"$work/status") == 0 ]] || complain "it ended with status $(<"$work/status"): $(<"$work/errors")"
[[ ! -s $work/errors ]] || complain "it printed an error: $(<"$work/errors")"
diff "$work/before" "$work/after" || complain 'it left something in /run'
[[ $(stat -c '%a %u' "$work/b.tar.zst") == '600 0' ]] || complain "the archive has other permissions: $(stat -c '%a %u' "$work/b.tar.zst")"
tar --extract --zstd --file "$work/b.tar.zst" --directory "$work"
top=$work/azl-provision-bundle
[[ $(tar --list --zstd --file "$work/b.tar.zst" | sed -n 2p) == azl-provision-bundle/manifest.txt ]] || complain 'the manifest does not stand first'

expect 'the manifest is of this machine' '^Of the running machine' "$top/manifest.txt"
expect 'the manifest has what the redactor did' '^sshd.txt .*: complete; 5 \[removed\]$' "$top/manifest.txt"
expect 'the manifest has the status of lsblk' '^lsblk.txt .*: ended with status 3: token=\[removed\]$' "$top/manifest.txt"
expect 'the output of a program that fails is kept' '^half$' "$top/lsblk.txt"
expect 'the manifest says what was cut' '^networkctl.txt .*: cut after 1 MiB$' "$top/manifest.txt"
expect 'the manifest names a program that cannot be run' '^ip-addr.txt .*: .*ip' "$top/manifest.txt"
expect 'the list says the same' '^    ended with status 3: token=\[removed\]$' "$work/out"
expect 'sshd is asked for its settings' '^ARGV sshd -T$' "$top/sshd.txt"
expect 'the journal is searched by its own fields' \
  '^ARGV journalctl .* _SYSTEMD_UNIT=azl-provision-local.service .* \+ _PID=1 UNIT=' "$top/journal.txt"
expect 'the journal of networkd is there' '^ARGV journalctl .* _SYSTEMD_UNIT=systemd-networkd.service$' "$top/networkd.txt"
expect 'the plan is there' '"schema_version"' "$top/plan.json"
expect 'the configuration is there' '^\[Platform\]$' "$top/config.txt"
if grep -rl 'planted-' "$top" "$work/out"; then complain 'the files above have planted secrets'; fi
((broken == 0)) && echo 'ok: the bundle of a live machine is complete and has no secret'
exit "$broken"
