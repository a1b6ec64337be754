# shellcheck shell=bash
# Disks that fail, are damaged, or can't be examined, and a good one among them, which is set up.
about='disks with I/O errors, damaged partition tables or unreadable NTFS, a read-only disk, and a damaged disks.json: left alone and reported'
kernel_arguments=module_blacklist=ntfs3

story() {
  local lun
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  {
    echo '[Disk]'
    for lun in {0..6}; do echo "DataDisk=lun=$lun mount=/data/$lun overwrite=yes"; done
    echo 'DataDisk=lun=7 label=data mount=/data/7 overwrite=yes'
  } | replace_in_image /etc/azl-provision/azl-provision.conf 644
  add_scsi_disk resource 1G
  make_temporary_storage resource
  add_failing_disk lun0 1G read 0
  add_failing_disk lun1 1G read $(((1 << 21) - 8))
  add_failing_disk lun2 1G write
  add_scsi_disk lun3 1G readonly=on
  add_scsi_disk lun4 1G
  make_damaged_gpt lun4
  add_scsi_disk lun5 1G
  make_table_past_end lun5
  add_scsi_disk lun6 1G
  # An earlier boot may have made this file system. disks.json would say so, but it can't be read.
  add_scsi_disk lun7 1G
  printf 'label: gpt\nstart=2048, type=linux\n' | sfdisk --quiet --no-reread "$run/disk-lun7.raw"
  mkfs.ext4 -q -F -L notes -E offset=$((1 << 20)) "$run/disk-lun7.raw" 900M
  replace_in_image /var/lib/azl-provision/disks.json 600 <<<'{"schema_version": 1, "made": ['
  sha256sum "$run"/disk-{resource,lun{0..5},lun7}.raw >"$run/before"
  first_boot || return
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 2, warnings" is "$(<"$boot_folder/status")" 2
  check 'the resource disk was left alone' decided resource "this kernel cannot read NTFS"
  check 'LUN 0 was left alone, because its start is unreadable' found_of 0 'Input/output error'
  check 'LUN 1 was left alone, because its end is unreadable' found_of 1 'Input/output error'
  check 'the report says that LUN 2 could not be formatted' file_has report.txt 'setting up /dev/'
  check 'LUN 3 was left alone, because it is read-only' found_of 3 'it is read-only'
  check 'LUN 4 was left alone, because its partition table is damaged' found_of 4 'its partition table is damaged'
  check 'LUN 5 was left alone, because a partition exceeds the disk' found_of 5 'damaged'
  check 'LUN 6 was formatted and mounted' mounted_as /data/6 ext4
  check 'LUN 7 was left alone, because an earlier boot may have formatted it' found_of 7 'disks.json could not be read'
  check 'the report says that disks.json is damaged' file_has report.txt 'reading /var/lib/azl-provision/disks.json'
  check 'disks.json records that its content was lost' is "$(as_root cat /var/lib/azl-provision/disks.json | jq .lost)" true
  for lun in 0 1 2 3 4 5 7; do check "nothing is mounted for LUN $lun" not as_root mountpoint -q "/data/$lun"; done
  check 'the VM shuts down' power_off
  check 'no byte of the other disks changed' sha256sum --quiet --check "$run/before"
}
# found_of LUN TEXT: succeeds if the decisions about this data disk contain a text.
found_of() {
  local said
  said=$(jq -r --argjson lun "$1" '.stages[] | select(.stage == "disks") | .disks[] | select(.kind == "data" and .number == $lun) | .decisions[]' "$boot_folder/report.json")
  [[ $said == *"$2"* ]] || { echo "$said"; return 1; }
}

make_damaged_gpt() {
  local file=$run/disk-$1.raw
  printf 'label: gpt\nstart=2048, size=100000, type=linux\n' | sfdisk --quiet --no-reread "$file"
  # Both copies of the entries now have wrong checksums.
  printf 'x' | dd of="$file" bs=1 seek=$((2 * 512 + 40)) conv=notrunc status=none
  printf 'x' | dd of="$file" bs=1 seek=$((($(stat -c %s "$file") / 512 - 33) * 512 + 40)) conv=notrunc status=none
}
make_table_past_end() {
  local file=$run/disk-$1.raw size
  size=$(stat -c %s "$file")
  truncate --size=$((2 * size)) "$file"
  printf 'label: dos\nstart=2048, type=83\n' | sfdisk --quiet --no-reread "$file"
  truncate --size="$size" "$file"
}
