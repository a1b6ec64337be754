#!/bin/bash
# Prints a provisioned tree in a form in which two trees can be compared with diff: each path with its
# type, mode, owner, group, and link target or checksum. The text of some files follows.
#
#   tests/system/normalise.sh TREE
#
# Two undisturbed runs of the same image on the same VM differ only in the following values. Each is
# replaced by a word in capitals, or left out:
#   host keys           /etc/ssh/ssh_host_*: KEY, if ssh-keygen can read the key and its .pub file
#                       belongs to it
#   password hashes     /etc/shadow: HASH, if it starts with $6$ or $y$ and has a salt
#   events              the records CLOUD_INIT|… of the KVP pool are left out: they have the times of the
#                       steps, and depend on interruptions as the records of stages do
#   times               TIME in state.json and in the timestamp of the KVP report; mtimes are left out
#   the tree's path     TREE in records
#   process ids         PID in /run/azl-provision/*.lock
#   records of stages   /var/lib/azl-provision/boots/*/*.json: only outcome, exit status, course, stage,
#                       VM, boot and findings are printed. The rest depends on interruptions: a run
#                       after an interrupted one says "adopted" instead of "created", and has only the
#                       remaining steps.
#   what was written    written.json is left out: what a killed run wrote is not in it
#   backups             /etc/passwd- and similar files hold the state before the last tool ran. They
#                       are left out if they have the mode and owner of the original file. They may
#                       also be missing.
# The day of the last change in /etc/shadow is kept: it must be the day of the run. Temporary files
# (.NAME.azl-new, NAME+, NAME.lock, NAME.PID, directories in /run/azl-provision) are printed like any
# other path, so a tree that still has them differs.
set -euo pipefail
export LC_ALL=C

cd "$1"
tree=$PWD

# Succeeds for files whose text is printed below instead of a checksum.
is_special() {
  case $1 in
    etc/ssh/ssh_host_*_key | etc/ssh/ssh_host_*_key.pub | etc/shadow | run/azl-provision/*.lock) ;;
    var/lib/azl-provision/*.json | var/lib/hyperv/.kvp_pool_1) ;;
    *) return 1 ;;
  esac
}

list_paths() {
  find . -mindepth 1 -printf '%P\t%y %m %U:%G %l\n' | sort | while IFS=$'\t' read -r path attributes; do
    case $path in
      etc/passwd- | etc/shadow- | etc/group- | etc/gshadow- | etc/subuid- | etc/subgid-)
        if [[ $attributes != "$(stat -c 'f %a %u:%g ' "${path%-}")" ]]; then
          echo "$path $attributes, which differs from the original file"
        fi
        ;;
      var/lib/azl-provision/written.json) ;;
      *) echo "$path $attributes" ;;
    esac
  done
}

checksums() {
  local -a plain=()
  local path
  while IFS= read -r -d '' path; do
    is_special "$path" || [[ $path == etc/*- ]] || plain+=("$path")
  done < <(find . -type f -printf '%P\0' | sort -z)
  sha256sum "${plain[@]}" | sed 's/^\([0-9a-f]\{16\}\)[0-9a-f]*/\1/'
}

host_key() {
  local public
  if public=$(ssh-keygen -y -P '' -f "$1" </dev/null 2>&1) &&
    [[ $(cut -d' ' -f1-2 "$1.pub") == "$(cut -d' ' -f1-2 <<<"$public")" ]]; then
    echo "KEY ${public%% *}"
  else
    echo "not a key pair: $public"
  fi
}

show() {
  case $1 in
    *_key) host_key "$1" ;;
    *_key.pub) ;;  # see host_key
    etc/shadow) sed -E 's/^([^:]*):\$(6|y)\$[^:$]+\$[^:]+:/\1:HASH:/' "$1" ;;
    *.lock) sed -E 's/^[0-9]+$/PID/' "$1" ;;
    var/lib/hyperv/*) tr '\0' '\n' <"$1" | sed '/^$/d' | sed -E '/^CLOUD_INIT\|/{N;d}; s/timestamp=[0-9T:.+Z-]+/timestamp=TIME/' ;;
    */written.json) ;;
    */state.json) sed -E 's/("at": )"[0-9T:.+Z-]+"/\1"TIME"/' "$1" ;;
    */boots/*)
      awk -v tree="\"$tree\"" '
        /^ "(outcome|exit_status|course|stage|vm_id|boot_id|root|schema_version)":/ {
          sub(tree, "TREE")
          print
        }
        /^ "findings": \[/ {findings = 1}
        findings {print}
        /^ "findings": \[\]/ || /^ \],/ {findings = 0}' "$1"
      ;;
    *) cat "$1" ;;
  esac
}

list_paths
checksums
while IFS= read -r -d '' path; do
  if is_special "$path"; then show "$path" | sed "s|^|$path: |"; fi
done < <(find . -type f -printf '%P\0' | sort -z)
