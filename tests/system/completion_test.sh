#!/bin/bash
# Asks bash, zsh and fish what they offer after "azl-provision COMMAND --", and compares it with --help; of azl-platform only bash.
#
#   tests/system/completion_test.sh AZL_PROVISION AZL_PLATFORM
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=$(realpath "$1")
platform=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/azl-provision"
ln -s "$platform" "$work/bin/azl-platform"
export PATH=$work/bin:$PATH HOME=$work LC_ALL=C
commands=(run report plan render-network status config validate custom-data deprovision migrate check-image kvp)
failures=0

# check NAME EXPECTED ACTUAL
check() {
  if [[ $2 == "$3" ]]; then
    echo "ok: $1"
  else
    echo "FAILED: $1"
    diff <(echo "$2") <(echo "$3") | sed 's/^/    /' || true
    failures=$((failures + 1))
  fi
}

# The options that --help lists for a command; without a command those of the program.
options_of() { help_options azl-provision "$@"; }
help_options() { "$@" --help | sed "/^Examples/,\$d" | grep -oE '^ +(-.,)?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }

# Each of these prints what a shell offers for the last word of a line.
in_bash() {
  bash -c '
    source "$1"
    compopt() { :; } # works only while the line is edited
    read -ra COMP_WORDS <<<"$2"
    [[ $2 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    "_${COMP_WORDS[0]//-/_}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$root/docs/completion/${1%% *}.bash" "$1" | sort -u
}

in_fish() {
  fish --no-config -c "source '$root/docs/completion/azl-provision.fish'; complete -C '$1'" | cut -f1 | sort -u
}

# zsh completes only in an interactive shell, so there is one on a pseudo-terminal. It writes what would be offered to a file.
in_zsh() {
  rm -f "$work/offered" "$work/done"
  cat >"$work/inner.zsh" <<'END'
PS1= RPS1=
fpath=($COMPLETION $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
  # _arguments and _describe also call it to filter their own lists.
  if [[ " $* " == *' -'[AOD]' '* ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -O hits "$@"
  (($#hits == 0)) || print -rl -- $hits >>$WORK/offered
  return 1
}
after() { : >$WORK/done; zle kill-whole-line }
zle -N after
bindkey '^T' after
bindkey '^I' complete-word
: >$WORK/ready
END
  rm -f "$work/ready"
  COMPLETION=$root/docs/completion WORK=$work LINE=$1 zsh -f -c '
    zmodload zsh/zpty
    wait_for() { local i; for ((i = 0; i < 600; ++i)); do [[ ! -e $1 ]] || return 0; sleep 0.1; done; print -u2 "no $1"; exit 1 }
    zpty inner "zsh -f -i"
    zpty -w inner "source $WORK/inner.zsh"
    wait_for $WORK/ready
    zpty -w -n inner "$LINE"$'"'\\t\\x14'"'
    wait_for $WORK/done
    zpty -d inner'
  sort -u "$work/offered" 2>/dev/null || true
}

platform_commands=(serve media tree boot fleet scenario)
check 'bash offers the commands of azl-platform' "$(printf '%s\n' "${platform_commands[@]}" | sort)" "$(in_bash 'azl-platform ' | grep -v '^-')"
for command in "${platform_commands[@]}"; do
  check "bash offers the options of azl-platform $command" "$(help_options azl-platform "$command")" "$(in_bash "azl-platform $command --")"
done
check 'azl-platform has no other commands' "$(printf '%s\n' "${platform_commands[@]}" | sort)" \
  "$(azl-platform --help | sed -n '/^Subcommands/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)"
check 'bash offers the example scenarios' "$(azl-platform scenario | cut -d ' ' -f 1 | sort)" "$(in_bash 'azl-platform scenario ')"
check 'bash offers the firmware' "$(printf '%s\n' auto bios uefi)" "$(in_bash 'azl-platform boot --firmware ')"

for shell in bash zsh fish; do
  if ! command -v "$shell" >/dev/null; then
    echo "FAILED: $shell is not installed: run tests/setup"
    failures=$((failures + 1))
    continue
  fi
  offered() { "in_$shell" "$1"; }
  check "$shell offers the commands" "$(printf '%s\n' "${commands[@]}" | sort)" \
    "$(offered 'azl-provision ' | grep -v '^-')"
  check "$shell offers the program's options" "$(options_of)" "$(offered 'azl-provision --' | grep '^--')"
  for command in "${commands[@]}"; do
    check "$shell offers the options of $command" "$(options_of "$command")" "$(offered "azl-provision $command --")"
  done
  check "$shell offers the stages" "$(printf '%s\n' close custom-data custom-data-early disks link local main report)" \
    "$(offered 'azl-provision run --stage ')"
  check "$shell offers when to use colours" "$(printf '%s\n' always auto never)" \
    "$(offered 'azl-provision status --color ')"
  check "$shell offers the formats" "$(printf '%s\n' html json otlp text)" "$(offered 'azl-provision report --format ')"
  check "$shell offers the formats of validate" "$(printf '%s\n' github json sarif text)" \
    "$(offered 'azl-provision validate --format ')"
  check "$shell offers the codes of checks" "$(azl-provision check-image --list | cut -d ' ' -f 1 | sort)" \
    "$(offered 'azl-provision check-image --explain ')"
  check "$shell offers the formats of check-image" "$(printf '%s\n' json sarif text)" \
    "$(offered 'azl-provision check-image --format ')"
done

# Each option of a command stands in the man page's synopsis of that command, and no other option does.
synopsis_of() {
  sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$root/docs/azl-provision.8" |
    awk -v command="$1" '/^\.Nm/ { wanted = 0 } $0 ~ "Cm " command "$" { wanted = 1 } wanted { print }'
}
for command in "${commands[@]}"; do
  options=$(synopsis_of "$command" | grep -oE 'Fl -[a-z-]+' | sed 's/^Fl /-/' | grep -vx -- '--report' | sort -u)
  # Its synopsis names the inputs of plan instead of repeating them.
  [[ $command != render-network ]] || options=$(sort -u <<<"$options
$(options_of plan | grep -vE -- '--(disks|dump-.*)$')")
  if [[ $command == report ]]; then options+=$'\n--output'; fi # -o in the synopsis
  check "azl-provision(8) has the options of $command" "$(options_of "$command" | grep -vx -- --help)" \
    "$(grep -vx -- --help <<<"$options" | sort -u)"
done

((failures == 0)) || { echo "$failures failed"; exit 1; }
