# shellcheck shell=bash
# Four local NVMe disks in a striped array: over a reboot, after an interrupted creation, and with one disk blank again.
about='four local NVMe disks become one array, which is used again after a reboot, and is left alone if a disk comes back blank'
image_for() { echo azl-provision+disks; }

story() {
  local each
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
LocalDisks=stripe
LocalModels=QEMU NVMe Ctrl
FileSystem=xfs'
  for each in a b c d; do add_nvme_disk "local-$each" 1G; done
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  judge_array
  check 'the agent decided to format the array' decided array "as xfs 'ephemeral': it is blank"
  as_root "bash -c 'echo kept > /local/file; sync'"

  again 'after a reboot: ' || return
  judge_array
  check 'the existing file system was used again' decided array 'an earlier boot made its file system'
  check 'the written file is still there' is "$(as_root cat /local/file)" kept

  # Makes the state after a power failure while mdadm wrote its superblocks.
  check 'the array is damaged on purpose' as_root bash -s <<'EOT'
set -e
umount /local
udevadm control --stop-exec-queue  # udev would start the array again
dd if=/dev/zero of=/dev/md/azl-local bs=1M count=4 conv=fsync status=none
mdadm --stop /dev/md/azl-local
mdadm --zero-superblock /dev/nvme1n1
dd if=/dev/zero of=/dev/nvme1n1 bs=1M count=8 conv=fsync status=none
uuid=$(blkid -p -s UUID -o value /dev/nvme0n1)
printf '{"schema_version": 1, "making": [{"uuid": "%s", "place": "array", "failed": false}], "striping": "%s"}' "$uuid" "$uuid" >/var/lib/azl-provision/disks.json
! mdadm --examine /dev/nvme1n1
EOT
  again 'after an interrupted creation: ' || return
  judge_array
  check 'the agent decided to make the array again' decided array "as xfs 'ephemeral': it is blank"

  again 'with a blank disk: ' blank_disk local-c 1G || return
  check 'the disks were left alone' decided local 'the array has other members'
  check 'nothing is mounted' not as_root mountpoint -q /local
}

judge_array() {
  check 'the array is mounted' mounted_as /local xfs
  check 'the array is as large as its four disks' is "$(($(as_root df --output=size -B1M /local | tail -n 1) > 3500))" 1
}
