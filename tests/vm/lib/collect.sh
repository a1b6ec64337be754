# shellcheck shell=bash
# Runs in the VM as root. Writes the VM's state to standard output as a tar file, for the checks and for debugging.
set -u
folder=$(mktemp -d)
cd "$folder" || exit 1
exec 2>/dev/null

cut -d ' ' -f 1 /proc/uptime >uptime
cat /proc/sys/kernel/random/boot_id >boot-id
journalctl -b -o short-monotonic --no-pager >journal.txt
journalctl -b -o json --no-pager SYSLOG_IDENTIFIER=azl-provision >journal.jsonl
systemctl --failed --plain --no-legend >failed
systemctl list-jobs --no-legend >pending
systemctl list-units --all --plain --no-legend 'azl-*' 'ssh*' '*waagent*' 'cloud-*' 'systemd-networkd*' >units
systemctl show -p Id,ActiveState,SubState,Result,ExecMainStatus,ConditionResult,NRestarts,CPUUsageNSec,MemoryPeak,StatusText,ActiveEnterTimestampMonotonic,InactiveExitTimestampMonotonic,UnitFileState \
  azl-provision-local.service azl-provision.service azl-provision-report.service azl-provision-custom-data-early.service azl-provision-custom-data.service azl-provision.target ssh.service walinuxagent.service \
  cloud-init-main.service cloud-init-local.service cloud-init-network.service cloud-config.service cloud-final.service multi-user.target network-online.target >show
# For the boot plot: 'systemd-analyze plot' would take half a minute on an emulated processor.
systemctl show --all -p Id,InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic '*' >unit-times
systemctl show -p KernelTimestampMonotonic,InitRDTimestampMonotonic,UserspaceTimestampMonotonic,FinishTimestampMonotonic >manager-times
if command -v azl-provision >/dev/null; then
  azl-provision --report --color=never --width=120 >report.txt
  azl-provision --report --format=json >report.json
  azl-provision --report --format=html >report.html
  azl-provision status >status.txt
  echo $? >status
fi
hostname >hostname
cat /etc/machine-id >machine-id
cat /etc/passwd >passwd
cat /etc/shadow >shadow
cat /etc/group >group
/usr/sbin/sshd -T >sshd
for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -l -f "$key"; done >host-keys
for home in /root /home/*; do
  [[ ! -e $home/.ssh/authorized_keys ]] || install -D -m 600 "$home/.ssh/authorized_keys" "authorized_keys.${home##*/}"
done
ip -json address >addresses.json
ip route >routes
ls -l /etc/sudoers.d >sudoers
networkctl status --all --no-pager >networkctl.txt
cat /run/systemd/netif/leases/* >leases
tr '\0' '\n' </var/lib/hyperv/.kvp_pool_1 | grep -v '^$' >kvp
ls -lR /var/lib/waagent /var/lib/azl-provision /var/lib/cloud/data >state-files
cat /var/lib/azl-provision/state.json >state.json
cat /var/lib/waagent/provisioned >waagent-provisioned
cat /var/log/waagent.log >waagent.log
cat /var/log/cloud-init.log >cloud-init.log
dmesg >dmesg
# Paths with owner, mode and content, to compare two boots.
find /etc /home /root /var/lib/azl-provision /var/lib/waagent /boot -xdev \( -type f -o -type l \) -printf '%m %u:%g %p %l\n' | sort -k 3 >files
find /etc /home /root /boot -xdev -type f -print0 | sort -z | xargs -0 sha256sum >contents

tar -c .
cd / && rm -rf "$folder"
