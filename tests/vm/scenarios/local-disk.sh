# shellcheck shell=bash
# One local NVMe disk, with swap beside its file system.
about='a local NVMe disk is formatted with a swap partition, is there again after a reboot, and anew after a redeployment'

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
  check 'it was formatted' decided local "partition /dev/nvme0n1 and format it as ext4 'ephemeral', 256 MiB for swap: it is blank"
  judge_mounted
  as_root "bash -c 'echo kept > /local/file; sync'"

  again 'after a reboot: ' || return
  check 'it was taken up again' decided local 'an earlier boot made its file system'
  judge_mounted
  check 'what was written is there' is "$(as_root cat /local/file)" kept

  again 'redeployed: ' blank_disk local 1G || return
  check 'it was formatted anew' decided local 'it is blank'
  judge_mounted
  check 'what was written is gone' not as_root test -e /local/file
}

judge_mounted() {
  check 'it is mounted' mounted_as /local ext4
  check 'its other partition is swap' is "$(as_root swapon --show=NAME,SIZE --noheadings | tr -s ' ')" '/dev/nvme0n1p2 256M'
}
