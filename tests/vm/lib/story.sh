# shellcheck shell=bash
# The course of a run. A file below scenarios/ overrides these variables and functions:
#
#   about    the expected result, in a sentence
#   agents   the agents that the scenario supports
#   image_for AGENT   prints the image to boot
#   azure    prints the simulator's scenario: 'vm FILTER' prints the default one, changed by a jq filter
#   story    runs the scenario, including its checks; by default one boot and then 'judge'
#   judge    checks the result of the default story
#   wireserver   the WireServer's address, which DHCP tells the VM

scenarios=$lab/scenarios
about=
agents=azl-provision
image_for() { image_kind "$1"; }
azure() { vm .; }
story() { first_boot && judge; }
judge() { judge_boot; judge_provisioned; }
expects_report=true  # whether to wait for a health report to the platform
wait_for_sshd=420  # seconds, on x86-64
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
  "$platform_program" scenario default | jq --arg key "$(<"$user_key.pub")" --argjson generation "$generation" \
    '.vm.generation = $generation | .vm.ssh_keys = [$key] | .vm.name = "azl-vm" | .vm.computer_name = "azl-vm"' | jq "${@:2}" "$1"
}

# Makes the run's folder. Removes the folders of earlier runs of the same scenario and agent, unless they are still running.
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

run_story() {
  azure >"$scenario_file"
  network_up
  disk_make
  # A story that ended early has failed, too. The failure is added first and removed at the end, because some errors of bash
  # end the script inside the story.
  local status=0 unfinished='the scenario could not be completed'
  failures=("$unfinished")
  set +e
  story
  status=$?
  set -e
  failures=("${failures[@]:1}")
  if ((status != 0 && ${#failures[@]} == 0)); then failures+=("$unfinished"); fi
}

first_boot() {
  platform_up
  media_make
  next_boot
}

# Switches the VM on, waits for the end of its boot, and collects its state. Fails if nobody can log in.
next_boot() {
  local began=$SECONDS tries
  cp --sparse=always "$run/disk.qcow2" "$run/disk.before"
  for tries in 1 2 3; do
    power_on
    say "boot $boots: switched on" >&2
    ! await_boot || break
    if emulator_failed && ((tries < 3)); then
      say "boot $boots: the emulator made the kernel panic; trying again" >&2
      power_cut
      cp --sparse=always "$run/disk.before" "$run/disk.qcow2"  # undo the failed boot
      continue
    fi
    check "boot $boots ends with sshd accepting logins" false
    power_cut
    rm -f "$run/disk.before"
    collect_from_disk
    return 1
  done
  rm -f "$run/disk.before"
  # Some agents report after systemd considers the boot complete.
  if [[ $expects_report == true && $agent != none ]]; then wait_until $((240 * patience)) told_something || true; fi
  collect || { check "the VM's state can be collected" false; return 1; }
  say "boot $boots: complete after $((SECONDS - began)) s" >&2
}

# again PREFIX [COMMAND...]: reboots the VM. Runs the command while the VM is off. PREFIX precedes all further checks.
again() {
  check 'the VM shuts down' power_off
  expects_report=false
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
    echo "  expected: $about"
    echo "  seed: $seed"
    echo "  all files: $run"
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
