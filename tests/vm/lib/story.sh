# shellcheck shell=bash
# How a run goes. A file below scenarios/ sets and defines what is different from this:
#
#   about    what must be true, in a sentence
#   agents   whom the scenario is for
#   image_for AGENT   which image it boots
#   azure    prints the scenario for the simulator: 'vm FILTER' is the ordinary one, changed by a filter of jq
#   story    what happens, with the functions of this file; then the judging
#   judge    what must be true after the ordinary story: one boot

scenarios=$lab/scenarios
about=
agents=azl-provision
image_for() { image_kind "$1"; }
azure() { vm .; }
story() { first_boot && judge; }
judge() { judge_boot; judge_provisioned; }
expects_word=true  # that the platform is told something
wait_for_sshd=420  # seconds
seed=

list_scenarios() {
  local file
  for file in "$scenarios"/*.sh; do
    (
      source "$file"
      printf '%-24s %s\n' "$(basename "$file" .sh)" "$about"
      [[ $agents == azl-provision ]] || printf '%-24s   for %s\n' '' "$agents"
    )
  done
}

vm() {
  "$platform_program" scenario default | jq --arg key "$(<"$user_key.pub")" \
    '.vm.generation = 1 | .vm.ssh_keys = [$key] | .vm.name = "azl-vm" | .vm.computer_name = "azl-vm"' | jq "${@:2}" "$1"
}

# Makes the run's folder. Those of earlier runs of the same kind go, if nobody works in them.
run_folder() {
  local old
  if [[ -n $keep ]]; then
    run=$keep
    rm -rf --one-file-system "${run:?}"/{boot-*,verdict,checks,*.jsonl,dhcp.*,disk.*,disk-*.raw,dvd.iso,user,user.pub}
  else
    for old in "$runs/$scenario.$agent".[0-9]*; do
      [[ -e $old ]] && ! kill -0 "${old##*.}" 2>/dev/null && rm -rf --one-file-system "$old"
    done
    run=$runs/$scenario.$agent.$$
  fi
  mkdir -p "$run"
  run=$(cd "$run" && pwd)
  scenario_file=$run/scenario.json
  user_key=$run/user
  ssh-keygen -q -t ed25519 -N '' -C user@lab -f "$user_key" </dev/null
}

tell_story() {
  azure >"$scenario_file"
  network_up
  disk_make
  # A story that could not be told to its end has failed too; an error of bash's in it does not come back here.
  local status=0 untold='the story could not be told to its end'
  failures=("$untold")
  set +e
  story
  status=$?
  set -e
  failures=("${failures[@]:1}")
  if ((status != 0 && ${#failures[@]} == 0)); then failures+=("$untold"); fi
}

first_boot() {
  platform_up
  media_make
  next_boot
}

# Switches the VM on, waits for the end of its boot, and reads its state.
next_boot() {
  local began=$SECONDS tries
  cp --sparse=always "$run/disk.qcow2" "$run/disk.before"
  for tries in 1 2 3; do
    power_on
    say "boot $boots: switched on" >&2
    ! await_boot || break
    if emulator_failed && ((tries < 3)); then
      say "boot $boots: the emulator made the kernel panic; once more" >&2
      power_cut
      cp --sparse=always "$run/disk.before" "$run/disk.qcow2"  # as if it had never been switched on
      continue
    fi
    check "boot $boots ends with sshd accepting logins" false
    power_cut
    rm -f "$run/disk.before"
    collect_from_disk
    return 1
  done
  rm -f "$run/disk.before"
  # Some tell while the boot is over for systemd.
  if [[ $expects_word == true && $agent != none ]]; then wait_until 240 told_something || true; fi
  collect || { check "the VM's state can be read" false; return 1; }
  say "boot $boots: over after $((SECONDS - began)) s" >&2
}

# The VM is switched off and on again: again PREFIX [COMMAND...], where the command happens meanwhile.
again() {
  check 'the VM switches off' power_off
  expects_word=false
  check_prefix=$1
  ((${#} == 1)) || "${@:2}"
  next_boot && judge_boot
}

verdict() {
  {
    if ((${#failures[@]} > 0)); then
      echo "FAILED: $scenario, $agent: ${failures[0]}"
      printf '  also: %s\n' "${failures[@]:1}" | grep -v '^  also: $' || true
    else
      echo "ok: $scenario, $agent: $checks checks, $boots boots, $SECONDS s"
    fi
    echo "  must be true: $about"
    echo "  seed: $seed"
    echo "  all of it: $run"
  } | tee "$run/verdict"
  ((${#failures[@]} == 0))
}

clear_up() {
  local status=$?
  power_cut
  platform_down
  network_down
  rm -rf "$sockets"
  [[ ! -d ${run-} ]] || rm -f "$run"/disk.* "$run"/disk-*.raw "$run"/dvd.iso
  exit "$status"
}
