# shellcheck shell=bash
# Azure's side of a VM's cables, in a network namespace of its own, so that runs can go side by side: a bridge for each subnet
# with the gateway's address, the platform's addresses, a tap for each NIC of the scenario, DHCP as Azure does it, and the
# simulator. The first NIC of the scenario is the primary: its leases alone have routes to the platform.
#
# Expects: run (the run's folder), scenario_file.

netns=azl-vm-$$

# in_network COMMAND...: not for what runs in the background and is to be stopped by its number, since that would be the
# number of a shell around it.
in_network() { ip netns exec "$netns" "$@"; }

network_up() {
  local mac ip index=0 subnet bridge routes options=()
  declare -A bridges=()
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" address add 168.63.129.16/32 dev lo
  ip -n "$netns" address add 169.254.169.254/32 dev lo
  # Somebody on the Internet (RFC 5737's TEST-NET-1).
  ip -n "$netns" address add 192.0.2.1/32 dev lo
  while read -r mac ip; do
    subnet=${ip%.*}
    bridge=${bridges[$subnet]-}
    if [[ -z $bridge ]]; then
      bridge=azure${#bridges[@]}
      # With the tag of its range each lease gets its own subnet's gateway.
      routes=0.0.0.0/0,$subnet.1
      ((index > 0)) || routes+=,168.63.129.16/32,$subnet.1,169.254.169.254/32,$subnet.1
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
    "${options[@]}" --dhcp-option=6,168.63.129.16 --dhcp-option-force=245,a8:3f:81:10 \
    --dhcp-option=15,lab.internal.cloudapp.net &
}

# Plays the scenario file on Azure's addresses, until it is played anew.
platform_up() {
  platform_down
  rm -f "$run/ready.json"
  ip netns exec "$netns" "$platform_program" serve "$scenario_file" --imds 169.254.169.254:80 --wireserver 168.63.129.16:80 \
    --host-plugin 168.63.129.16:32526 --log "$run/requests.jsonl" --ready-file "$run/ready.json" >"$run/platform.log" 2>&1 &
  platform=$!
  wait_until 30 test -s "$run/ready.json" || die "the platform did not start: $(<"$run/platform.log")"
}

platform=
platform_down() {
  [[ -n $platform ]] || return 0
  kill "$platform" 2>/dev/null || true
  wait "$platform" 2>/dev/null || true
  platform=
}

# Ends everything that runs in the namespace, and the namespace.
network_down() {
  local pids
  ip netns list | grep -q "^$netns\b" || return 0
  mapfile -t pids < <(ip netns pids "$netns")
  # Braces, for bash tells of a killed job on its own.
  ((${#pids[@]} == 0)) || { kill -KILL "${pids[@]}"; wait "${pids[@]}"; } 2>/dev/null || true
  ip netns delete "$netns" || true
}
