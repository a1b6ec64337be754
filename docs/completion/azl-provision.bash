# Completion of azl-provision for bash. It needs no other package.

_azl_provision() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  local commands='run report plan render-network status config validate custom-data deprovision migrate check-image kvp'
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

  local words=''
  case $before in
    --stage) words='local main report close link disks custom-data-early custom-data' ;;
    --format)
      words='text json'
      [[ $command != validate ]] || words+=' sarif github'
      [[ $command != check-image ]] || words+=' sarif'
      [[ $command != report && -n $command ]] || words+=' html otlp'
      ;;
    --ignore | --explain) words=$(azl-provision check-image --list 2>/dev/null | cut -d ' ' -f 1) ;;
    --log-level) words='off error warning info debug trace' ;;
    --boot | --compare) words="0 -1 $(azl-provision report --list 2>/dev/null | grep -oE '[0-9a-f-]{32,36}')" ;;
    --disk) words=$(cd /sys/block 2>/dev/null && printf '%s ' *) ;;
    --color) words='auto always never' ;;
    --width) words='40 80 120 200' ;;
    --timeout) words='30s 5min 10min' ;;
    --imds-url | --wireserver-url) words='http://' ;;
    --root)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --media | --ovf | --imds | --links | --disks | --variables | --output | -o | --bundle)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    *)
      case $command in
        '') words="$commands --report --root --format --boot --compare --output --width --list --color --no-pager --bundle --force --send --endpoint --help --version" ;;
        run) words='--stage --disk --root --media --links --imds-url --wireserver-url --log-level --verbose --help' ;;
        report) words='--root --format --boot --compare --output --width --list --color --no-pager --bundle --force --send --endpoint --help' ;;
        plan) words='--root --imds --ovf --links --disks --imds-url --dump-links --dump-disks --no-pager --log-level --verbose --help' ;;
        render-network) words='--root --imds --ovf --links --imds-url --output --no-pager --log-level --verbose --help' ;;
        status) words='--root --wait --timeout --guest-agent --long --format --width --color --no-pager --help' ;;
        config) words='--root --check --defaults --color --no-pager --help' ;;
        check-image) words='--root --format --fix --ignore --list --explain --color --no-pager --help' ;;
        custom-data)
          words='--root --format --width --color --no-pager --help'
          [[ $current == -* ]] || words='list show rerun log'
          if [[ $before == show || $before == rerun || $before == log ]]; then
            words+=" $(azl-provision custom-data list --format=json 2>/dev/null | sed -nE 's/^      "id": "([^" ]*)",$/\1/p')"
          fi
          ;;
        deprovision) words='--user --logs --programs --dry-run --force --root --format --no-pager --help' ;;
        kvp)
          words='--root --format --no-pager --help'
          if [[ $before == dump && $current != -* ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
          fi
          [[ $current == -* ]] || words='dump'
          ;;
        migrate) words='--dry-run --force --root --format --no-pager --help' ;;
        validate)
          words='--format --variables --color --no-pager --help'
          if [[ $current != -* ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
          fi
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _azl_provision azl-provision
