#!/bin/bash
# Gives rendered files to the real systemd-networkd, in network namespaces with veth pairs as NICs. Checks the addresses, routes
# and rules that networkd sets, and whether the addresses can be reached from outside.
#
#   tests/system/networkd_test.sh AZL_PROVISION
#
# The "cloud" gives leases as Azure does: only the first NIC's lease has the routes to IMDS and the WireServer. Exits with 77
# (skipped) without root, networkd, dnsmasq, dbus-daemon or namespaces.
set -euo pipefail

program=$(readlink -f "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
networkd=/usr/lib/systemd/systemd-networkd
failures=0

skip() { echo "skipped: $1"; exit 77; }
fail() { echo "FAILED: $1"; [[ -z ${2-} ]] || sed 's/^/    /' <<<"$2"; failures=$((failures + 1)); }
# check NAME EXPECTED FOUND
check() { if [[ $2 == "$3" ]]; then echo "ok: $1"; else fail "$1" "$(diff <(echo "$2") <(echo "$3"))"; fi; }

# Everything below runs in its own mount, network and PID namespaces. All of it ends with them.
if [[ ${2-} != inside ]]; then
  ((EUID == 0)) || skip 'networkd in a namespace needs root'
  for tool in "$networkd" dnsmasq dbus-daemon ip unshare busctl; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
  done
  unshare --mount --net --pid --fork true 2>/dev/null || skip 'namespaces cannot be created'
  exec unshare --mount --net --pid --fork --kill-child --mount-proc -- "$0" "$program" inside
fi

work=$(mktemp -d)
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$work"
mkdir -p /run/netns /run/dbus /run/systemd/netif/{links,leases,lldp} "$work/network" "$work/rendered"
chown -R systemd-network:systemd-network /run/systemd/netif
mount --bind "$work/network" /etc/systemd/network
chmod 755 "$work" "$work/network"

vm() { ip netns exec vm "$@"; }
# until_true SECONDS COMMAND…: repeats the command until it succeeds; fails after SECONDS.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# add_nic NUMBER: adds a veth pair, pN in the VM and cN in the cloud. The cloud's end has 10.0.N.1 and fd00:N::1.
add_nic() {
  ip link add "c$1" type veth peer name "p$1" netns vm address "00:0d:3a:00:00:1$1"
  ip address add "10.0.$1.1/24" dev "c$1"
  ip address add "fd00:$1::1/64" dev "c$1" nodad
  ip link set "c$1" up
}

make_cloud() {
  ip link set lo up
  ip netns add vm
  vm ip link set lo up
  ip address add 192.0.2.1/32 dev lo
  ip address add 169.254.169.254/32 dev lo
  sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=1
  # The setting of Azure Linux's hardening.
  vm sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
  add_nic 0
  add_nic 1
  # Requests to the second NIC come from an address that the VM reaches by default routes only.
  ip route change 10.0.1.0/24 dev c1 src 192.0.2.1
}

serve_leases() {
  local option=option:classless-static-route
  dnsmasq --conf-file=/dev/null --no-daemon --no-resolv --no-hosts --bind-dynamic --interface=c0 --interface=c1 --interface=c2 \
    --log-facility="$work/dnsmasq.log" --dhcp-leasefile="$work/leases" --dhcp-authoritative --dhcp-broadcast --no-ping \
    --dhcp-range=set:n0,10.0.0.4,10.0.0.4 --dhcp-range=set:n1,10.0.1.4,10.0.1.4 --dhcp-range=set:n2,10.0.2.4,10.0.2.4 \
    --dhcp-option=tag:n0,"$option,0.0.0.0/0,10.0.0.1,168.63.129.16/32,10.0.0.1,169.254.169.254/32,10.0.0.1" \
    --dhcp-option=tag:n1,option:router,10.0.1.1 --dhcp-option=tag:n2,option:router,10.0.2.1 \
    --dhcp-option=option:dns-server,168.63.129.16 --dhcp-option=245,a8:3f:81:10 \
    --enable-ra --dhcp-range=fd00:1::4,fd00:1::4,64 2>"$work/dnsmasq.err" &
}

serve_bus() {
  cat >"$work/bus.conf" <<'EOT'
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
EOT
  dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile 2>"$work/bus.err" &
  until_true 100 test -S /run/dbus/system_bus_socket
}

# A read-only /sys tells networkd that there is no udev, so no link has a property: the default file matches the primary's MAC.
write_default_file() {
  sed 's/^Property=.*/MACAddress=00:0d:3a:00:00:10/' "$root/units/99-azl-provision-default.network" >"$work/network/99-default.network"
}

# render [CONFIGURATION LINE…]: writes the files of the VM's NICs into networkd's directory.
render() {
  local tree=$work/tree nics imds='' links='' separator='' i
  mkdir -p "$tree/etc/azl-provision"
  printf '[Network]\n%s\n' "$@" >"$tree/etc/azl-provision/azl-provision.conf"
  nics=$(vm ls /sys/class/net | sed -n 's/^p//p')
  for i in $nics; do
    local v6=''
    [[ $i != 1 ]] || v6=', "ipv6": {"ipAddress": [{"privateIpAddress": "fd00:1::4"}], "subnet": [{"address": "fd00:1::", "prefix": "64"}]}'
    imds+="$separator{\"macAddress\": \"000D3A00001$i\", \"ipv4\": {\"ipAddress\": [{\"privateIpAddress\": \"10.0.$i.4\"}, {\"privateIpAddress\": \"10.0.$i.5\"}], \"subnet\": [{\"address\": \"10.0.$i.0\", \"prefix\": \"24\"}]}$v6}"
    links+="$separator{\"index\": $((i + 2)), \"name\": \"p$i\", \"mac\": \"00:0d:3a:00:00:1$i\", \"driver\": \"veth\", \"routes_to_imds\": $([[ $i == 0 ]] && echo true || echo false)}"
    separator=', '
  done
  # The primary gets no further address, so the default file is enough for it.
  echo "{\"compute\": {}, \"network\": {\"interface\": [${imds/, \{\"privateIpAddress\": \"10.0.0.5\"\}/}]}}" >"$work/imds.json"
  echo "[$links]" >"$work/links.json"
  rm -f "$work"/network/50-azl-provision-*
  "$program" render-network --root "$tree" --imds "$work/imds.json" --links "$work/links.json" --output "$work/network" >/dev/null
}

start_networkd() {
  vm env SYSTEMD_LOG_LEVEL=info SYSTEMD_LOG_TARGET=console \
    unshare --mount sh -c "mount -o remount,ro /sys && exec $networkd" >"$work/networkd.log" 2>&1 &
}

reload() { busctl --system call org.freedesktop.network1 /org/freedesktop/network1 org.freedesktop.network1.Manager Reload >/dev/null; }

has_address() { vm ip -o address show dev "$1" | grep -qF " $2/"; }
# Prints the routes of a table without what differs from run to run.
routes() { vm ip "-$1" route show table "$2" 2>/dev/null | sed -e 's/ expires [0-9]*sec//; s/ hoplimit [0-9]*//; s/ pref medium//; s/ *$//' | LC_ALL=C sort; }
rules() { vm ip "-$1" rule show | sed -n 's/^10000:\t//p' | sort; }
# answers ADDRESS: whether the address accepts a TCP connection from outside. A DNS server in the VM listens.
answers() { timeout 5 bash -c "exec 3<>/dev/tcp/$1/53" 2>/dev/null; }

start() {
  make_cloud
  serve_bus
  serve_leases
  write_default_file
  render
  start_networkd
  until_true 100 has_address p0 10.0.0.4 || fail 'the primary has a lease' "$(cat "$work/networkd.log" "$work/dnsmasq.err")"
  until_true 100 has_address p1 10.0.1.5 || fail 'the second NIC is configured' "$(cat "$work/networkd.log")"
  until_true 100 has_address p1 fd00:1::4 || fail 'the second NIC has its IPv6 lease' "$(cat "$work/networkd.log")"
  vm dnsmasq --conf-file=/dev/null --no-daemon --no-resolv --no-hosts --port=53 --pid-file= >"$work/echo.log" 2>&1 &
  until_true 100 answers 10.0.0.4 || fail 'the primary answers'
}

test_files_are_taken() {
  check 'networkd accepts every line' '' "$(grep -E 'network:[0-9]+:|Unknown|Failed to parse|Invalid' "$work/networkd.log" || true)"
}

test_addresses_routes_rules() {
  check 'addresses of the second NIC' $'10.0.1.4/24\n10.0.1.5/24' "$(vm ip -o -4 address show dev p1 | sed 's/.* inet \([^ ]*\) .*/\1/' | sort)"
  check 'the main table has only routes of the primary' '10.0.0.0/24 dev p0 proto kernel scope link src 10.0.0.4 metric 100
168.63.129.16 via 10.0.0.1 dev p0 proto dhcp src 10.0.0.4 metric 100
169.254.169.254 via 10.0.0.1 dev p0 proto dhcp src 10.0.0.4 metric 100
default via 10.0.0.1 dev p0 proto dhcp src 10.0.0.4 metric 100' "$(routes 4 main | grep -v '^10.0.0.1 ')"
  check 'the routes of the second NIC are in its own table' '10.0.1.0/24 dev p1 proto dhcp scope link src 10.0.1.4 metric 200
default via 10.0.1.1 dev p1 proto dhcp src 10.0.1.4 metric 200' "$(routes 4 200 | grep -v '^10.0.1.1 ')"
  check 'a rule for each of its IPv4 addresses' $'from 10.0.1.4 lookup 200 proto static\nfrom 10.0.1.5 lookup 200 proto static' "$(rules 4)"
  check 'a rule for its IPv6 address' 'from fd00:1::4 lookup 200 proto static' "$(rules 6)"
  check 'the IPv6 default route has the metric' 'metric 200' "$(routes 6 200 | sed -n 's/^default .* proto ra \(metric [0-9]*\).*/\1/p')"
  check 'no IPv6 default route of the second NIC in the main table' '' "$(routes 6 main | grep 'default.*p1' || true)"
}

test_answers_from_outside() {
  local address
  for address in 10.0.1.4 10.0.1.5; do
    if answers "$address"; then echo "ok: $address answers, with rp_filter=1"; else fail "$address answers, with rp_filter=1"; fi
  done
}

# Prints a line for each connection to the primary that fails.
watch_primary() {
  while [[ -e $work/watch ]]; do
    answers 10.0.0.4 || echo lost
    sleep 0.02
  done
}

# whole_reload WHAT [CONFIGURATION LINE…]: renders the files, reloads networkd and watches the primary meanwhile.
whole_reload() {
  local name=$1 events watcher monitor lost
  shift
  touch "$work/watch"
  vm ip -o monitor address route label 2>/dev/null >"$work/events" &
  monitor=$!
  watch_primary >"$work/lost" &
  watcher=$!
  sleep 0.3
  render "$@"
  reload
  sleep 2
  rm "$work/watch"
  wait "$watcher"
  kill "$monitor"
  lost=$(<"$work/lost")
  events=$(grep -E '\bp0\b' "$work/events" || true)
  check "the primary loses no connection while $name" '' "$lost"
  check "no setting of the primary changes while $name" '' "$events"
}

test_policy_routing_off() {
  whole_reload 'policy routing is switched off' PolicyRouting=no
  until_true 100 test -z "$(rules 4)" || fail 'the rules are gone' "$(rules 4)"
  until_true 100 has_address p1 10.0.1.4 || true
  check 'the second NIC has its metric in the main table' 'default via 10.0.1.1 dev p1 proto dhcp src 10.0.1.4 metric 200' "$(until_true 100 has_route; routes 4 main | grep '^default.*p1' || true)"
  # Shows that answers() can fail.
  if answers 10.0.1.4; then fail 'without policy routing rp_filter=1 drops requests to the second NIC'; else echo 'ok: without policy routing the second NIC does not answer'; fi
}
has_route() { routes 4 main | grep -q '^default.*p1'; }
has_table() { routes 4 200 | grep -q ^default; }

test_reload_without_change() { whole_reload 'the same files are rendered again'; }

test_hot_add_and_remove() {
  add_nic 2
  whole_reload 'a third NIC is added' PolicyRouting=yes
  until_true 100 has_address p2 10.0.2.5 || fail 'the third NIC is configured' "$(tail -n 20 "$work/networkd.log")"
  until_true 100 has_table || true
  check 'each NIC has its rules' $'from 10.0.1.4 lookup 200 proto static\nfrom 10.0.1.5 lookup 200 proto static\nfrom 10.0.2.4 lookup 300 proto static\nfrom 10.0.2.5 lookup 300 proto static' "$(rules 4)"
  ip link del c2
  whole_reload 'a third NIC is removed' PolicyRouting=yes
  check 'the rules of the removed NIC are gone' $'from 10.0.1.4 lookup 200 proto static\nfrom 10.0.1.5 lookup 200 proto static' "$(rules 4)"
}

start
test_files_are_taken
test_addresses_routes_rules
test_answers_from_outside
test_reload_without_change
test_policy_routing_off
test_hot_add_and_remove
test_files_are_taken
((failures == 0)) || { echo "$failures failed"; exit 1; }
