# shellcheck shell=bash
# A software-emulated VM with the properties of a VM on Azure: DMI, NICs with Azure's MAC addresses, the provisioning DVD. Its
# disk is an overlay over the agent's image.
#
# Uses the variables run, scenario_file and image (a folder of the cache). A scenario may change the variables below, and machine_type and
# media_device of architecture.sh.

machine=          # process id of QEMU
boots=0           # how often the VM was switched on
boot_folder=      # folder for the files of the current boot
requests_before=0 # requests to the platform before the current boot
kernel_arguments=
machine_options=()
memory_mb=1024
media_index=0     # the IDE drive with the media
empty_drives=()   # IDE drives without media
disk_cache=unsafe
root_device=/dev/vda

# Makes the disk of a new VM: an overlay over the agent's image, or over this VM's changed copy (replace_in_image).
disk_make() { qemu-img create -q -f qcow2 -b "$(root_image)" -F raw "$run/disk.qcow2"; }
root_image() { if [[ -e $run/disk.raw ]]; then echo "$run/disk.raw"; else echo "$image/disk.raw"; fi; }

# replace_in_image FILE [MODE]: writes standard input to a file in this VM's copy of the image. Only before the first boot.
replace_in_image() {
  local file=$1 mode=${2-755}
  rm -f "$run/disk.qcow2"
  [[ -e $run/disk.raw ]] || cp --sparse=always "$image/disk.raw" "$run/disk.raw"
  cat >"$run/file"
  debugfs -w -f - "$run/disk.raw" &>/dev/null <<<"$(parents_of "$file" | sed 's/^/mkdir /')
rm $file
write $run/file $file
sif $file mode 0100$mode"
  disk_make
}

