# shellcheck shell=bash
# Azure Container Linux, as far as Debian can play it: Ignition ran before, /usr is read-only, and a socket starts sshd.
about='an immutable system with an overlay as /etc: the users and disks that Ignition made are left; keys, host keys and Ready are ours'
image_for() { echo azl-provision+immutable; }
kernel_arguments='init=/usr/local/sbin/immutable-init'

azure() { vm '.ovf.custom_data_base64 = $script' --arg script "$(printf '#!/bin/sh\necho by-custom-data >/etc/by-custom-data\n' | base64 -w0)"; }

story() {
  local made
  replace_in_image /etc/udev/rules.d/80-azure-disk-test.rules 644 <<<"$azure_disk_rules"
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Disk]
DataDisk=lun=0 mount=/data'
  add_scsi_disk lun0 1G
  mkfs.ext4 -q -L ignition "$run/disk-lun0.raw"
  made=$(blkid -o value -s UUID "$run/disk-lun0.raw")
  check "'azl-provision check-image' finds nothing in the image" image_is_clean
  first_boot || return
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check '/usr is read-only' is "$(as_root findmnt -n -o OPTIONS /usr | cut -d , -f 1)" ro
  check '/etc is an overlay' is "$(as_root findmnt -n -o FSTYPE /etc)" overlay
  check 'a socket started sshd' is "$(as_root systemctl is-active ssh.service sshd.socket | paste -s -d ' ')" 'inactive active'
  check 'the first connection found host keys' file_has_no journal.txt 'no hostkeys available|Unable to load host key'
  check "Ignition's user has its keys and no others" is "$(as_root cut -d "' '" -f 3 /home/core/.ssh/authorized_keys)" core@example.com
  check "Ignition's user is still in its groups" is "$(as_root id -nG core)" 'core sudo'
  check 'the file system of Ignition is as it was' is "$(as_root blkid -o value -s UUID /dev/disk/azure/data/by-lun/0)" "$made"
  check 'custom data was carried out' wait_until 120 as_root test -s /etc/by-custom-data
  cp "$boot_folder/host-keys" "$run/"
  again 'after a reboot: '
  check 'the user logs in with its key' user_logs_in
  check 'the host keys are the same' unchanged host-keys
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
}
