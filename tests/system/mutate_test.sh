#!/bin/bash
# Tests that tests/mutate tells a change that a test notices from one that none notices.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/tiny" "$work/build/tests/unit/tiny"
cat >"$work/src/tiny/tiny.cpp" <<'END'
// 1 == 2 is a comment.
bool is_small(int n) { return n < 10; }
bool is_large(int n) { return n > 20; }
END
echo 'bool is_small(int); bool is_large(int); int main() { return is_small(9) && !is_small(10) && is_large(99) ? 0 : 1; }' \
  >"$work/build/main.cpp"
printf '[\n{\n  "directory": "%s",\n  "command": "c++ -o tiny.o -c %s",\n  "file": "%s"\n}\n]\n' \
  "$work/build" "$work/src/tiny/tiny.cpp" "$work/src/tiny/tiny.cpp" >"$work/build/compile_commands.json"
c++ -c "$work/src/tiny/tiny.cpp" -o "$work/build/tiny.o"
c++ -c "$work/build/main.cpp" -o "$work/build/main.o"
ar rcs "$work/build/libtiny.a" "$work/build/tiny.o"
# shellcheck disable=SC2016
printf 'rule link\n  command = c++ main.o -o $out libtiny.a\nbuild tests/unit/tiny/unit_tiny: link\n' >"$work/build/build.ninja"
ninja -C "$work/build" >/dev/null

said=$("$here/../mutate" --source "$work/src" --build "$work/build" tiny)
failed=0
for line in "killed       tiny/tiny.cpp:2: '<' -> '<='*" "survived     tiny/tiny.cpp:3: '>' -> '>='*" '3 of 6 killed, 3 survived; 0 not compiled*'; do
  found=false
  while IFS= read -r each; do
    # shellcheck disable=SC2053
    [[ $each != $line ]] || found=true
  done <<<"$said"
  if $found; then
    echo "ok: $line"
  else
    echo "FAILED: no line '$line'"
    failed=1
  fi
done
((failed == 0)) || echo "$said"
exit "$failed"
