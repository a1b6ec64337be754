# shellcheck shell=bash
# One local NVMe disk with a file system and a swap partition.
about='a local NVMe disk is formatted with a swap partition, kept over a reboot, and formatted again after a redeployment'

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
LocalDisks=first
LocalModels=QEMU NVMe Ctrl
Swap=partition
SwapSize=256M'
  add_nvme_disk local 1G
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the agent decided to format the disk' decided local "partition /dev/nvme0n1 and format it as ext4 'ephemeral', 256 MiB for swap: it is blank"
  judge_mounted
  as_root "bash -c 'echo kept > /local/file; sync'"

  again 'after a reboot: ' || return
  check 'the existing file system was used again' decided local 'an earlier boot made its file system'
  judge_mounted
  check 'the written file is still there' is "$(as_root cat /local/file)" kept

  again 'redeployed: ' blank_disk local 1G || return
  check 'the agent decided to format the blank disk' decided local 'it is blank'
  judge_mounted
  check 'the written file is gone' not as_root test -e /local/file
}

judge_mounted() {
  check 'the file system is mounted' mounted_as /local ext4
  check 'the second partition is in use as swap' is "$(as_root swapon --show=NAME,SIZE --noheadings | tr -s ' ')" '/dev/nvme0n1p2 256M'
}
