#!/bin/bash
# Compiles the packages from the source as users do, twice and in different folders, and compares the bytes.
#
#   tests/packaging/source_test.sh deb|rpm
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kind=${1-}
options=()
case $kind in
  deb) command -v dpkg-buildpackage >/dev/null || skip 'dpkg-buildpackage is missing' ;;
  rpm)
    command -v rpmbuild >/dev/null || skip 'rpmbuild is missing'
    if [[ $(rpm --eval '%{?systemd_post:yes}') != yes ]]; then options=(--rpm-macros "$repository/tests/packaging/macros"); fi ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

build_package "$kind" 1.1 new "${options[@]}"
build_elsewhere "$kind" 1.1 again "${options[@]}"
check 'two builds are the same bytes' "$(checksums new "*.$kind")" "$(checksums again "*.$kind")"
check_sbom "$work/new/azl-provision-1.1.$kind.spdx.json"
finish_test
