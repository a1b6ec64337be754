# shellcheck shell=bash
# Azure's side of a VM's cable, in a network namespace of its own, so that runs can go side by side: a bridge with the
# gateway's and the platform's addresses, a tap for each NIC of the scenario, DHCP as Azure does it, and the simulator.
#
# Expects: run (the run's folder), scenario_file.

netns=azl-vm-$$

# in_network COMMAND...: not for what runs in the background and is to be stopped by its number, since that would be the
# number of a shell around it.
in_network() { ip netns exec "$netns" "$@"; }

network_up() {
  local mac ip index=0 hosts=() gateways=() octets
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" link add azure type bridge
  ip -n "$netns" address add 168.63.129.16/32 dev azure
  ip -n "$netns" address add 169.254.169.254/32 dev azure
  while read -r mac ip; do
    IFS=. read -ra octets <<<"$ip"
    gateways+=("${octets[0]}.${octets[1]}.${octets[2]}")
    hosts+=("--dhcp-host=$mac,$ip")
    ip -n "$netns" tuntap add "nic$index" mode tap
    ip -n "$netns" link set "nic$index" master azure up
    index=$((index + 1))
  done < <(jq -r '.vm.interfaces[] | "\(.mac) \(.ipv4[0])"' "$scenario_file")
  local subnet ranges=()
  for subnet in $(printf '%s\n' "${gateways[@]}" | sort -u); do
    ip -n "$netns" address add "$subnet.1/24" dev azure
    # With the tag of its range each lease gets its own subnet's gateway.
    ranges+=("--dhcp-range=set:net$subnet,$subnet.100,$subnet.200,255.255.255.0,1h" "--dhcp-option=tag:net$subnet,3,$subnet.1"
      "--dhcp-option-force=tag:net$subnet,121,0.0.0.0/0,$subnet.1,168.63.129.16/32,$subnet.1,169.254.169.254/32,$subnet.1")
  done
  ip -n "$netns" link set azure up
  ip netns exec "$netns" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --interface=azure --bind-interfaces \
    --dhcp-authoritative --dhcp-leasefile="$run/dhcp.leases" --log-dhcp --log-facility="$run/dhcp.log" --pid-file= --no-ping \
    "${ranges[@]}" "${hosts[@]}" --dhcp-option=6,168.63.129.16 --dhcp-option-force=245,a8:3f:81:10 \
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
