# shellcheck shell=bash
# A copy of the tree $lower in which a document is carried out: to source in namespaces of its own. $work has the documents, and
# gets the facts.

vm_id=2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab # that of a VM of generation 1: the firmware has another byte order
firmware_id=5C1C6D2B-6E3A-4C0B-9F0E-0123456789AB

# Makes the tree $root, whose changes are in $upper.
make_copy() {
  local device scratch
  scratch=$(mktemp -d "$work/copy.XXXXXX")
  mount -t tmpfs none "$scratch"
  root=$scratch/root upper=$scratch/upper
  mkdir "$root" "$upper" "$scratch/work"
  mount -t overlay none -o "lowerdir=$lower,upperdir=$upper,workdir=$scratch/work" "$root"
  mkdir -p "$root/opt/azl" "$root/before"
  mount --bind "$work/opt" "$root/opt/azl"
  mount --bind "$lower" "$root/before"
  mount -t proc none "$root/proc"
  mount -t tmpfs none "$root/sys"
  mount -t tmpfs none "$root/dev"
  for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  touch "$root/dev/console"
  mkdir -p "$root/sys/class/dmi/id" "$root/sys/class/net" "$root/dev/shm"
  echo 'Microsoft Corporation' >"$root/sys/class/dmi/id/sys_vendor"
  echo 'Virtual Machine' >"$root/sys/class/dmi/id/product_name"
  echo 7783-7084-3265-9085-8269-3286-77 >"$root/sys/class/dmi/id/chassis_asset_tag"
  echo "$firmware_id" >"$root/sys/class/dmi/id/product_uuid"
  echo 00000000-0000-4000-8000-000000000000 >"$scratch/boot_id"
  mount --bind "$scratch/boot_id" "$root/proc/sys/kernel/random/boot_id"
  boot_id_file=$scratch/boot_id
  hostname vm1
}

# in_root COMMAND…: with what a service of systemd has in its environment.
in_root() {
  env -i INVOCATION_ID=x PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 chroot "$root" "$@" </dev/null
}

# next_boot NUMBER: empties /run.
next_boot() {
  printf '00000000-0000-4000-8000-%012d\n' "$1" >"$boot_id_file"
  find "$root/run" -mindepth 1 -delete
  # sd_booted(3): cloud-init uses systemd's tools then.
  mkdir -p "$root/run/lock" "$root/run/systemd/system"
}

# become_azure_linux NAME: if the document is for Azure Linux, makes the tree similar to it.
become_azure_linux() {
  [[ $1 == azurelinux* ]] || return 0
  sed -i 's/distro: debian/distro: azurelinux/' "$root/etc/cloud/cloud.cfg"
  rm "$root"/usr/bin/apt*
  mkdir -p "$root/etc/yum.repos.d"
}

# print_facts NAME PROGRAM
print_facts() {
  local facts=$work/$1.$2.facts
  # What is mounted hides the mount points. azl-provision has systemd mount, which does nothing here.
  umount "$root"/srv/{ram,options} 2>/dev/null || true
  find "$upper" -mindepth 1 -printf '/%P\n' | grep -vE '^/(before|opt|opt/azl)$' | sort >"$facts.changed"
  mkdir "$root/tmp/facts"
  cp "$facts.changed" "$root/tmp/facts/changed"
  cp "$work/$1.document" "$root/tmp/facts/document"
  cp "$data/facts.pl" "$root/tmp/facts/facts.pl"
  in_root /tmp/facts/facts.pl /tmp/facts/changed /tmp/facts/document /before >"$facts"
}

run_cloud_init() {
  local name=$1 boots=$2 boot stage
  mkdir -p "$root/var/lib/cloud/seed/nocloud"
  cp "$work/$name.document" "$root/var/lib/cloud/seed/nocloud/user-data"
  become_azure_linux "$name"
  for ((boot = 1; boot <= boots; boot++)); do
    next_boot "$boot"
    for stage in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
      # shellcheck disable=SC2086 # words
      in_root cloud-init $stage || true
    done
    # The variables of templates, for the other program.
    cp "$root/run/cloud-init/instance-data.json" "$work/$name.variables"
  done
  print_facts "$name" cloud-init
  cat "$root/var/log/cloud-init.log"
}

run_azl_provision() {
  local name=$1 boots=$2 boot stage status
  local directory=$root/var/lib/azl-provision/custom-data
  mkdir -p "$directory"
  chmod 700 "$directory"
  # cloud-init makes the user that Azure names with the others; stage main does before custom data.
  in_root useradd --create-home --shell /bin/bash azureuser
  become_azure_linux "$name"
  # Two agents must not be enabled.
  touch "$root/etc/cloud/cloud-init.disabled"
  # Where stage main puts the document, with the variables as cloud-init completes them.
  perl -MJSON::PP -MMIME::Base64 -e '
    my ($vm_id, @files) = @ARGV;
    my ($bytes, $variables) = map { local (@ARGV, $/) = $_; <> } @files;
    $variables = decode_json($variables);
    %$variables = (%{$variables->{v1}}, %$variables);
    my $meta_data = $variables->{ds}{meta_data};
    for my $name (keys %$meta_data) { (my $other = $name) =~ tr/-/_/; $meta_data->{$other} = $meta_data->{$name} }
    print encode_json({schema_version => 1, vm_id => $vm_id, source => "CustomData on the media", azure_user => "azureuser",
                       bytes => encode_base64($bytes, ""), variables => encode_json($variables)})' \
    "$vm_id" "$work/$name.document" "$work/$name.variables" >"$directory/document.json"
  printf '{"schema_version":1,"vm_id":"%s","provisioned":{"by":"azl-provision"}}' "$vm_id" >"$(dirname "$directory")/state.json"
  touch "$directory"/{early,final}-due
  for ((boot = 1; boot <= boots; boot++)); do
    next_boot "$boot"
    mkdir -p "$root/run/azl-provision/azl-provision.conf.d"
    printf '[Network]\nLeaseTimeout=1ms\n' >"$root/run/azl-provision/azl-provision.conf.d/test.conf"
    for stage in custom-data-early custom-data; do
      status=0
      in_root /opt/azl/run run --stage="$stage" || status=$?
      # 2 is for what could not be carried out. Anything else is a failure of the program, such as a sanitizer's.
      ((status == 0 || status == 2))
    done
  done
  print_facts "$name" azl-provision
  cat "$root/var/log/azl-provision/custom-data.log" || true
}
