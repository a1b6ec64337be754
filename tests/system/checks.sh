# shellcheck shell=bash
# Checks of a test, to source. $failures counts what failed.

# shellcheck disable=SC2034 # for the script that sources this
failures=0

fail() {
  echo "FAILED: $1"
  if (($# > 1)); then sed 's/^/    /' <<<"$2"; fi
  failures=$((failures + 1))
}

# check NAME EXPECTED ACTUAL
check() {
  if [[ $2 == "$3" ]]; then
    echo "ok: $1"
  else
    fail "$1" "$(diff <(echo "$2") <(echo "$3"))"
  fi
}

# expect NAME PATTERN FILE: checks that a line of the file matches an extended regular expression.
expect() {
  if grep -qE -- "$2" "$3"; then
    echo "ok: $1"
  else
    fail "$1" "no line matches '$2' in: $(head -c 3000 "$3" 2>&1)"
  fi
}
