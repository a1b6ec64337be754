#!/bin/bash
# Checks that 'azl-provision plan' changes nothing on a live machine, and runs no program. It runs under strace, in mount and
# network namespaces of its own, with an empty /run, no disks and no metadata service.
#
#   tests/system/plan_live_test.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip 'this test needs root for its namespaces'
command -v strace >/dev/null || skip 'there is no strace'
unshare --mount --net true 2>/dev/null || skip 'namespaces cannot be made here'

# System calls that change files, mounts or the machine, or start a program.
calls=execve,execveat,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir
calls+=,symlink,symlinkat,link,linkat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,utimensat
calls+=,mount,umount2,pivot_root,move_mount,open_tree,fsopen,sethostname,swapon,swapoff,reboot,setxattr,lsetxattr,fsetxattr

export program work calls
unshare --mount --net --propagation private bash -euo pipefail -c '
  mount -t tmpfs none /run
  mount -t tmpfs none /sys/block
  mkdir /run/azl-provision
  list() { find /run -printf "%p %y %m %s %T@\n" | sort; }
  list >"$work/before"
  # LeakSanitizer cannot work under strace.
  ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$work/trace" -e "trace=$calls" \
    "$program" plan --imds-url http://127.0.0.1:1 >"$work/plan" 2>"$work/errors" || true
  list >"$work/after"
'

broken=0
complain() { echo "FAILED: $1"; broken=1; }

grep -q '"schema_version"' "$work/plan" || complain "no plan was printed: $(cat "$work/errors")"
diff "$work/before" "$work/after" || complain 'it changed /run'
(($(grep -c 'execve' "$work/trace") == 1)) || complain "it ran a program: $(grep execve "$work/trace" | tail -n +2)"
# Opening a file for writing counts, other than the null device.
if grep -vE '(execve|open|openat|openat2)\(|"/dev/null"|\+\+\+ exited|--- SIG' "$work/trace"; then complain 'it made the system calls above'; fi
if grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' "$work/trace" | grep -vF '"/dev/null"'; then complain 'it opened the files above for writing'; fi
((broken == 0)) && echo 'ok: plan changed nothing'
exit "$broken"
