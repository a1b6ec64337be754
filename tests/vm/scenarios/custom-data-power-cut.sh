# shellcheck shell=bash
# The power fails in the middle of each kind of item of custom data. The next boot goes on, and the power fails in the next kind.
#
# A boot's kernel arguments name the kind, as "cut=KIND". What belongs to the kind, such as the document's own program or a tool
# that is replaced, calls "hold KIND", which says so on the console and waits. Nothing of it is written to a disk.
about='a power cut in each kind of item of custom data: what can be repeated is, no script is begun twice, what follows runs once'
wait_for_sshd=1200
disk_cache=writeback  # after a power cut, only data that the guest has flushed is on the disk
kinds=(host-name boothook bootcmd write-files disks mount user packages time-zone deferred-files script runcmd final-message)
# shellcheck disable=SC2016 # it is a hash: that of "pw-ann"
hash='$6$saltsalt$fSxEFn7xZrkF6wdxh/TP0DBkAeiP3OlTz7DFz/c97eCRoCx9Plx1TLL6dltw9YQCfnJCU1Nua5xXcqM9DCzz7.'

# shellcheck disable=SC2016 # a variable of jq
azure() { vm '.vm.custom_data = $text' --arg text "$(document)"; }

document() {
  cat <<END
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/cloud-boothook

#!/bin/sh
hold boothook
--part
Content-Type: text/cloud-config

#cloud-config
fqdn: web.example.org
bootcmd:
  - hold bootcmd
  - freeze write-files
  - freeze deferred-files
write_files:
  - {path: /srv/write-files/first, content: "first\n"}
  - {path: /srv/appended, content: "appended\n", append: true}
  - {path: /etc/motd, content: "made by custom data\n"}
  - {path: /srv/write-files/middle/file, content: "middle\n"}
  - {path: /srv/write-files/last, content: "last\n", permissions: '0600'}
  - {path: /srv/deferred-files/first, content: "first\n", defer: true}
  - {path: /srv/deferred-files/middle/file, content: "middle\n", append: true, defer: true}
  - {path: /srv/deferred-files/last, content: "last\n", owner: 'ann:shop', defer: true}
disk_setup:
  /dev/disk/azure/scsi1/lun0: {table_type: gpt, layout: true}
  ephemeral0: {table_type: gpt, layout: true}
fs_setup:
  - {device: /dev/disk/azure/scsi1/lun0-part1, filesystem: ext4, label: data}
  - {device: ephemeral0.1, filesystem: ext4}
mounts:
  - [LABEL=data, /data]
  - [ephemeral0.1, /scratch]
  - [tmpfs, /srv/ram, tmpfs, 'size=8m']
groups: [shop]
users:
  - default
  - {name: ann, groups: shop, lock_passwd: false, hashed_passwd: $hash, sudo: 'ALL=(ALL) NOPASSWD:ALL', ssh_authorized_keys: [$(<"$user_key.pub")]}
  - {name: bea, lock_passwd: true}
packages: [azl-slow, azl-other]
timezone: Europe/Vienna
runcmd:
  - hold runcmd
  - hold runcmd-end
final_message: final message
--part
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="10-script"

#!/bin/sh
hold script
hold script-end
--part
Content-Type: text/x-shellscript
Content-Disposition: attachment; filename="90-script"

#!/bin/sh
hold last-script
--part--
END
}

story() {
  local kind
  kept_boots=() to_tell=()
  expects_report=false
  change_image
  disk_make_partitioned 6G
  add_scsi_disk resource 2G
  add_scsi_disk lun0 1G
  platform_up
  media_make
  for kind in "${kinds[@]}"; do
    check_prefix="cut in $kind: "
    cut_in "$kind"
  done
  check_prefix=
  kernel_arguments=
  next_boot || return
  judge_boot
  judge_result
  again_kept 'after a reboot: ' || return
  check 'only what is for each boot ran' is "$(reached "$boot_folder")" 'bootcmd boothook'
  check 'nothing is to tell' is "$(unended)" ''
  again_kept 'redeployed: ' blank_disk resource 2G || return
  check 'only the resource disk was formatted, and what is for each boot ran' is "$(reached "$boot_folder")" 'bootcmd boothook mkfs'
  check 'the VM shuts down' power_off
  check_prefix=
  check 'the file system of the OS disk has no errors' file_system_is_sound
}

# again_kept PREFIX [COMMAND...]
again_kept() {
  as_root "bash -c 'echo kept >/data/file; sync'"
  again "$@" || return
  judge_unchanged
  check 'the data disk was kept' is "$(as_root cat /data/file)" kept
}

# --- the image ---

