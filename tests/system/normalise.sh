#!/bin/bash
# Prints a provisioned tree so that two provisioned trees can be compared by diff: each path with
# its kind, mode, owner, group, and target or checksum, then the text of the files that a run
# writes.
#
#   tests/system/normalise.sh TREE
#
# The rule. Two undisturbed runs of the same image on the same VM differ in this, and in nothing
# else; each is replaced by a word in capitals, or left out:
#   host keys           /etc/ssh/ssh_host_*: KEY, when it is one that ssh-keygen can read and its
#                       .pub is of the same pair
#   a password's hash   /etc/shadow: HASH, when it is $6$ or $y$ and has a salt
#   times               in state.json TIME; in the KVP report's timestamp TIME; mtimes are left out
#   the tree's path     in records: TREE
#   who runs            the number in /run/azl-provision/*.lock: PID
#   records of a stage  /var/lib/azl-provision/boots/*/*.json: durations, and what the run said of
#                       each step. A run that follows an interrupted one says "adopted" where an
#                       undisturbed one says "created", and names only the steps that were still to
#                       be done. Left are outcome, exit status, course, stage, VM, boot, findings.
#   backups             /etc/passwd- and its kind, which hold what was there before the last tool
#                       ran: left out, once they are seen to have the mode and owner of the file
#                       that they are a backup of; without their name being there it is the same
# /etc/shadow's day of the last change is no time in this sense: it must be the day of the run.
# What only exists for a moment (.NAME.azl-new, NAME+, NAME.lock, NAME.PID, a directory in
# /run/azl-provision) is a path like any other: a tree that has it differs.
set -euo pipefail
export LC_ALL=C

cd "$1"
tree=$PWD

# Those that have a text of their own below.
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
          echo "$path $attributes, unlike the file that it is a backup of"
        fi
        ;;
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
    echo "no pair of keys: $public"
  fi
}

show() {
  case $1 in
    *_key) host_key "$1" ;;
    *_key.pub) ;;  # see host_key
    etc/shadow) sed -E 's/^([^:]*):\$(6|y)\$[^:$]+\$[^:]+:/\1:HASH:/' "$1" ;;
    *.lock) sed -E 's/^[0-9]+$/PID/' "$1" ;;
    var/lib/hyperv/*) tr '\0' '\n' <"$1" | sed -E '/^$/d; s/timestamp=[0-9T:.+Z-]+/timestamp=TIME/' ;;
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
