#!/bin/bash
# Checks the versions that packaging/version gives to the commits of a clone, that package managers sort them as the commits are sorted,
# and the changelogs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v rpm >/dev/null || skip "rpm is missing; 'tests/setup test' installs it"
unset AZL_PACKAGE_VERSION SOURCE_DATE_EPOCH

clone=$work/clone
mkdir -p "$clone/packaging"
cp "$repository/packaging/version" "$clone/packaging/"
in_clone() { git -C "$clone" -c user.name=test -c user.email=test@example.invalid "$@"; }
project() { echo "project(azl-provision VERSION $1 LANGUAGES CXX" >"$clone/CMakeLists.txt"; }
commit() { in_clone add -A; in_clone commit -q --allow-empty -m test; }
version() { "$clone/packaging/version" | sed -E 's/\.g[0-9a-f]{8}/.gHASH/'; }

versions=()
# step NAME EXPECTED
step() {
  check "version: $1" "$2" "$(version)"
  versions+=("$("$clone/packaging/version")")
}
in_clone init -q
project 0.1.0; commit
step 'no tag yet' '0.1.0~git1.gHASH'
commit; step 'one commit later' '0.1.0~git2.gHASH'
for _ in {1..8}; do commit; done
step 'ten commits sort after nine' '0.1.0~git10.gHASH'
in_clone tag v0.1.0
step 'the tag' '0.1.0'
commit; step 'after the tag' '0.1.0+git11.gHASH'
project 0.1.1; commit
step 'the next version begins' '0.1.1~git12.gHASH'
in_clone tag -m release v0.1.1
step 'a tag with a message' '0.1.1'
in_clone tag no-version
step 'another tag changes nothing' '0.1.1'
project 0.2.0; commit
step 'the version after it' '0.2.0~git13.gHASH'
echo '#' >>"$clone/CMakeLists.txt"
step 'a changed file' '0.2.0~git13.gHASH.dirty'
check 'the environment goes first' 7 "$(AZL_PACKAGE_VERSION=7 "$clone/packaging/version")"
git clone -q --depth 1 "file://$clone" "$work/shallow" 2>/dev/null
check 'a shallow clone is refused' 1 "$("$work/shallow/packaging/version" >"$work/said" 2>&1; echo $?)"

for ((i = 1; i < ${#versions[@]}; i++)); do
  earlier=${versions[i - 1]} later=${versions[i]}
  [[ $earlier != "$later" ]] || continue
  dpkg --compare-versions "$earlier" lt "$later" || fail "dpkg sorts $earlier before $later"
  check "rpm sorts $earlier before $later" -1 "$(rpm --eval "%{lua:print(rpm.vercmp('$earlier', '$later'))}")"
done

in_repository=$(sed -n 's/^project(azl-provision VERSION \([0-9.]*\).*/\1/p' "$repository/CMakeLists.txt")
check 'the spec has the version of CMakeLists.txt' "$in_repository" "$(sed -n 's/^Version: *//p' "$repository/packaging/rpm/azl-provision.spec")"
check 'the newest section of the changelog is about it' "$in_repository" "$(sed -n 's/^## \([0-9.]*\) (.*/\1/p' "$repository/CHANGELOG.md" | head -n 1)"
"$repository/packaging/changelog" deb 1.2.3 1700000000 'test <test@example.invalid>' >"$work/changelog"
check 'dpkg reads the changelog' '1.2.3 test <test@example.invalid> 1700000000' \
  "$(dpkg-parsechangelog -l "$work/changelog" | sed -n 's/^\(Version\|Maintainer\|Timestamp\): //p' | tr '\n' ' ' | sed 's/ $//')"
finish_test
