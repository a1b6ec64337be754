# shellcheck shell=bash
# Disks other than the OS disk, as Azure attaches them: SCSI disks with the vendor and model of Hyper-V, and NVMe disks.
#
# QEMU has no VMBus, so a udev rule in the image makes the links that azure-vm-utils makes on Azure. It knows the disk by its
# serial number, which is "resource" or the LUN.
#
# Expects: run, machine_options.

azure_disk_rules='SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_SCSI_SERIAL}=="resource", SYMLINK+="disk/azure/resource"
SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_SCSI_SERIAL}=="[0-9]*", SYMLINK+="disk/azure/data/by-lun/$env{ID_SCSI_SERIAL}"'

# add_scsi_disk NAME SIZE [OPTION...]: adds a blank SCSI disk. NAME is "resource" or "lunN". Its file is disk-NAME.raw in the
# run's folder.
add_scsi_disk() {
  truncate --size="$2" "$run/disk-$1.raw"
  attach_scsi_disk "$1" "file=$run/disk-$1.raw" "${@:3}"
}
# add_failing_disk NAME SIZE read|write [SECTOR]: adds a SCSI disk on which reads, or writes, of this sector fail with an I/O
# error. Without SECTOR they fail everywhere.
add_failing_disk() {
  truncate --size="$2" "$run/disk-$1.raw"
  attach_scsi_disk "$1" file.driver=blkdebug file.image.driver=file "file.image.filename=$run/disk-$1.raw" \
    file.inject-error.0.event=none "file.inject-error.0.iotype=$3" file.inject-error.0.errno=5 ${4:+"file.inject-error.0.sector=$4"}
}
# attach_scsi_disk NAME OPTION...: adds a SCSI disk with these options of QEMU's -drive.
attach_scsi_disk() {
  local options
  options=$(IFS=, && echo "${*:2}")
  [[ " ${machine_options[*]} " == *virtio-scsi-pci* ]] || machine_options+=(-device 'virtio-scsi-pci,id=scsi')
  machine_options+=(-drive "$options,format=raw,if=none,id=$1,cache=$disk_cache"
    -device "scsi-hd,drive=$1,id=dev-$1,vendor=Msft,product=Virtual Disk,serial=${1#lun}")
}
# blank_disk NAME SIZE: erases a disk, as a redeployment does.
blank_disk() { truncate --size=0 "$run/disk-$1.raw" && truncate --size="$2" "$run/disk-$1.raw"; }

# add_nvme_disk NAME SIZE: adds an NVMe disk with QEMU's model name. The agent takes it for a local disk only if LocalModels=
# names that model.
add_nvme_disk() {
  truncate --size="$2" "$run/disk-$1.raw"
  machine_options+=(-drive "file=$run/disk-$1.raw,format=raw,if=none,id=$1,cache=$disk_cache" -device "nvme,drive=$1,id=dev-$1,serial=$1")
}

# make_temporary_storage NAME [FILE]: formats a disk as Azure delivers the resource disk, with one NTFS partition, its label
# and its warning file. FILE is another file to write to it.
make_temporary_storage() {
  local file=$run/disk-$1.raw size offset=$((2048 * 512)) part=$run/ntfs.raw
  size=$(stat -c %s "$file")
  blank_disk "$1" "$size"
  printf 'label: dos\nstart=2048, type=7\n' | sfdisk --quiet --no-reread "$file"
  rm -f "$part"
  truncate --size=$((size - offset)) "$part"
  mkntfs -q -f -F -L 'Temporary Storage' "$part" 2>/dev/null
  printf 'Data on this disk is lost.\n' >"$run/warning"
  ntfscp -q -f "$part" "$run/warning" DATALOSS_WARNING_README.txt
  [[ -z ${2-} ]] || ntfscp -q -f "$part" "$run/warning" "$2"
  dd if="$part" of="$file" bs=1M seek=1 conv=notrunc,sparse status=none
  rm -f "$part"
}

# disk_make_partitioned SIZE: makes an OS disk of this size, with the root file system in a smaller partition.
disk_make_partitioned() {
  local raw=$run/disk.whole source size
  source=$(root_image)
  size=$(stat -c %s "$source")
  rm -f "$raw" "$run/disk.qcow2"
  truncate --size=$((size + (2 << 20))) "$raw"
  printf 'label: gpt\nstart=2048, size=%d, type=linux\n' $((size / 512)) | sfdisk --quiet --no-reread "$raw"
  dd if="$source" of="$raw" bs=1M seek=1 conv=notrunc,sparse status=none
  qemu-img create -q -f qcow2 -b "$raw" -F raw "$run/disk.qcow2" "$1"
  root_device=/dev/vda1
}

