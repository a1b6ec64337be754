#!/bin/bash
# Prints what custom data left in the tree that is the root directory, one fact a line: "KEY = VALUE".
#
#   facts.sh CHANGED DOCUMENT BEFORE
#
# CHANGED lists the paths that were written or removed. DOCUMENT may have passwords, words that begin with "pw-". BEFORE is
# the tree as it was.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
changed=$1 document=$2 before=$3

# Each program's own state, logs and temporary files; what the test put there; and databases of which facts are printed below.
is_left_out() {
  case $1 in
    /var/lib/cloud | /var/lib/cloud/* | /run/cloud-init | /run/cloud-init/* | /var/log/cloud-init* | /etc/cloud/*) ;;
    /var/lib/azl-provision | /var/lib/azl-provision/* | /run/azl-provision | /run/azl-provision/* | /var/log/azl-provision*) ;;
    */__pycache__ | */__pycache__/* | /notes | /tmp/facts | /proc | /sys | /dev | /run/lock | /run/mount | /run/mount/* | /run/sshd | /run/sshd.pid | /run/sudo | /run/sudo/* | /var/log/lastlog) ;;
    /var/lib/apt/* | /var/lib/dpkg/* | /var/cache/apt | /var/cache/apt/* | /var/cache/debconf/* | /var/log/apt/* | /var/log/dpkg.log) ;;
    /root/.cache | /root/.gnupg | /root/.gnupg/*) ;;
    /etc/passwd | /etc/group | /etc/shadow | /etc/gshadow | /etc/subuid | /etc/subgid | /etc/*[a-z]- | /etc/.pwd.lock) ;;
    *) is_unchanged "$1" ;;
  esac
}

describe_file() { stat -c '%F %a %U:%G' "$1" | sed 's/regular empty file/regular file/'; }

# A path is also written if only something below it was.
is_unchanged() {
  [[ -e $1 && ! -L $1 && -e $before$1 && $(describe_file "$1") == "$(describe_file "$before$1")" ]] &&
    { [[ -d $1 ]] || cmp -s "$1" "$before$1"; }
}

# Prints a text on one line, and of a long or binary one only a checksum.
show() {
  # shellcheck disable=SC2016 # for perl
  perl -0777 -CO -e '
    use utf8;
    open(my $file, "<", $ARGV[0]) or die;
    my $text = <$file> // "";
    exit 1 if !utf8::decode($text) || $text =~ /\0/ || length $text > 400;
    $text =~ tr/\n\r\t|/¶␍→¦/;
    print "$text\n"' "$1" || sha256sum <"$1" | cut -c -16
}

# cloud-init keeps keys in a set of Python's, so that the order of their lines differs from run to run. Its template of /etc/hosts
# has long comments.
show_content() {
  local text
  case $1 in
    */authorized_keys) text=$(sort "$1") ;;
    /etc/hosts) text=$(grep -v -e '^#' -e '^$' "$1") ;;
    *)
      show "$1"
      return
      ;;
  esac
  show <(printf '%s' "${text:+$text$'\n'}")
}

print_files() {
  local path
  while IFS= read -r path; do
    if is_left_out "$path"; then continue; fi
    if [[ ! -e $path && ! -L $path ]]; then
      echo "file $path = removed"
      continue
    fi
    echo "file $path = $(describe_file "$path")"
    if [[ -L $path ]]; then echo "link $path = $(readlink "$path")"; fi
    if [[ -f $path && ! -L $path ]]; then echo "content $path = $(show_content "$path")"; fi
  done <"$changed"
}

# Describes field 2 of shadow(5): how it is locked, and which password of the document opens it.
describe_password() {
  # shellcheck disable=SC2016 # for perl
  perl -e '
    my ($field, $document) = @ARGV;
    my $locked = $field =~ s/^!+// ? "locked " : "";
    if ($field !~ /^\$/) { print $locked, $field eq "" ? "none" : $field, "\n"; exit }
    my ($method) = $field =~ /^\$(\w+)\$/;
    open(my $file, "<", $document);
    my %words = map { $_ => 1 } map { /(pw-\w+)/g } <$file>;
    my @right = grep { crypt($_, $field) eq $field } sort keys %words;
    print $locked, "\$$method\$ ", @right ? "opens with @right" : "opens with no password of the document", "\n"' "$1" "$document"
}

# describe_id ID: numbers differ with the order in which accounts are made.
describe_id() {
  if (($1 >= 1000)) && ! grep -qw "$1" "$document"; then echo other; else echo "$1"; fi
}

print_accounts() {
  local name uid gid gecos home shell fields members
  while IFS=: read -r name _ uid _ gecos home shell; do
    if ((uid != 0 && uid < 1000)) && grep -q "^$name:" "$before/etc/passwd"; then continue; fi
    echo "user $name = $(describe_id "$uid") $(id -gn "$name") '$gecos' $home $shell"
    echo "groups $name = $(id -Gn "$name" | tr ' ' '\n' | sort | paste -sd ' ')"
    IFS=: read -ra fields < <(getent shadow "$name"; echo)
    echo "password $name = $(describe_password "${fields[1]}")"
    if ((fields[2] > 20000)); then fields[2]=today; fi
    echo "aging $name = ${fields[*]:2}"
    echo "sudo $name = $(sudo -l -U "$name" 2>/dev/null | sed -n 's/^ \{4\}(/(/p' | paste -sd ';')"
    echo "subordinate $name = $(sed -n "s/^$name:[0-9]*:/ids: /p" /etc/subuid /etc/subgid | paste -sd ' ')"
  done </etc/passwd
  while IFS=: read -r name _ gid members; do
    echo "group $name = $(describe_id "$gid") $(tr ',' '\n' <<<"$members" | sort | paste -sd ' ')"
  done </etc/group
}

print_packages() {
  local list
  dpkg-query -W -f 'package ${Package} = ${Version} ${Status}\n' 'azl-*'
  for list in /var/lib/apt/lists/*_Packages; do
    if [[ -e $list ]]; then echo "apt list ${list##*/} = read"; fi
  done
}

print_files
print_accounts
print_packages
if visudo -cq 2>/dev/null; then echo 'sudoers = valid'; else echo 'sudoers = not valid'; fi
mkdir -p /run/sshd
sshd -T 2>/dev/null | sed -n 's/^\(passwordauthentication\|kbdinteractiveauthentication\|permitrootlogin\) /sshd \1 = /p'
echo "host name = $(uname -n) $(cat /etc/hostname)"
if [[ -e /notes ]]; then cat /notes; fi
sed -n 's/^said: /said = /p' /var/log/cloud-init-output.log /var/log/azl-provision/custom-data.log 2>/dev/null || true
