#!/usr/bin/perl
# Prints what custom data left in the tree that is the root directory, one fact a line: "KEY = VALUE".
#
#   facts.pl CHANGED DOCUMENT BEFORE [machine]
#
# CHANGED lists the paths that were written or removed. DOCUMENT may have passwords, words that begin with "pw-". BEFORE is
# the tree as it was. "machine": the tree is that of a machine that has booted; facts about its disks, mounts, packages and names are
# printed, too, and what each boot writes is left out.
#
# Uses only what Debian's perl-base has, and starts few programs: each takes a second in an emulated VM.
use strict;
use warnings;

$ENV{PATH} = '/usr/sbin:/usr/bin:/sbin:/bin';
$ENV{LC_ALL} = 'C.UTF-8';
my ($changed, $document_file, $before, $kind) = (@ARGV, 'tree');
my $document = read_file($document_file);

print_files();
print_users();
print_groups();
print 'sudoers = ', (system('visudo -cq >/dev/null 2>&1') == 0 ? 'valid' : 'not valid'), "\n";
print_sshd();
print 'host name = ', first_line(`uname -n`), ' ', first_line(read_file('/etc/hostname')), "\n";
print_machine() if $kind eq 'machine';
print_tree() if $kind eq 'tree';
print read_file('/notes');
for my $log ('/var/log/cloud-init-output.log', '/var/log/azl-provision/custom-data.log') {
  print "said = $_\n" for read_file($log) =~ /^said: (.*)/mg;
}

# Returns nothing of a file that does not exist.
sub read_file {
  my ($path) = @_;
  open(my $file, '<', $path) or return '';
  local $/;
  return scalar(<$file>) // '';
}

sub lines_of { return split(/\n/, read_file($_[0])) }
sub first_line { return ($_[0] =~ /^(.*)/)[0] }

# Each program's own state, logs and temporary files; what the test put there; and databases of which facts are printed.
sub is_left_out {
  my ($path) = @_;
  return 1 if $path =~ m{^/(var/lib/cloud|run/cloud-init|var/lib/azl-provision|run/azl-provision|run/sudo)(/|$)};
  return 1 if $path =~ m{^/(var/log/(cloud-init|azl-provision)|etc/cloud/)};
  return 1 if $path =~ m{/__pycache__(/|$)};
  return 1 if $path =~ m{^/(notes|tmp/facts|proc|sys|dev|run/lock|run/sshd|run/sshd\.pid|var/log/lastlog)$};
  return 1 if $path =~ m{^/etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock|.*[a-z]-)$};
  return 1 if $path =~ m{^/root/\.(cache|gnupg)(/|$)};
  return 1 if $kind eq 'machine' ? is_of_every_boot($path) : is_of_packages($path);
  return is_unchanged($path);
}

sub is_of_every_boot {
  my ($path) = @_;
  return $path =~ m{^/var/(log|cache|tmp|lib/(systemd|dpkg|apt|dbus|private|dhcpcd|waagent|hyperv))(/|$)} ||
         $path =~ m{^/(etc/machine-id|etc/ssh/ssh_host_.*|etc/fstab|home/.*/\.sudo_as_admin_successful)$};
}

# What apt and dpkg keep, and what umount(8) does.
sub is_of_packages {
  my ($path) = @_;
  return $path =~ m{^/(var/lib/apt|var/lib/dpkg|var/cache/debconf|var/log/apt)/|^/(var/cache/apt|run/mount)(/|$)|^/var/log/dpkg\.log$};
}

