# shellcheck shell=bash
# Runs in the VM as root, with the agent's units as arguments. Prints
#
#   exit TGID PPID CPU_US PEAK_RSS_KIB NAME    for each thread that has ended
#   runs PID PPID CPU_US PEAK_RSS_KIB NAME     for each running process; PPID is always 0
#   unit NAME CPU_NS                           for each of the agent's units, including all its processes
#   UNIT MICROSECONDS                          when the unit became active, since the kernel started
sed 's/^/exit /' /run/exits
for process in /proc/[0-9]*; do
  peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "$process/status" 2>/dev/null)
  [[ -n $peak ]] || continue
  name=$(<"$process/comm")
  # The first field of schedstat is CPU time in nanoseconds.
  cpu=$(cat "$process"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d", sum / 1000 }')
  echo "runs ${process#/proc/} 0 $cpu $peak ${name// /_}"
done
for unit; do echo "unit $unit $(systemctl show -p CPUUsageNSec --value "$unit" | grep -E '^[0-9]+$' || echo 0)"; done
for unit in multi-user.target ssh.service; do
  echo "$unit $(systemctl show -p ActiveEnterTimestampMonotonic --value "$unit")"
done
