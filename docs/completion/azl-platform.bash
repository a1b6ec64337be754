# Completion of azl-platform for bash. It needs no other package.

_azl_platform() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' word words=''
  local commands='serve media tree boot fleet scenario'
  # bash splits "--format=js" into three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ " $commands " == *" $word "* ]]; then
      command=$word
      break
    fi
  done
  case $before in
    --format) words='text json' ;;
    --firmware) words='auto bios uefi' ;;
    --accel) words='auto kvm tcg' ;;
    --imds | --wireserver | --host-plugin) words='127.0.0.1:0' ;;
    --rate | --spent | --timeout | --memory | --cpus | --append) ;;
    *)
      case $command in
        '') words="$commands --version --help" ;;
        serve) words='--imds --wireserver --host-plugin --log --ready-file --release-file --authority --identity --help' ;;
        media) words='--output --help' ;;
        tree) words='--help' ;;
        boot) words='--scenario --identity-file --firmware --accel --memory --cpus --timeout --kernel --initrd --append --keep --shell --help' ;;
        fleet) words='--scenario --program --rate --spent --timeout --keep --format --help' ;;
        scenario) words='--help' ;;
      esac
      # Examples are named where a scenario is; everything else is a file.
      if [[ $current != -* && ($before == --scenario || $before == scenario) ]]; then
        words=$(azl-platform scenario 2>/dev/null | cut -d ' ' -f 1)
      fi
      if [[ $current != -* && $command != '' && $command != scenario ]]; then
        compopt -o filenames 2>/dev/null
        [[ $before == --scenario ]] || words=''
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
        return
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _azl_platform azl-platform
