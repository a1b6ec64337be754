# shellcheck shell=bash
# Azure's side of the VM's network: a bridge with the gateway's address for each subnet, a tap device for each NIC of the
# scenario, the platform's addresses, DHCP as on Azure, and the simulator. It is in a separate network namespace, so that
# several runs can work in parallel. The first NIC of the scenario is the primary: only its leases have routes to the platform.
#
# Uses the variables run (the run's folder) and scenario_file.

netns=azl-vm-$$
wireserver=168.63.129.16  # DHCP tells the VM this address

# in_network COMMAND...: runs a command in the namespace. Don't use it for background processes that are killed later: $! would
# be the process id of a subshell.
in_network() { ip netns exec "$netns" "$@"; }

network_up() {
  local mac ip index=0 subnet bridge routes options=()
  declare -A bridges=()
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" address add "$wireserver/32" dev lo
  ip -n "$netns" address add 169.254.169.254/32 dev lo
  # A host on the Internet (TEST-NET-1 of RFC 5737).
  ip -n "$netns" address add 192.0.2.1/32 dev lo
  while read -r mac ip; do
    subnet=${ip%.*}
    bridge=${bridges[$subnet]-}
    if [[ -z $bridge ]]; then
      bridge=azure${#bridges[@]}
      # The tag gives each lease the gateway of its own subnet.
      routes=0.0.0.0/0,$subnet.1
      ((index > 0)) || routes+=,$wireserver/32,$subnet.1,169.254.169.254/32,$subnet.1
      options+=("--interface=$bridge" "--dhcp-range=set:$bridge,$subnet.100,$subnet.200,255.255.255.0,1h"
        "--dhcp-option=tag:$bridge,3,$subnet.1" "--dhcp-option-force=tag:$bridge,121,$routes")
      bridges[$subnet]=$bridge
      ip -n "$netns" link add "$bridge" type bridge
      ip -n "$netns" address add "$subnet.1/24" dev "$bridge"
      ip -n "$netns" link set "$bridge" up
    fi
    options+=("--dhcp-host=$mac,$ip")
    ip -n "$netns" tuntap add "nic$index" mode tap
    ip -n "$netns" link set "nic$index" master "$bridge" up
    index=$((index + 1))
  done < <(jq -r '.vm.interfaces[] | "\(.mac) \(.ipv4[0])"' "$scenario_file")
  ip netns exec "$netns" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --bind-interfaces \
    --dhcp-authoritative --dhcp-leasefile="$run/dhcp.leases" --log-dhcp --log-facility="$run/dhcp.log" --pid-file= --no-ping \
    "${options[@]}" --dhcp-option=6,"$wireserver" --dhcp-option-force=245,"$(printf '%02x:%02x:%02x:%02x' ${wireserver//./ })" \
    --dhcp-option=15,lab.internal.cloudapp.net &
}

# Starts the simulator with the scenario file on Azure's addresses. Stops an earlier one.
platform_up() {
  platform_down
  rm -f "$run/ready.json"
  ip netns exec "$netns" "$platform_program" serve "$scenario_file" --imds 169.254.169.254:80 --wireserver "$wireserver:80" \
    --host-plugin "$wireserver:32526" --authority "$run/authority" --log "$run/requests.jsonl" --ready-file "$run/ready.json" >"$run/platform.log" 2>&1 &
  platform=$!
  wait_until 30 test -s "$run/ready.json" || die "the simulator did not start: $(<"$run/platform.log")"
}

platform=
platform_down() {
  [[ -n $platform ]] || return 0
  kill "$platform" 2>/dev/null || true
  wait "$platform" 2>/dev/null || true
  platform=
}

# Kills all processes in the namespace and deletes it.
network_down() {
  local pids
  ip netns list | grep -q "^$netns\b" || return 0
  mapfile -t pids < <(ip netns pids "$netns")
  # The braces discard bash's own message about the killed jobs.
  ((${#pids[@]} == 0)) || { kill -KILL "${pids[@]}"; wait "${pids[@]}"; } 2>/dev/null || true
  ip netns delete "$netns" || true
}