change_image() {
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  # So that people can log in while the early stage waits for the power cut.
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[CustomData]
EarlyTimeout=10s'
  # The agent's tools have no /usr/local/bin in their PATH.
  replace_in_image /usr/bin/hold <<'END'
#!/bin/sh
# hold KIND: says that it is reached, and waits if the power is cut in this kind of item.
printf '\nreached: %s\n' "$1" >/dev/ttyS0
grep -q -w -e "cut=$1" /proc/cmdline || exit 0
printf '\ncut here: %s\n' "$1" >/dev/ttyS0
exec sleep infinity
END
  replace_in_image /usr/bin/freeze <<'END'
#!/bin/sh
# freeze KIND: if the power is cut in this kind of files, whoever writes a file below /srv/KIND/middle waits.
grep -q -w -e "cut=$1" /proc/cmdline || exit 0
middle=/srv/$1/middle
mkdir -p "$middle"
truncate --size=4M "/run/$1"
mke2fs -q -t ext4 "/run/$1"
mount -o loop "/run/$1" "$middle"
fsfreeze --freeze "$middle"
# The second file of the document is written, and the agent waits: its state is "D" for longer than a disk takes.
(
  until [ -e "/srv/$1/first" ]; do sleep 0.1; done
  waits=0
  while [ "$waits" -lt 20 ]; do
    sleep 0.1
    if ps -o state= -C azl-provision | grep -q D; then waits=$((waits + 1)); else waits=0; fi
  done
  hold "$1"
) &
END
  replace_in_image /srv/appended 644 <<<'from the image'
  replace_tools
  make_repository
  replace_in_image /etc/systemd/system/cut-host-name.service 644 <<'END'
[Unit]
After=azl-provision.service
DefaultDependencies=no
ConditionKernelCommandLine=cut=host-name
[Service]
ExecStart=/usr/local/bin/cut-host-name
END
  # No program runs while the host name is set. The agent is stopped once the file is written.
  replace_in_image /usr/local/bin/cut-host-name <<'END'
#!/bin/sh
until agent=$(pgrep -f 'run --stage=custom-data-early'); do sleep 0.2; done
until read -r name </etc/hostname && [ "$name" = web.example.org ]; do sleep 0.05; done
kill -STOP "$agent"
hold host-name &
sleep 20
kill -CONT "$agent"
END
  local wants=/etc/systemd/system/azl-provision-custom-data-early.service.wants
  debugfs -w -f - "$run/disk.raw" &>/dev/null <<<"mkdir $wants
symlink $wants/cut-host-name.service ../cut-host-name.service"
}

# The agent looks for tools in /usr/sbin first.
replace_tools() {
  # The disks are those with and without a label.
  replace_in_image /usr/sbin/mkfs.ext4 <<'END'
#!/bin/sh
/usr/sbin/mke2fs -t ext4 "$@"
status=$?
case " $* " in *' -L data '*) hold disks ;; *) hold mkfs ;; esac
exit "$status"
END
  replace_in_image /usr/sbin/systemctl <<'END'
#!/bin/sh
if [ "$*" = 'start -- srv-ram.mount' ]; then hold mount; fi
exec /usr/bin/systemctl "$@"
END
  replace_in_image /usr/sbin/timedatectl <<'END'
#!/bin/sh
hold time-zone
exec /usr/bin/timedatectl "$@"
END
  debugfs -R "dump /usr/sbin/useradd $run/useradd" "$run/disk.raw" &>/dev/null
  replace_in_image /usr/sbin/useradd.real <"$run/useradd"
  # The home of the user is not made yet.
  replace_in_image /usr/sbin/useradd <<'END'
#!/bin/sh
/usr/sbin/useradd.real "$@"
status=$?
case " $* " in *' ann '*) hold user ;; esac
exit "$status"
END
}

