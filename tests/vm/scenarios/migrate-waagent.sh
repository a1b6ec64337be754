# shellcheck shell=bash
# WALinuxAgent provisions the VM, and an administrator has azl-provision take it over. WALinuxAgent stays for extensions.
about='migrated from WALinuxAgent: users, keys, network and host name stay, nothing is provisioned again, and the guest agent runs'
image_for() { echo none+azl-provision+off+waagent; }  # "none" brings the host keys and the network that WALinuxAgent needs

story() {
  first_boot || return
  check 'WALinuxAgent provisioned the user' user_logs_in
  check 'the platform was told Ready, once' told_once Ready
  check 'a VM on which azl-provision is switched off is not taken over' is_refused
  as_root rm /etc/azl-provision/disabled
  as_root sed -i 's/^Provisioning.Agent=.*/Provisioning.Agent=waagent/' /etc/waagent.conf
  judge_migration WALinuxAgent || return
  check 'the guest agent runs' unit_is walinuxagent.service ActiveState active
  check 'WALinuxAgent leaves provisioning to others' as_root grep -qx Provisioning.Agent=auto /etc/waagent.conf
}

is_refused() { ! as_root azl-provision migrate --force >"$run/refused.txt" 2>&1 && grep -q 'switched off by' "$run/refused.txt"; }
