# shellcheck shell=bash
# What the tests for aarch64 share, to source: checks, a folder $work, progress, and the packages. Ends the test with a reason and exit
# status 77 if this machine can't compile or emulate.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/vm/lib/lab.sh
source "$(dirname "${BASH_SOURCE[0]}")/../vm/lib/lab.sh"
# shellcheck source=tests/vm/lib/image.sh
source "$repository/tests/vm/lib/image.sh"
# shellcheck source=tests/cross/packages.sh
source "$repository/tests/cross/packages.sh"
# shellcheck source=tests/system/checks.sh
source "$repository/tests/system/checks.sh"
cd "$repository" || exit 1

skip() { echo "skipped: $1"; exit "$can_not_run"; }
command -v apt-get >/dev/null || skip "Debian's packages are needed"
((EUID == 0)) || skip 'unpacking packages needs root'
unshare --mount --pid --fork true 2>/dev/null || skip 'namespaces cannot be made here'
for tool in mmdebstrap clang++-19 llvm-readelf-19 mold jq; do
  command -v "$tool" >/dev/null || skip "there is no $tool; 'tests/setup test' and 'tests/setup vm' install it"
done

# progress COMMAND…: passes its output on. AZL_PROGRESS gets the lines that count.
progress() {
  "$@" | while IFS= read -r line; do
    printf '%s\n' "$line"
    [[ -z ${AZL_PROGRESS-} || ! $line =~ ^\ *([0-9]+\ of\ |\[) ]] ||
      { echo "    aarch64: ${line#"${line%%[! ]*}"}" >>"$AZL_PROGRESS"; } 2>/dev/null || true
  done
}

# Once in a pipe, which shows the progress, and once in this shell, which gets the variables.
progress aarch64_packages
aarch64_packages
