#!/bin/bash
# Tests that tests/system/tidy checks a file again whenever something changes that could be a finding.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$here/../../build"
# Below the repository, whose .clang-tidy is meant.
work=$(cd "$here/../../build" && mktemp -d "$PWD/tidy-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
mkdir -p "$work/tests"
failed=0
unbuilt=false  # whether to leave out the build

# expect NAME PATTERN: what tidy says now.
expect() {
  local said
  $unbuilt || ninja -C "$work" >/dev/null
  said=$("$here/tidy" "$work" 2>&1) || true
  if [[ $said == *$2* ]]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: tidy said: $said"
    failed=1
  fi
}

header() { printf '#pragma once\n%s\n' "$1" >"$work/tests/a.h"; }

# compile_with OPTION: writes what CMake would write.
compile_with() {
  local source=$work/tests/a.cpp
  cat >"$work/compile_commands.json" <<END
[
{
  "directory": "$work",
  "command": "/usr/bin/ccache /usr/bin/c++ -DTEXT=\\\\\\"x\\\\\\" $1 -I$work -std=c++23 -o a.o -c $source",
  "file": "$source"
}
]
END
  cat >"$work/build.ninja" <<END
rule compile
  command = /usr/bin/c++ -DTEXT=\\"x\\" $1 -I$work -std=c++23 -MD -MF a.d -o a.o -c $source
  depfile = a.d
  deps = gcc
build a.o: compile $source
END
}

printf '#include "tests/a.h"\n#ifdef OTHER\nint* other() { return 0; }\n#endif\nint main() { return one() + (TEXT[0] - 120); }\n' \
  >"$work/tests/a.cpp"
known='1 of them unchanged'
header 'inline int one() { return 1; }'
compile_with ''
expect 'a file is checked once' 'no findings; 0 of them unchanged'
expect 'a file without findings is not checked again' "$known"
header 'inline int one() { int* a = 0; return a == nullptr ? 1 : 0; }'
expect 'a finding in a header is found' modernize-use-nullptr
expect 'a finding is found again' modernize-use-nullptr
header 'inline int one() { int* a = 0; return a == nullptr ? 1 : 0; }  // NOLINT'
expect 'a comment is a change' 'no findings; 0 of them unchanged'
header 'inline int one() { int* a = 0; return a == nullptr ? 1 : 0; }  // NOLIN'
expect 'a comment that goes is a change' modernize-use-nullptr
header 'inline int one() { return 1; }'
expect 'what was without findings before is known' "$known"
compile_with -DOTHER
expect 'another command is a change' modernize-use-nullptr
compile_with ''
touch "$work/tests/a.cpp"
expect 'a time is no change' "$known"
unbuilt=true
sleep 0.1
touch "$work/tests/a.h"
expect 'what was changed after the build is checked' '0 of them unchanged'
expect 'and is checked again, because nobody knows its headers' '0 of them unchanged'
unbuilt=false
printf 'int unused = sizeof(int*[2]) / sizeof(int);\n' >>"$work/tests/a.cpp"
expect 'the file itself is a change' misc-use-internal-linkage
exit "$failed"
