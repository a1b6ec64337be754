# shellcheck shell=bash
# Measures one boot for tests/vm/compare. Times are in milliseconds since the VM was switched on.
#
# Needs the variables of story.sh, and an image with the part "measured".

# The names of an agent's own processes, and the units that they run in.
declare -A own_names=(
  [azl-provision]='azl-provision'
  [cloud-init]='cloud-init ds-identify cloud-id cloud-init-per'
  [waagent]='python3 waagent'
)
declare -A own_units=(
  [azl-provision]='azl-provision-local.service azl-provision.service azl-provision-disks.service azl-provision-report.service'
  [cloud-init]='cloud-init-main.service cloud-init-local.service cloud-init-network.service cloud-config.service cloud-final.service'
  [waagent]='walinuxagent.service'
)

# Boots once and prints "NAME VALUE" lines.
measure_boot() {
  local banner_ms kernel_ms values
  cat "$(root_image)" "$image/kernel" "$image/initrd" >/dev/null  # so that the host has it in its page cache at every boot
  disk_make
  power_on
  banner_ms=$(wait_for_banner) || { echo 'sshd never answered' >&2; return 1; }
  root_by=
  wait_until 120 as_root true 2>/dev/null || { echo 'no login' >&2; return 1; }
  as_root timeout 600 systemctl is-system-running --wait >"$boot_folder/system-state" 2>&1 || true
  if [[ $agent != none ]]; then wait_until 600 told_something || { echo 'the platform was told nothing' >&2; return 1; }; fi
  kernel_ms=$(kernel_start_ms)
  values=$(as_root bash -s -- "${own_units[$agent]-}" <"$lab/lib/measure-guest.sh")
  printf '%s\n' "$values" >"$boot_folder/measured"
  echo "sshd_ms $((banner_ms - power_on_ms))"
  echo "kernel_ms $((kernel_ms - power_on_ms))"
  [[ $agent == none ]] || echo "ready_ms $(($(ready_at_ms) - power_on_ms))"
  echo "multi_user_ms $((kernel_ms - power_on_ms + $(awk '$1 == "multi-user.target" { print int($2 / 1000) }' "$boot_folder/measured")))"
  [[ $agent == none ]] || own_use
  echo "requests $(requests | wc -l)"
}

# Polls sshd and prints the time of its first line, in milliseconds since the epoch.
wait_for_banner() {
  # shellcheck disable=SC2016 # for the inner shell
  in_network timeout "$wait_for_sshd" bash -c 'while kill -0 "$2" 2>/dev/null; do
    if exec 3<>"/dev/tcp/$1/22" && read -r -t 60 line <&3 && [[ $line == SSH-* ]]; then echo $((${EPOCHREALTIME/[.,]/} / 1000)); exit; fi
    sleep 0.05
  done
  exit 1' _ "$(guest_address)" "$machine" 2>/dev/null
}

# Prints when the guest's uptime was zero, in milliseconds since the epoch. Of several tries the smallest result is the most
# exact, because its answer came fastest.
kernel_start_ms() {
  local try uptime best=0 start
  for try in 1 2 3 4 5; do
    uptime=$(as_root cat /proc/uptime | cut -d ' ' -f 1)
    start=$(($(now_ms) - ${uptime/./}0))
    ((best != 0 && best < start)) || best=$start
  done
  echo "$best"
}

ready_at_ms() {
  date -d "$(requests | jq -r 'select(.method == "POST" and (.target | test("health")) and .status < 300 and (.body | test("[>\"]Ready[<\"]"))) | .time' | head -n 1)" +%s%3N
}

# Prints CPU time and peak memory of the agent's own processes, ended or running, and the CPU time of their child programs.
own_use() {
  awk -v names="${own_names[$agent]}" '
    BEGIN { split(names, list, " "); for (i in list) own[list[i]] = 1 }
    $1 == "exit" && ($6 in own) || $1 == "runs" && ($6 in own) { cpu += $4; if ($5 > peak) peak = $5 }
    $1 == "unit" { units += $3 / 1000 }
    END { printf "own_cpu_ms %.1f\nchildren_cpu_ms %.1f\npeak_rss_kib %d\n", cpu / 1000, (units - cpu > 0 ? units - cpu : 0) / 1000, peak }
  ' "$boot_folder/measured"
}
