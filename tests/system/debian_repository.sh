# shellcheck shell=bash
# Makes packages and repositories for apt, to source.

# make_package REPOSITORY NAME VERSION [POSTINST] [FIELD…]: builds a package with the file /usr/share/NAME, which has the name and the
# version. The package is added to the folder REPOSITORY. FIELDs are more lines of its control file.
make_package() {
  local repository=$1 name=$2 version=$3 script=${4-} tree file
  tree=$(mktemp -d)
  chmod 755 "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/usr/share" "$repository"
  printf '%s\n' "Package: $name" "Version: $version" 'Architecture: all' 'Maintainer: test <t@example.com>' "${@:5}" \
    'Description: test' >"$tree/DEBIAN/control"
  echo "$name $version" >"$tree/usr/share/$name"
  if [[ $script ]]; then
    echo "$script" >"$tree/DEBIAN/postinst"
    chmod 755 "$tree/DEBIAN/postinst"
  fi
  file=${name}_$version.deb
  dpkg-deb --root-owner-group --build "$tree" "$repository/$file" >/dev/null
  {
    cat "$tree/DEBIAN/control"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$repository/$file")" "$(sha256sum <"$repository/$file" | cut -d' ' -f1)"
  } >>"$repository/Packages"
  rm -rf "$tree"
}
