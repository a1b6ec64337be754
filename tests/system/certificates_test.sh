#!/bin/bash
# Provisions trees whose only SSH key is that of a certificate, which the simulated WireServer gives in each way that Azure has, and
# in ways that must not harm.
#
#   tests/system/certificates_test.sh AZL_PROVISION AZL_PLATFORM
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/system/trees.sh
source "$here/trees.sh"
# shellcheck source=tests/system/checks.sh
source "$here/checks.sh"
((EUID == 0)) || { echo 'skipped: useradd needs root, also for a tree'; exit 77; }
for program in jq openssl ssh-keygen; do
  command -v "$program" >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
start_lab "$1" "$2"
kill "$simulator"
wait "$simulator" || true
simulator=

# make_certificate NAME OPTION…: writes NAME.pem and NAME.pub, the key in OpenSSH's form.
make_certificate() {
  local name=$work/$1
  shift
  openssl req -x509 -nodes -subj /CN=user -days 30 -keyout "$name.key" -out "$name.crt" "$@" 2>"$work/openssl.log"
  cat "$name.crt" "$name.key" >"$name.pem"
  openssl x509 -in "$name.crt" -noout -pubkey >"$name.pkcs8"
  ssh-keygen -i -m PKCS8 -f "$name.pkcs8" >"$name.pub"
}
make_certificate rsa -newkey rsa:2048
make_certificate ec -newkey ec -pkeyopt ec_paramgen_curve:P-384
fingerprint=$(openssl x509 -in "$work/rsa.crt" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')

# boot NAME CERTIFICATES [VM [WIRESERVER]]: provisions a new $tree in a scenario with these sections. Sets $status.
boot() {
  local tries base=$work/$1
  tree=$base.root
  jq -n --rawfile pem "$work/rsa.pem" --argjson certificates "$2" --argjson vm "${3:-"{}"}" --argjson wireserver "${4:-"{}"}" \
    '{vm: ({computer_name: "web-1", admin_username: "azureuser", ssh_keys: []} + $vm), wireserver: $wireserver,
      certificates: ({pem: [$pem]} + $certificates)}' >"$base.json"
  cp -a "$work/pristine" "$tree"
  "$platform" media "$base.json" --output "$base.media"
  "$platform" serve "$base.json" --log "$base.requests" --ready-file "$base.ready" >/dev/null &
  simulator=$!
  for ((tries = 0; tries < 1200; ++tries)); do
    [[ ! -e $base.ready ]] || break
    kill -0 "$simulator" 2>/dev/null || die 'the simulator did not start'
    read -r -t 0.1 <> <(:) || true
  done
  status=0
  "$provision" run --root "$tree" --media "$base.media" --imds-url "$(jq -r .imds_url "$base.ready")" \
    --wireserver-url "$(jq -r .wireserver_url "$base.ready")" >"$base.log" 2>&1 || status=$?
  kill "$simulator"
  wait "$simulator" || true
  simulator=
  requests=$base.requests
}

keys() { cut -d' ' -f1,2 "$tree/home/azureuser/.ssh/authorized_keys" 2>/dev/null || true; }
key_of() { cut -d' ' -f1,2 "$work/$1.pub"; }
# asked: the ciphers of the requests for certificates.
asked() { jq -r 'select(.target | contains("comp=certificates")) | .headers["x-ms-cipher-name"]' "$requests" | paste -s -d ' '; }
causes() { "$provision" --report --root "$tree" --format=json | jq -r '[.. | .cause? // empty] | unique | join(" ")'; }
# state_told: the state that the platform was told last.
state_told() { jq -r 'select(.target == "/provisioning/health") | .body | fromjson | .state' "$requests" | tail -n 1; }
description() { jq -r 'select(.target == "/provisioning/health") | .body | fromjson | .details.description' "$requests" | tail -n 1; }

# fine NAME CERTIFICATES CIPHERS: the user gets the key, after requests with these ciphers.
fine() {
  boot "$1" "$2"
  check "$1: provisioned" 0 "$status"
  check "$1: the key" "$(key_of rsa)" "$(keys)"
  check "$1: the requests" "${3:-AES128_CBC}" "$(asked)"
  check "$1: told Ready" Ready "$(state_told)"
}
echo 'What Azure sends:'
for transport in rsaes-pkcs1 oaep; do
  for content in aes128 des3; do
    fine "$transport-$content" "{\"key_transport\": \"$transport\", \"content\": \"$content\"}"
  done
