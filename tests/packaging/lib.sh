# shellcheck shell=bash
# The common part of the tests of packages.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$repository/tests/system/checks.sh"

skip() { echo "skipped: $1"; exit 77; }

# succeeds NAME COMMAND…
succeeds() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then echo "ok: $name"; else fail "$name" "$(tail -n 30 <<<"$output")"; fi
}

finish_test() {
  if ((failures > 0)); then
    echo "$failures failed"
    exit 1
  fi
  echo 'all passed'
}

# build_package KIND VERSION NAME [OPTION…]: builds packages into $work/NAME.
build_package() {
  local kind=$1 version=$2 name=$3
  shift 3
  AZL_PACKAGE_VERSION=$version SOURCE_DATE_EPOCH=1700000000 "$repository/packaging/build" "$kind" --output "$work/$name" "$@" \
    >"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
}

# build_elsewhere …: the same in another, with other settings of the user.
build_elsewhere() {
  mkdir -p "$work/another/home"
  (umask 077; HOME="$work/another/home" TMPDIR="$work/another" TZ=Asia/Tokyo LANG=de_DE.UTF-8 CXXFLAGS=-O0 build_package "$@")
}

# checksums FOLDER PATTERN: of the packages and the list of what they use, but not of the logs.
checksums() { (cd "$work/$1" && find . -type f \( -name "$2" -o -name '*.spdx.json' -o -name '*.tar.gz' \) -print0 | sort -z | xargs -0 sha256sum); }

# Prints the paths that a build directory's three components install.
installed_files() {
  local component
  for component in Unspecified simulator cloud-init; do
    DESTDIR=$work/installed cmake --install "$1" --component "$component" >/dev/null
  done
  (cd "$work/installed" && find . ! -type d | sed 's/^\.//' | sort)
}

# check_sbom FILE: what SPDX 2.3 requires of a document, and what ours is for.
check_sbom() {
  check "$(basename "$1" | sed 's/.*\.\(deb\|rpm\)\.spdx/\1: spdx/') has what SPDX 2.3 requires, and names what the program uses" true "$(jq '
    def text: type == "string" and length > 0;
    (.packages | map(.SPDXID)) as $ids
    | .spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and (.name | text)
      and (.documentNamespace | test("^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))
      and (.creationInfo.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"))
      and (.creationInfo.creators | length > 0 and all(test("^(Tool|Organization|Person): .")))
      and (.packages | length > 10 and all((.SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$")) and (.name | text) and (.versionInfo | text)
            and (.downloadLocation | text) and .filesAnalyzed == false and (.licenseConcluded | text) and (.copyrightText | text)))
      and ($ids | length == (unique | length))
      and (.relationships | length > 10 and all((.spdxElementId | IN("SPDXRef-DOCUMENT", $ids[])) and (.relatedSpdxElement | IN($ids[]))
            and (.relationshipType | IN("DESCRIBES", "DYNAMIC_LINK", "STATIC_LINK"))))
      and (["libcurl", "pugixml", "yaml-cpp", "nlohmann-json", "cli11", "spdlog"]
           - [.packages[].name as $name | ("libcurl", "pugixml", "yaml-cpp", "nlohmann-json", "cli11", "spdlog") as $word
              | select($name | ascii_downcase | contains($word)) | $word] == [])' "$1")"
}
