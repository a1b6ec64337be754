# shellcheck shell=bash
# What depends on the processor of the VMs. They have x86-64 unless a script calls use_architecture, which it does before it reads a
# scenario: that may change some of these variables.

# use_architecture x86_64|aarch64
# shellcheck disable=SC2034 # for the other parts of the lab
use_architecture() {
  architecture=$1
  patience=1      # how many times as long to wait as for a VM of x86-64
  media_device=() # QEMU's device for the drive "dvd", if it is not an IDE drive
  firmware=()
  build_programs=()
  kernel_options=
  case $architecture in
    x86_64)
      debian_architecture=amd64
      machine_type=pc
      processor=Nehalem,-cx16,-hypervisor
      console_port=ttyS0
      generation=1
      ;;
    aarch64)
      # As Azure's sizes with Ampere Altra. All of Arm are of generation 2: with UEFI.
      debian_architecture=arm64
      machine_type=virt
      processor=neoverse-n1
      console_port=ttyAMA0
      generation=2
      firmware=(-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd)
      media_device=(-device 'virtio-scsi-pci,id=media' -device 'scsi-cd,bus=media.0,drive=dvd')
      patience=5
      # No device and no service is given up, however slow the emulation is.
      kernel_options='systemd.default_device_timeout_sec=20min systemd.default_timeout_start_sec=20min'
      cache=$cache/aarch64
      runs=${AZL_VM_RUNS:-$cache/runs}
      program_build=$repository/build/aarch64
      build_programs=(clang++-19 mold)
      source "$repository/tests/cross/packages.sh"
      ;;
    *) die "the lab has no VMs of '$architecture'" ;;
  esac
  qemu=qemu-system-$architecture
}

# run_emulated SCRIPT ARGUMENT...: becomes the script, in a user namespace in which programs of aarch64 run by QEMU's emulation of
# programs. Since Linux 6.7 each user namespace has its own binfmt_misc(5), so this machine does not change. Every user of this machine
# is the same user there.
run_emulated() {
  local here
  here=$(readlink /proc/self/ns/user)
  unshare --user true 2>/dev/null || { echo 'skipped: this machine does not allow new user namespaces' >&2; exit "$can_not_run"; }
  aarch64_packages >&2
  {
    until [[ $(readlink "/proc/$$/ns/user") != "$here" ]]; do
      [[ -e /proc/$$ ]] || exit
      sleep 0.1
    done
    echo '0 0 4294967295' >"/proc/$$/uid_map"
    echo '0 0 4294967295' >"/proc/$$/gid_map"
  } &
  # shellcheck disable=SC2016 # for the inner shell
  exec env AZL_EMULATES=aarch64 unshare --user --mount --pid --fork --kill-child bash -c '
    until read -r _ </proc/self/gid_map; do sleep 0.1; done
    if ! mount -t proc proc /proc || ! mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; then
      echo "skipped: a user namespace cannot have a binfmt_misc of its own here: that needs Linux 6.7, and all of /proc" >&2
      exit "$1"
    fi
    # The first bytes of an ELF program: 64 bits, little-endian, executable or shared, for aarch64. F: the emulator is opened now.
    echo ":azl-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$2:F" \
      >/proc/sys/fs/binfmt_misc/register || exit 1
    exec "${@:3}"' _ "$can_not_run" "$AZL_AARCH64/root/qemu-aarch64" "$@"
}
# Succeeds if programs of the VMs' architecture run on this machine, or here in the namespaces of run_emulated.
runs_programs() { [[ $architecture == "$(uname -m)" || ${AZL_EMULATES-} == "$architecture" ]]; }
