#!/bin/bash
# Checks 'report --format=otlp' by the protobuf definitions of OpenTelemetry's npm package, which npm installs below build/otlp.
#
#   tests/system/otlp_test.sh PROGRAM
#
# Exit status 77: a program is missing, skipped.
set -euo pipefail

program=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$here/../../build/otlp
# The last version that Debian 12's nodejs runs and that has the definitions as a module.
definitions=@opentelemetry/otlp-transformer@0.57.2
# The boots of boot_records.py.
boots=(11111111-1111-4111-8111-111111111111 22222222-2222-4222-8222-222222222222 33333333-3333-4333-8333-333333333333)

for each in python3 node npm jq; do
  command -v "$each" >/dev/null || { echo "skipped: $each is not installed; 'tests/setup browser' and 'tests/setup test' install it"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$here/checks.sh"
# shellcheck source=tests/system/npm.sh
source "$here/npm.sh"

npm_package "$cache" "$definitions"
mkdir "$work/tree"
python3 "$here/boot_records.py" "$work/tree"

# read_back: prints what check.js says of the export on standard input.
read_back() { node "$here/otlp/check.js" "$(realpath "$cache/node_modules")" 2>&1 || true; }

for boot in "${boots[@]}"; do
  "$program" report --root "$work/tree" --boot="$boot" --format=otlp >"$work/$boot.json"
  check "boot $boot is read back as it was, with each span" "$(jq '[.. | .spanId? // empty] | length' "$work/$boot.json")" \
    "$(read_back <"$work/$boot.json")"
done
check 'a boot has many spans' true "$([[ $(read_back <"$work/${boots[0]}.json") -gt 10 ]] && echo true)"
mkdir "$work/empty"
check 'an export without a boot is read' 0 "$("$program" report --root "$work/empty" --format=otlp | read_back)"

# wrong NAME FILTER PATTERN: check.js finds what a jq filter makes wrong.
wrong() {
  jq ".resourceSpans[0].scopeSpans[0].spans[1] |= ($2)" "$work/${boots[0]}.json" | read_back >"$work/found"
  expect "check.js finds $1" "$3" "$work/found"
}
wrong 'an unknown member' '.colour = "red"' 'colour'
wrong 'a number as JSON has it for 64 bits' '.startTimeUnixNano |= tonumber' 'startTimeUnixNano'
wrong 'the name of an enumeration' '.kind = "SPAN_KIND_INTERNAL"' 'kind'
wrong 'an id in base64' '.spanId = "3q2+7w=="' 'spanId is not'
wrong 'an id that is too short' '.traceId = "00ff"' 'traceId is not'
wrong 'a text where a number belongs' '.attributes[0].value = {"intValue": "many"}' 'intValue'

((failures == 0)) || { echo "$failures failed"; exit 1; }
echo "otlp: ok"