# root_grows TYPE: a story in which the root file system is smaller than its disk.
root_grows() {
  disk_make_partitioned 6G
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check "the root file system is $1" mounted_as / "$1"
  check 'the root file system fills its disk' root_fills_disk
  check 'the agent decided to grow it' decided os "grow /dev/vda partition 1 and its $1"
  again 'after a reboot: ' || return
  check 'the agent did not grow it again' file_has_no journal.txt 'azl-provision.*growth: '
  check 'the root file system fills its disk' root_fills_disk
}
root_fills_disk() { is "$(($(as_root df --output=size -B1M / | tail -n 1) > 5500))" 1; }

# disks_power_cut STEP NEXT_STEP MILLISECONDS KIND FOUND: a story of power cuts between the journal lines of two steps.
# MILLISECONDS is the first guess of the time between them; the cuts are spread over that time. A cut that comes after the
# line of NEXT_STEP does not count: it is repeated with a shorter time. After some cuts, the next boot must give FOUND as a
# reason for a disk of this KIND, which shows that the cut interrupted the work.
disks_power_cut() {
  local cuts=10 least=3 most=$3 done=0 tries=0 middle=0 delay
  RANDOM=$seed
  expects_report=false  # Ready may have been told before the cut
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  add_scsi_disk resource 64G
  disk_make_partitioned 6G
  make_temporary_storage resource
  cp --sparse=always "$run/disk.qcow2" "$run/disk.fresh"
  cp --sparse=always "$run/disk-resource.raw" "$run/disk.resource"
  platform_up
  media_make
  while ((done < cuts && tries < 2 * cuts)); do
    tries=$((tries + 1))
    cp --sparse=always "$run/disk.fresh" "$run/disk.qcow2"
    cp --sparse=always "$run/disk.resource" "$run/disk-resource.raw"
    delay=$((done * most / cuts + RANDOM % (most / cuts + 1)))
    power_on
    cut_after 1 "$delay" "azl-provision\\[[0-9]+\\]: $1:" || continue
    if grep -q -a "azl-provision\\[[0-9]*\\]: $2:" "$boot_folder/console.log"; then
      say "$delay ms after $1: too late, $2 is in the journal" >&2
      most=$((most * 4 / 5))
      continue
    fi
    done=$((done + 1))
    check_prefix="cut $done, $delay ms after $1: "
    next_boot || continue
    judge_boot
    check 'the user logs in with its key' user_logs_in
    check 'the root file system fills its disk' root_fills_disk
    check 'the resource disk is mounted' mounted_as /mnt ext4
    check 'the resource disk has its warning file' as_root test -s /mnt/DATALOSS_WARNING_README.txt
    check 'no unfinished work is recorded' is "$(as_root cat /var/lib/azl-provision/disks.json | jq -c .making)" '[]'
    if [[ $(disk_decisions "$4") == *"$5"* ]]; then middle=$((middle + 1)); fi
    say "$check_prefix$(disk_decisions "$4")" >&2
    power_cut
  done
  check_prefix=
  check "$cuts cuts came before $2 was in the journal" is "$done" "$cuts"
  check "at least $least cuts interrupted the work" is "$((middle >= least))" 1
  say "$middle of $done cuts interrupted the work" >&2
}

# disk_decisions KIND: prints the report's decisions about the disks of a kind, joined by "; ".
disk_decisions() { jq -r --arg kind "$1" '[.stages[] | select(.stage == "disks") | .disks[] | select(.kind == $kind) | .decisions[]] | join("; ")' "$boot_folder/report.json"; }
# decided KIND TEXT: succeeds if the decisions about the disks of a kind contain a text.
decided() { [[ $(disk_decisions "$1") == *"$2"* ]] || { disk_decisions "$1"; return 1; }; }
# mounted_as POINT TYPE: succeeds if a file system of this type is mounted there.
mounted_as() { is "$(as_root findmnt -n -o FSTYPE "$1")" "$2"; }