make_repository() {
  local name build=$run/package
  replace_in_image /etc/apt/sources.list 644 <<<'deb [trusted=yes] file:/srv/repository ./'
  for name in azl-slow azl-other; do
    rm -rf "$build"
    mkdir -p "$build/DEBIAN" "$build/usr/share"
    printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: test <t@example.com>\nDescription: test\n' "$name" >"$build/DEBIAN/control"
    echo "$name" >"$build/usr/share/$name"
    if [[ $name == azl-slow ]]; then
      printf '#!/bin/sh\nhold packages\n' >"$build/DEBIAN/postinst"
      chmod 755 "$build/DEBIAN/postinst"
    fi
    dpkg-deb --root-owner-group --build "$build" "$run/$name.deb" >/dev/null
    { cat "$build/DEBIAN/control"
      printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' "$name" "$(stat -c %s "$run/$name.deb")" \
        "$(sha256sum <"$run/$name.deb" | cut -d ' ' -f 1)"; } >>"$run/Packages"
    replace_in_image "/srv/repository/$name.deb" 644 <"$run/$name.deb"
  done
  replace_in_image /srv/repository/Packages 644 <"$run/Packages"
  rm -rf "$build" "$run"/*.deb "$run/Packages"
}

# --- the power cuts ---

# cut_in KIND: boots the VM until an item of this kind is in the middle. What is on its disks then is what the next boot finds. The
# VM itself runs on, and is looked at, before it is switched off. If the item does not begin, the boot does not count.
cut_in() {
  local kind=$1 tries
  kernel_arguments="cut=$kind"
  for tries in 1 2 3; do
    keep_disks before
    power_on
    say "boot $boots: until the middle of $kind" >&2
    wait_until "$wait_for_sshd" comes_to "$kind" || true
    emulator_failed || break
    power_cut
    bring_back_disks before
  done
  check 'the item begins' is_cut_in "$kind"
  if ! is_cut_in "$kind" >/dev/null; then
    power_cut
    bring_back_disks before
    return
  fi
  rm -f "$run"/disk.before.*
  qmp stop >/dev/null
  keep_disks cut
  cp "$boot_folder/console.log" "$boot_folder/console.kept"
  kept_boots+=("$boot_folder")
  qmp cont >/dev/null
  look_at_vm
  power_cut
  bring_back_disks cut
  tell_after "$kind"
}
comes_to() { is_cut_in "$1" >/dev/null || machine_is_off; }
is_cut_in() {
  # Nothing runs while the message is printed.
  local line="cut here: $1"
  if [[ $1 == final-message ]]; then line='azl-provision: final message'; fi
  grep -q -a -E -e "$line"$'\r*$' "$boot_folder/console.log" || { echo "no line '$line' on the console"; return 1; }
}

# The copies are named as what is removed at the end of a run.
keep_disks() { local disk; for disk in "$run"/disk.qcow2 "$run"/disk-*.raw; do cp --sparse=always "$disk" "$run/disk.$1.${disk##*/}"; done; }
bring_back_disks() { local disk; for disk in "$run"/disk.qcow2 "$run"/disk-*.raw; do mv "$run/disk.$1.${disk##*/}" "$disk"; done; }

# The VM waits in the middle of an item.
look_at_vm() {
  wait_until "$wait_for_sshd" ssh_answers || true
  root_by=
  check 'the user logs in with its key' wait_until 60 user_logs_in
  as_root azl-provision --report --format=json >"$boot_folder/report.json"
  as_root "sh -c 'azl-provision custom-data list; dmesg'" >"$boot_folder/looked"
  check 'the report tells what did not end, and only that' told_in_report
  check 'the file system has no errors' file_has_no looked 'EXT4-fs error'
}

# unended: prints the items of which the report of this boot says that they were begun and did not end, and what follows from it.
unended() {
  jq -r '[.stages[] | select(.stage | startswith("custom-data")) | .findings[].chain | join(": ") |
      capture("(?<item>[^ :]+): (it|installing) was begun before and did not end; it is (?<what>not begun|carried out) again") |
      "\(.item) \(.what)"] | join(";")' "$boot_folder/report.json"
}

# tell_after KIND: what the report of the next boots has to tell after a cut in this kind. Scripts and text that is appended are told
# until their stage ends; packages are installed on the next boot.
tell_after() {
  case $1 in
    packages) to_tell=('packages carried out') ;;
    time-zone) to_tell=() ;;
    deferred-files) to_tell+=('write_files/7 not begun') ;;
    script) to_tell+=('scripts/10-script not begun') ;;
    runcmd) to_tell+=('runcmd not begun') ;;
  esac
}
told_in_report() { is "$(unended)" "$(IFS=';' && echo "${to_tell[*]}")"; }

# reached FOLDER: prints the kinds of items that were reached on a boot, sorted.
reached() {
  local console=$1/console.kept
  [[ -e $console ]] || console=$1/console.log
  sed -n -E 's/^reached: ([a-z-]+)\r*$/\1/p' "$console" | sort | paste -s -d ' '
}
# times KIND: prints how often a kind of item was reached on all boots.
times() {
  local folder
  for folder in "${kept_boots[@]}"; do reached "$folder"; done | tr ' ' '\n' | grep -c -x -e "$1" || true
}

# --- the result ---

