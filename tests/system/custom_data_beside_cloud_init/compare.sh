# shellcheck shell=bash
# Compares the facts that facts.pl printed with cloud-init and with azl-provision, to source. Each line of a list of differences is
#
#   DOCUMENT | KEY | value with cloud-init | value with azl-provision | reason
#
# with patterns of the shell in the first four; "-" is no value. A difference that no line allows is a failure, and so is a line
# that no difference needs. Failures are printed, and set broken to 1.

broken=0
allowed=() used=()
# shellcheck disable=SC2034 # for the script that sources this
complain() { echo "FAILED: $1"; broken=1; }

# compare_facts FILE FILE: prints "KEY | VALUE with the first | VALUE with the second" for each difference. Facts with the same key
# are joined. More than that it is there is compared of a program or a user that both have.
compare_facts() {
  awk -F ' = ' -v first="$1" '
    {
      side = FILENAME == first
      value = substr($0, length($1) + 4)
      if ($1 == "order") present["note", value, side] = 1
      if ($1 ~ /^user /) present["user", substr($1, 6), side] = 1
      keys[$1] = 1
      if (($1, side) in values) value = values[$1, side] " & " value
      values[$1, side] = value
    }
    END {
      for (key in keys) {
        split(key, words, " ")
        kind = words[1] ~ /^(groups|password|aging|sudo|subordinate)$/ ? "user" : words[1]
        if (kind ~ /^(note|user)$/ && words[1] != "user" && !((kind, words[2], 0) in present && (kind, words[2], 1) in present)) continue
        one = (key, 1) in values ? values[key, 1] : "-"
        other = (key, 0) in values ? values[key, 0] : "-"
        if (one != other) print key " | " one " | " other
      }
    }' "$1" "$2" | sort
}

read_differences() {
  local line fields
  while IFS= read -r line; do
    [[ $line && $line != '#'* ]] || continue
    IFS='|' read -ra fields <<<"$line"
    ((${#fields[@]} == 5)) || { complain "differences: five columns are needed: $line"; continue; }
    allowed+=("$line")
  done <"$1"
}

trim() { local text=$1; text=${text#"${text%%[! ]*}"}; printf '%s' "${text%"${text##*[! ]}"}"; }

# find_allowed NAME KEY VALUE VALUE: sets $index to the first line that allows the difference.
find_allowed() {
  local fields patterns=() field
  for index in "${!allowed[@]}"; do
    IFS='|' read -ra fields <<<"${allowed[index]}"
    patterns=()
    for field in "${fields[@]:0:4}"; do patterns+=("$(trim "$field")"); done
    # shellcheck disable=SC2053 # they are patterns
    [[ $1 == ${patterns[0]} && $2 == ${patterns[1]} && $3 == ${patterns[2]} && $4 == ${patterns[3]} ]] && return
  done
  return 1
}

# judge_differences NAME FILE: the file is the output of compare_facts for a document.
judge_differences() {
  local difference
  while IFS= read -r difference; do
    [[ $difference =~ ^(.*)\ \|\ (.*)\ \|\ (.*)$ ]]
    if find_allowed "$1" "${BASH_REMATCH[@]:1}"; then
      used[index]=1
    else
      complain "a difference that is not listed: $1 | $difference"
    fi
  done <"$2"
}

# judge_needed [NAME…]: complains of lines that were not needed. With names, only of the lines for these documents.
judge_needed() {
  local pattern name concerns
  for index in "${!allowed[@]}"; do
    [[ ! ${used[index]-} ]] || continue
    pattern=$(trim "${allowed[index]%%|*}")
    concerns=$(($# == 0))
    # shellcheck disable=SC2053 # it is a pattern
    for name; do [[ $pattern == '*' || $name != $pattern ]] || concerns=1; done
    ((concerns == 0)) || complain "a listed difference that does not occur: ${allowed[index]}"
  done
}
