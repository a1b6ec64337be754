# shellcheck shell=bash
# A machine that carries out custom data: to source in mount, network and PID namespaces of its own.
#
#   unshare --mount --net --pid --fork --mount-proc --propagation private bash -euo pipefail -c '
#     source tests/system/custom_data_vm.sh
#     become_vm
#     store_document DOCUMENT
#     stage custom-data-early'
#
# $program is the agent, and $work an empty directory. Nothing of the machine is written but below $work.

# A VM of generation 1 has its id in another byte order in the firmware.
vm_id=2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab
firmware_id=5C1C6D2B-6E3A-4C0B-9F0E-0123456789AB

# Gives the machine an Azure VM's firmware, and an empty /run, /var/lib and /var/log from which no program can be executed.
become_vm() {
  local directory
  for directory in /run /var/lib /var/log /sys/class; do mount -t tmpfs -o noexec none "$directory"; done
  mkdir -p /sys/class/dmi/id
  echo 'Microsoft Corporation' >/sys/class/dmi/id/sys_vendor
  echo 'Virtual Machine' >/sys/class/dmi/id/product_name
  echo 7783-7084-3265-9085-8269-3286-77 >/sys/class/dmi/id/chassis_asset_tag
  echo "$firmware_id" >/sys/class/dmi/id/product_uuid
  echo 00000000-0000-4000-8000-000000000000 >"$work/boot_id"
  mount --bind "$work/boot_id" /proc/sys/kernel/random/boot_id
  boots=0
  next_boot
}

# Empties /run and gives the boot another id.
next_boot() {
  boots=$((boots + 1))
  printf '00000000-0000-4000-8000-%012d\n' "$boots" >"$work/boot_id"
  rm -rf /run/azl-provision
  mkdir -p /run/azl-provision/azl-provision.conf.d
  printf '[Network]\nLeaseTimeout=1ms\n[Report]\nConsole=no\n' >/run/azl-provision/azl-provision.conf.d/test.conf
}

# Puts a document where stage main puts it.
store_document() {
  local directory=/var/lib/azl-provision/custom-data
  rm -rf /var/lib/azl-provision
  mkdir -p "$directory"
  chmod 700 "$directory"
  printf '{"schema_version":1,"vm_id":"%s","source":"CustomData on the media","bytes":"%s","variables":"{}"}' \
    "$vm_id" "$(base64 -w0 "$1")" >"$directory/document.json"
  touch "$directory"/{early,final}-due
  printf '{"schema_version":1,"vm_id":"%s","provisioned":{"by":"azl-provision"}}' "$vm_id" >/var/lib/azl-provision/state.json
}

# stage NAME [WRAPPER…]: runs a stage, and keeps its status and output in $work/NAME.{status,out,err}.
stage() {
  local name=$1 status=0
  shift
  "$@" "$program" run --stage="$name" >"$work/$name.out" 2>"$work/$name.err" || status=$?
  echo "$status" >"$work/$name.status"
}

# boot_with NAME: the next boot of the machine has the document $work/NAME. Carries out both stages; see keep_stage.
boot_with() {
  store_document "$work/$1"
  next_boot
  stage custom-data-early
  keep_stage "$1"
}

# keep_stage NAME: runs the final stage, and keeps its status, output and report in $work/NAME.{status,out,err,json}.
keep_stage() {
  local part
  stage custom-data
  for part in status out err; do mv "$work/custom-data.$part" "$work/$1.$part"; done
  "$program" --report --format=json >"$work/$1.json" || true
}