done
for mac in none sha1 sha256; do fine "mac-$mac" "{\"mac\": \"$mac\", \"pfx_cipher\": \"aes256\"}"; done
fine plain '{"pfx_cipher": "none"}'
fine no-password '{"no_password": true}'
fine lower-case "{\"fingerprint\": \"${fingerprint,,}\"}"
# The first lines of the file hold the modulus, which is public.
check 'nothing of the private key is in the tree' '' \
  "$(grep -rlF "$(sed -n 15p "$work/rsa.key")" "$tree" "$work/lower-case.log" "$work/lower-case.requests" || true)"
check 'no file of WALinuxAgent is written for it' '' "$(find "$tree/var/lib/waagent" -name '*.crt' -o -name '*.prv' -o -name '*.pem' -o -name '*.p7m')"

old_host() {
  boot old-host '{"ciphers": ["DES_EDE3_CBC"]}'
  check 'a host without AES: the key' "$(key_of rsa)" "$(keys)"
  check 'a host without AES: the requests' 'AES128_CBC DES_EDE3_CBC' "$(asked)"
}
old_host

echo 'Keys that are given otherwise:'
boot given '{}' "{\"ssh_keys\": [\"$(key_of ec)\"]}"
check 'a key given as well is used' "$(key_of ec)" "$(keys)"
check 'and no certificate is asked for' '' "$(asked)"
check 'nor is the goal state' 0 "$(grep -c goalstate "$requests" || true)"

echo 'A plan does not ask:'
boot planned '{}'
"$platform" tree "$work/planned.json" "$work/plan.root"
"$provision" plan --root "$work/plan.root" --ovf "$work/planned.media/ovf-env.xml" >"$work/plan.json"
check 'the plan says that it would be fetched' true "$(jq .user.certificates.fetch "$work/plan.json")"
check 'the plan is not refused because of it' provision "$(jq -r .course.value "$work/plan.json")"

# bad NAME CERTIFICATES CAUSE [WIRESERVER]: without the key nobody could log in; with a password the VM comes up.
bad() {
  boot "$1" "$2" '{}' "${4:-"{}"}"
  check "$1: refused" 1 "$status"
  check "$1: the cause" "$3" "$(causes)"
  check "$1: told NotReady" NotReady "$(state_told)"
  boot "$1-password" "$2" '{"password": "Correct-Horse-7", "disable_password_authentication": false}' "${4:-"{}"}"
  check "$1: with a password, the VM comes up" 2 "$status"
  check "$1: the cause is a warning" "$3" "$(causes)"
  check "$1: the password is set" 1 "$(grep -c '^azureuser:[$]' "$tree/etc/shadow")"
  check "$1: told Ready" Ready "$(state_told)"
}
echo 'What must not harm:'
bad missing '{"fingerprint": "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}' certificate-missing
bad bomb '{"rounds": 2000000000}' certificate-answer
bad bomb-pbes2 '{"rounds": 4000000000, "pfx_cipher": "aes256", "mac": "none"}' certificate-answer
bad refused-cipher '{"content": "aes256"}' certificate-algorithm
bad refused-mac '{"mac": "sha512"}' certificate-algorithm
bad format '{"format": "CertificatesNonPfxPackage"}' certificate-algorithm
bad cut '{"cut": true}' certificate-answer
bad other-recipient '{"other_recipient": true}' certificate-answer
bad elsewhere '{"url": "http://203.0.113.1/certificates"}' certificate-answer
boot portal '{"fingerprint": "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}'
check 'the portal names the fingerprint' 1 "$(description | grep -c 'fingerprint FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF')"

echo 'A WireServer that fails for a while:'
fault() { printf '{"faults": [{"match": "/machine/c8e665de", "nth": "1", %s}]}' "$1"; }
for action in '"do": "reset"' '"do": "truncate"' '"do": "garbage"' '"do": "status", "status": 503' '"do": "hang"'; do
  boot "fault-${action//[^a-z0-9]/}" '{}' '{}' "$(fault "$action")"
  check "$action: the key" "$(key_of rsa)" "$(keys)"
done
finish_test
