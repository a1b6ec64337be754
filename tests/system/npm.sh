# shellcheck shell=bash
# Packages of npm, to source.

# npm_package DIRECTORY NAME@VERSION: installs a package below DIRECTORY/node_modules, unless this version is there.
npm_package() {
  local directory=$1 package=$2 log
  [[ ! -e $directory/$package ]] || return 0
  mkdir -p "$directory"
  log=$(mktemp)
  if ! npm install --no-audit --no-fund --prefix "$directory" "$package" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  mkdir -p "$(dirname "$directory/$package")"
  touch "$directory/$package"
}
