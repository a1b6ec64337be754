# shellcheck shell=bash
# Runs in the VM, as root, with the agent's units as its arguments. Prints
#
#   exit TGID PPID CPU_US PEAK_RSS_KIB NAME    of each thread that has ended
#   runs PID PPID CPU_US PEAK_RSS_KIB NAME     of each process that runs
#   unit NAME CPU_NS                           of the agent's units, with all that ran in them
#   UNIT MICROSECONDS                          when it was reached, from the kernel's start
sed 's/^/exit /' /run/exits
for process in /proc/[0-9]*; do
  peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "$process/status" 2>/dev/null)
  [[ -n $peak ]] || continue
  name=$(<"$process/comm")
  # Nanoseconds on a processor, of all threads.
  cpu=$(cat "$process"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d", sum / 1000 }')
  echo "runs ${process#/proc/} 0 $cpu $peak ${name// /_}"
done
for unit; do echo "unit $unit $(systemctl show -p CPUUsageNSec --value "$unit" | grep -E '^[0-9]+$' || echo 0)"; done
for unit in multi-user.target ssh.service; do
  echo "$unit $(systemctl show -p ActiveEnterTimestampMonotonic --value "$unit")"
done