sub describe_file {
  my ($path) = @_;
  my @status = lstat $path or return '';
  my $type = -l _ ? 'symbolic link' : -d _ ? 'directory' : -f _ ? 'regular file' : -p _ ? 'fifo' : 'other';
  return sprintf('%s %o %s:%s', $type, $status[2] & 07777, scalar(getpwuid($status[4])) // 'UNKNOWN', scalar(getgrgid($status[5])) // 'UNKNOWN');
}

# A path is also written if only something below it was.
sub is_unchanged {
  my ($path) = @_;
  return 0 if -l $path || !-e $path || !-e "$before$path" || describe_file($path) ne describe_file("$before$path");
  return -d $path || read_file($path) eq read_file("$before$path");
}

# Returns a text as one line, and of a long or binary one only a checksum.
sub show {
  my ($text, $path) = @_;
  my $letters = $text;
  if (!utf8::decode($letters) || $text =~ /\0/ || length $letters > 400) {
    open(my $sum, '-|', 'sha256sum', $path) or die;
    return substr(<$sum>, 0, 16);
  }
  my %signs = ("\n" => '¶', "\r" => '␍', "\t" => '→', '|' => '¦');
  $text =~ s/([\n\r\t|])/$signs{$1}/g;
  return $text;
}

sub show_content {
  my ($path) = @_;
  my $size = (stat $path)[7];
  return "$size bytes" if $size > 1 << 24;  # such as a swap file, which has a random id
  my $text = read_file($path);
  # cloud-init's template has long comments.
  if ($path eq '/etc/hosts') { $text =~ s/^(#.*)?\n//mg }
  if ($path =~ m{/authorized_keys$}) {
    # cloud-init keeps keys in a set of Python's, so that the order of their lines differs. The VM lab makes a key for each run.
    $text =~ s/ssh-ed25519 \S+ user\@lab/KEY user\@lab/g;
    $text = join('', map { "$_\n" } sort split(/\n/, $text));
  }
  return show($text, $path);
}

sub print_files {
  for my $path (lines_of($changed)) {
    next if is_left_out($path);
    if (!-e $path && !-l $path) {
      print "file $path = removed\n";
      next;
    }
    print "file $path = ", describe_file($path), "\n";
    if (-l $path) { print "link $path = ", readlink($path), "\n" }
    elsif (-f $path) { print "content $path = ", show_content($path), "\n" }
  }
}

# Describes field 2 of shadow(5): how it is locked, and which password of the document opens it.
sub describe_password {
  my ($field) = @_;
  my $locked = $field =~ s/^!+// ? 'locked ' : '';
  return $locked . ($field eq '' ? 'none' : $field) if $field !~ /^\$(\w+)\$/;
  my $method = $1;
  my %words = map { $_ => 1 } $document =~ /(pw-\w+)/g;
  my @right = grep { crypt($_, $field) eq $field } sort keys %words;
  return "$locked\$$method\$ " . (@right ? "opens with @right" : 'opens with no password of the document');
}

# Numbers differ with the order in which accounts are made.
sub describe_id {
  my ($id) = @_;
  return $id >= 1000 && $document !~ /\b$id\b/ ? 'other' : $id;
}

# Returns the names of a user's groups, sorted.
sub groups_of {
  my ($user, $primary) = @_;
  my %groups = (scalar(getgrgid($primary)) // $primary => 1);
  for (lines_of('/etc/group')) {
    my ($name, undef, undef, $members) = split(/:/, $_, -1);
    $groups{$name} = 1 if grep { $_ eq $user } split(/,/, $members);
  }
  return join(' ', sort keys %groups);
}

sub print_users {
  my $users_before = read_file("$before/etc/passwd");
  my %shadow = map { (split /:/)[0] => $_ } lines_of('/etc/shadow');
  for (lines_of('/etc/passwd')) {
    my ($name, undef, $uid, $gid, $gecos, $home, $shell) = split(/:/, $_, -1);
    next if $uid != 0 && $uid < 1000 && $users_before =~ /^\Q$name\E:/m;
    print "user $name = ", describe_id($uid), ' ', scalar(getgrgid($gid)) // $gid, " '$gecos' $home $shell\n";
    print "groups $name = ", groups_of($name, $gid), "\n";
    my @fields = split(/:/, $shadow{$name} // '', -1);
    print "password $name = ", describe_password($fields[1] // ''), "\n";
    if (($fields[2] || 0) > 20000) { $fields[2] = 'today' }
    pop @fields while @fields > 2 && $fields[-1] eq '';
    print "aging $name = @fields[2 .. $#fields]\n";
    print "sudo $name = ", join(';', map { /^ {4}(\(.*)/ ? $1 : () } split(/\n/, `sudo -l -U '$name' 2>/dev/null`)), "\n";
    print "subordinate $name = ", join(' ', map { /^\Q$name\E:[0-9]*:(.*)/ ? "ids: $1" : () } map { lines_of("/etc/$_") } 'subuid', 'subgid'), "\n";
  }
}

sub print_groups {
  for (lines_of('/etc/group')) {
    my ($name, undef, $gid, $members) = split(/:/, $_, -1);
    print "group $name = ", describe_id($gid), ' ', join(' ', sort split(/,/, $members)), "\n";
  }
}

sub print_sshd {
  mkdir '/run/sshd';
  for (split(/\n/, `sshd -T 2>/dev/null`)) {
    print "sshd $1 = $2\n" if /^(passwordauthentication|kbdinteractiveauthentication|permitrootlogin) (.*)/;
  }
}

# The packages of the test, and which lists of repositories were read.
sub print_tree {
  print map { "package $_\n" } grep { /^azl-/ } packages_of('');
  print map { "apt list $_ = read\n" } map { s{.*/}{}r } glob('/var/lib/apt/lists/*_Packages');
}

# --- what only a machine has ---

my %disks;  # the names of Azure's disks and their partitions by their paths, which differ from boot to boot

sub real_path { return first_line(`readlink -f '$_[0]'`) }

# Returns a device's own name, or what is written there.
sub describe_source {
  my ($source) = @_;
  my $device = $source;
  if ($source =~ /^[A-Z]+=/) { $device = first_line(`findfs '$source' 2>/dev/null`) || $source }
  elsif ($source =~ m{^/dev/}) { $device = real_path($source) }
  return $disks{$device} // $device;
}

sub sorted_options { return join(',', sort split(/,/, $_[0])) }

sub print_disks {
  %disks = map { real_path($_) => s{.*/}{}r } glob('/dev/disk/azure/resource* /dev/disk/azure/scsi1/*');
  for my $path (keys %disks) {
    print "disk $disks{$path} = ", first_line(`lsblk --nodeps -n -P -o TYPE,PTTYPE,PARTTYPE,SIZE,FSTYPE,LABEL '$path'`), "\n";
  }
}

sub print_mounts {
  for (lines_of('/proc/self/mounts')) {
    my ($source, $target, $type, $options) = split(/ /);
    next if $target =~ m{^/($|(dev|proc|sys|run|tmp)(/|$))};
    print "mount $target = ", describe_source($source), " $type ", sorted_options($options), "\n";
  }
  for (lines_of('/etc/fstab')) {
    next if /^\s*(#|$)/;
    my ($source, $target, $type, $options, $frequency, $pass) = split(/\s+/);
    $target = 'swap' if $type eq 'swap';
    print "fstab $target = ", describe_source($source), " $type ", $frequency // 0, ' ', $pass // 0, "\n";
    print "fstab-options $target = ", sorted_options($options), "\n";
    print "fstab-source $target = ", $source =~ s/^((PART)?UUID)=.*/$1/r, "\n";
  }
  for (split(/\n/, `swapon --show=NAME,SIZE --noheadings`)) {
    my ($source, $size) = split(/\s+/);
    print 'swap ', describe_source($source), " = $size\n";
  }
}

sub packages_of { return split(/\n/, `dpkg-query --admindir='$_[0]/var/lib/dpkg' -W -f '\${Package} = \${Version} \${Status}\n'`) }

sub print_machine {
  print_disks();
  print_mounts();
  my %there = map { $_ => 1 } packages_of($before);
  print map { $there{$_} ? () : "package $_\n" } packages_of('');
  print 'time zone = ', real_path('/etc/localtime'), "\n";
  print 'full host name = ', first_line(`hostname -f 2>/dev/null`), "\n";
}
