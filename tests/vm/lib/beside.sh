# shellcheck shell=bash
# What the scenarios of beside_cloud_init/ share: a document of custom data is carried out, and the facts about what it left are
# written to NAME.facts in the run's folder. See tests/vm/beside.
#
# Expects: document, the name of a file in beside_cloud_init/documents. One whose name contains "_gzipped" is compressed.

agents='azl-provision cloud-init'
documents=$lab/beside_cloud_init/documents
facts=$repository/tests/system/custom_data_beside_cloud_init/facts.pl
wait_for_sshd=1800  # cloud-init starts sshd late, and beside other tests each boot takes longer
# No device and no service is given up, however slow the machine is.
kernel_arguments='systemd.default_device_timeout_sec=20min systemd.default_timeout_start_sec=20min'
image_for() { echo "$1+beside"; }

# shellcheck disable=SC2016 # a variable of jq
azure() { vm '.ovf.custom_data_base64 = $bytes' --arg bytes "$(packed | base64 -w0)"; }
packed() { if [[ $document == *_gzipped* ]]; then gzip -n9; else cat; fi <"$documents/$document"; }

story() {
  first_boot || return
  judge_document "$document"
}

# judge_document NAME: collects the facts. cloud-init's units may have failed, which is not compared.
judge_document() {
  [[ $agent == cloud-init ]] || judge_boot
  check 'the facts can be collected' collect_facts "$1"
}

# Less than other scenarios need: each program that runs in an emulated VM takes time.
collect() {
  as_root bash -s <<'END' | tar -x -C "$boot_folder" --no-same-owner
cd "$(mktemp -d)" || exit 1
exec 2>/dev/null
journalctl -b -o short-monotonic --no-pager >journal.txt
systemctl --failed --plain --no-legend >failed
cp /var/log/cloud-init*.log /var/log/azl-provision/custom-data.log .
if command -v azl-provision >report.txt; then azl-provision --report --color=never --width=120 >report.txt; fi
tar -c .
END
  [[ -s $boot_folder/journal.txt ]]
}

# collect_facts NAME: the VM gets the image as another disk, to compare with.
collect_facts() {
  local file
  file=$(root_image)
  qmp blockdev-add "{\"driver\": \"raw\", \"node-name\": \"before\", \"read-only\": true, \"file\": {\"driver\": \"file\", \"filename\": \"$file\"}}" \
    >"$boot_folder/qmp.log"
  qmp device_add '{"driver": "virtio-blk-pci", "drive": "before", "id": "dev-before", "serial": "before"}' >>"$boot_folder/qmp.log"
  {
    echo "document=$(base64 -w0 <"$documents/$document") facts=$(base64 -w0 <"$facts")"
    declare -f print_facts
    echo print_facts
  } | as_root bash -s >"$run/$1.facts" 2>"$boot_folder/facts.log" || { cat "$boot_folder/facts.log"; return 1; }
}

# Runs in the VM.
print_facts() {
  local work=/run/facts before=/run/facts/before mounts i
  timeout 900 systemctl is-system-running --wait >/dev/null || true
  mkdir -p "$before"
  base64 -d <<<"$document" >"$work/document"
  base64 -d <<<"$facts" >"$work/facts.pl"
  for ((i = 0; i < 100; i++)); do
    [[ ! -b /dev/disk/by-id/virtio-before ]] || break
    sleep 0.2
  done
  mount -o ro,noload /dev/disk/by-id/virtio-before "$before" || return
  mapfile -t mounts < <(findmnt -n -r -t ext4,xfs,btrfs -o TARGET | grep -v "^$work")
  find "${mounts[@]}" -xdev -cnewer "$before/lost+found" | sort -u >"$work/changed"
  perl "$work/facts.pl" "$work/changed" "$work/document" "$before" machine || return
  umount "$before"
}