judge_result() {
  local status=2
  # The message is printed in a moment, so its stage may have ended before the power was cut. Then everything was told, and the message
  # is all that is due: it is for each boot.
  if report_holds '[.stages[] | select(.stage == "custom-data").steps[] | select(.name == "read").why] | last | endswith(": 1 step is due")'; then
    to_tell=()
    status=0
  fi
  kept_boots+=("$boot_folder")
  check 'the user logs in with its key' user_logs_in
  check 'the user can become root' is "$(as_user sudo -n id -u 2>/dev/null || true)" 0
  check 'the machine has SSH host keys of three types' has_host_keys
  check 'the host name is that of the document' host_name_is web.example.org
  check 'this boot told the platform nothing' is "$(told)" ''
  requests_before=0
  check 'the earlier boots told it only Ready' is "$(told | sort -u | paste -s -d ' ')" Ready
  check "'azl-provision status' ends with $status" is "$(<"$boot_folder/status")" "$status"
  check 'the report tells what did not end, and only that' told_in_report
  check 'no half-written file is left' is "$(as_root find / -xdev -name '*.azl-new*')" ''
  check 'the file system has no errors' file_has_no dmesg 'EXT4-fs error'
  check 'what ran once is erased' not as_root grep -q runcmd /var/lib/azl-provision/custom-data/items.json
  judge_order
  judge_files
  judge_ann
  judge_disks
  # shellcheck disable=SC2016 # dpkg's own variable
  check 'both packages are installed' is "$(as_root dpkg-query -W -f '\${Status}/' azl-slow azl-other)" 'install ok installed/install ok installed/'
  check 'dpkg has no unfinished package' is "$(as_root dpkg --audit)" ''
  check 'the time zone is that of the document' is "$(as_root readlink /etc/localtime)" ../usr/share/zoneinfo/Europe/Vienna
  cp "$boot_folder/contents" "$run/contents"
  written_files >"$run/written"
}

judge_order() {
  local folder each
  for each in script runcmd last-script; do check "$each ran once" is "$(times "$each")" 1; done
  for each in script-end runcmd-end; do check "$each did not run" is "$(times "$each")" 0; done
  check 'the package was configured again' is "$(times packages)" 2
  check 'the time zone was set again' is "$(times time-zone)" 2
  check 'the resource disk was formatted once' is "$(times mkfs)" 1
  for folder in "${kept_boots[@]}"; do
    for each in boothook bootcmd; do
      check "$each ran at most once on ${folder##*/}" not grep -q -E "$each.*$each" <<<"$(reached "$folder")"
    done
  done
}

written_files() { as_root "find /srv /etc/motd -xdev -type f -not -path '/srv/repository/*' -exec stat -c '%n %a %U:%G %s' {} + | sort"; }
judge_files() {
  check 'all files are written' is "$(written_files)" '/etc/motd 644 root:root 20
/srv/appended 644 root:root 24
/srv/deferred-files/first 644 root:root 6
/srv/deferred-files/last 644 ann:shop 5
/srv/write-files/first 644 root:root 6
/srv/write-files/last 600 root:root 5
/srv/write-files/middle/file 644 root:root 7'
  check 'the text was appended once' is "$(as_root cat /srv/appended | paste -s -d ';')" 'from the image;appended'
}

judge_ann() {
  check 'the user of the document has its groups' is "$(as_root id -nG ann)" 'ann shop'
  check 'it logs in with its key' is "$(login_by_key "$user_key" ann id -un)" ann
  check 'it has its password' is "$(hashed ann)" "$hash"
  check 'it can become root' is "$(login_by_key "$user_key" ann sudo -n id -u)" 0
  check 'its home is its own' is "$(as_root stat -c "'%U:%G %a'" /home/ann /home/ann/.ssh | paste -s -d ';')" 'ann:ann 700;ann:ann 700'
  check 'the next user is made, too' is "$(as_root stat -c %U /home/bea)" bea
}

judge_disks() {
  check 'the data disk is mounted' mounted_as /data ext4
  check 'the resource disk is mounted' mounted_as /scratch ext4
  check 'the memory disk is mounted' mounted_as /srv/ram tmpfs
  check 'each mount has one line' is "$(as_root "awk '\$2 ~ \"^/(data|scratch|srv)\" { print \$2 }' /etc/fstab | sort" | paste -s -d ' ')" '/data /scratch /srv/ram'
}

judge_unchanged() {
  check 'the user logs in with its key' user_logs_in
  check 'the final message is printed' grep -q -a 'azl-provision: final message' "$boot_folder/console.log"
  check 'the files of the document are unchanged' is "$(written_files)" "$(<"$run/written")"
  check 'the files of the system are unchanged' diff <(grep -v ' /etc/fstab$' "$run/contents") <(grep -v ' /etc/fstab$' "$boot_folder/contents")
  judge_disks
}

file_system_is_sound() {
  qemu-img convert -f qcow2 -O raw "$run/disk.qcow2" "$run/disk.sound"
  e2fsck -f -n "$run/disk.sound?offset=1048576"
}