# parents_of FILE: prints the directories above an absolute path, the outermost first.
parents_of() {
  local parent=${1%/*}
  [[ -n $parent ]] || return 0
  parents_of "$parent"
  echo "$parent"
}

media_make() {
  rm -f "$run/dvd.iso"
  "$platform_program" media "$scenario_file" --output "$run/dvd.iso" 2>"$run/media.log" || rm -f "$run/dvd.iso"
}

# Prints the VM's id as the firmware shows it. Generation 1 (without EFI) reverses the bytes of the first three groups.
dmi_uuid() {
  local vm_id
  vm_id=$(jq -r .vm.vm_id "$scenario_file")
  if ((generation == 1)); then sed -E 's/^(..)(..)(..)(..)-(..)(..)-(..)(..)-/\4\3\2\1-\6\5-\8\7-/' <<<"$vm_id"; else echo "$vm_id"; fi
}

power_on() {
  local nics=() drives=() mac index=0
  boots=$((boots + 1))
  boot_folder=$run/boot-$boots
  mkdir -p "$boot_folder"
  : >"$boot_folder/console.log"  # must exist before QEMU opens it, for readers such as cut_after
  while read -r mac; do
    nics+=(-netdev "tap,id=net$index,ifname=nic$index,script=no,downscript=no" -device "$(nic_device "$index" "$mac")")
    index=$((index + 1))
  done < <(jq -r '.vm.interfaces[].mac' "$scenario_file")
  if [[ -e $run/dvd.iso && ${#media_device[@]} -gt 0 ]]; then
    drives+=(-drive "file=$run/dvd.iso,format=raw,media=cdrom,if=none,id=dvd,readonly=on" "${media_device[@]}")
  elif [[ -e $run/dvd.iso ]]; then
    drives+=(-drive "file=$run/dvd.iso,format=raw,media=cdrom,if=ide,index=$media_index,readonly=on")
  fi
  for index in "${empty_drives[@]}"; do drives+=(-drive "media=cdrom,if=ide,index=$index"); done
  index=0
  requests_before=$(request_count)
  power_on_ms=$(now_ms)
  ip netns exec "$netns" "$qemu" -nodefaults -display none -machine "$machine_type" "${firmware[@]}" \
    -accel tcg,thread=multi,tb-size=512 -cpu "$processor" -smp 2 -m "$memory_mb" \
    -smbios 'type=1,manufacturer=Microsoft Corporation,product=Virtual Machine,version=Hyper-V UEFI Release v4.1,uuid='"$(dmi_uuid)" \
    -smbios type=3,asset=7783-7084-3265-9085-8269-3286-77 \
    -kernel "$image/kernel" -initrd "$image/initrd" \
    -append "root=$root_device rw console=$console_port loglevel=4 panic=-1 mitigations=off systemd.show_status=yes $kernel_options $kernel_arguments" \
    -drive "file=$run/disk.qcow2,format=qcow2,if=virtio,cache=$disk_cache" "${drives[@]}" "${nics[@]}" \
    -serial "file:$boot_folder/console.log" -qmp "unix:$sockets/qmp,server=on,wait=off" -no-reboot "${machine_options[@]}" \
    >"$boot_folder/qemu.log" 2>&1 &
  machine=$!
}

# nic_device INDEX MAC: prints QEMU's device for a NIC. A scenario may redefine this function.
nic_device() { echo "virtio-net-pci,netdev=net$1,mac=$2,id=nic$1"; }

machine_runs() { [[ -n $machine ]] && kill -0 "$machine" 2>/dev/null; }
# Succeeds if a bug of QEMU 7.2 made the kernel panic. QEMU sometimes executes a kernel instruction while another processor is
# patching it (jump labels). The kernel then hits a breakpoint that was already removed ("Oops: int3"); no user program can
# cause that. In the first seconds of a boot the panic can have other forms, too.
emulator_failed() {
  machine_is_off && grep -q -a 'Kernel panic' "$boot_folder/console.log" &&
    { grep -q -a 'Oops: int3' "$boot_folder/console.log" || ! grep -q -a -E 'systemd|initramfs' "$boot_folder/console.log"; }
}
machine_is_off() { ! machine_runs; }

# qmp COMMAND [ARGUMENTS]: sends a command to QEMU. The arguments are JSON.
qmp() {
  { echo '{"execute":"qmp_capabilities"}'
    echo "{\"execute\":\"$1\",\"arguments\":${2-{\}}}"
    sleep 0.3; } | socat -t 2 - "UNIX-CONNECT:$sockets/qmp" 2>/dev/null
}

# Shuts the VM down cleanly.
power_off() {
  machine_runs || return 0
  as_root systemctl poweroff &>/dev/null || qmp system_powerdown >/dev/null || true
  wait_until $((120 * patience)) machine_is_off || { echo "the VM did not shut down within $((2 * patience)) minutes" >&2; power_cut; }
  wait "$machine" 2>/dev/null || true
  machine=
  guest_forget
}

# Switches the VM off at once, as a power failure does.
power_cut() {
  machine_runs || return 0
  # The braces discard bash's own message about the killed job.
  { kill -KILL "$machine"; wait "$machine"; } 2>/dev/null || true
  machine=
  guest_forget
}

# cut_after LINES MILLISECONDS [PATTERN]: waits until the console has this many lines of the agent (or lines that match a
# pattern), waits this many milliseconds, and cuts the power. Sets last_line to the agent's step in the last line. Fails if the
# lines did not come or the emulator failed; then the cut does not count.
cut_after() {
  local wanted=$1 delay=$2 pattern=${3-'azl-provision\['} seen=0 line part='' console deadline=$((SECONDS + wait_for_sshd))
  last_line=nothing
  exec {console}< <(tail -n +1 -f --pid="$machine" "$boot_folder/console.log" 2>/dev/null)
  while ((seen < wanted && SECONDS < deadline)); do
    if ! read -r -t 5 line <&"$console"; then  # a time-out: 'read' alone would not notice that the VM is off
      part+=$line
      machine_runs || break
      continue
    fi
    line=$part$line part=''
    [[ $line =~ $pattern ]] || continue
    seen=$((seen + 1))
    last_line=$(sed -E 's/.*azl-provision\[[0-9]+\]: ([^:]*).*/\1/' <<<"$line")
  done
  sleep "$((delay / 1000)).$(printf '%03d' $((delay % 1000)))"
  power_cut
  exec {console}<&-
  if ((seen < wanted)); then
    say "boot $boots: only $seen of $wanted lines of the agent came, so this cut does not count" >&2
    return 1
  fi
  ! emulator_failed
}
