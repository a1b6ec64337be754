// The files of a small cloud image of Azure Linux, as `azl-platform tree` writes them.
#include <array>

#include "tests/platform/tree.h"

namespace azl::platform {
namespace {

constexpr const char* kOsRelease = R"(NAME="Azure Linux"
VERSION="4.0"
ID=azurelinux
VERSION_ID="4.0"
PLATFORM_ID="platform:azl4"
PRETTY_NAME="Azure Linux 4.0"
VARIANT="Cloud"
VARIANT_ID=cloud
)";

constexpr const char* kPasswd = R"(root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/bin:/usr/sbin/nologin
daemon:x:2:2:daemon:/sbin:/usr/sbin/nologin
adm:x:3:4:adm:/var/adm:/usr/sbin/nologin
mail:x:8:12:mail:/var/spool/mail:/usr/sbin/nologin
sshd:x:74:74:Privilege-separated SSH:/usr/share/empty.sshd:/usr/sbin/nologin
dbus:x:81:81:System Message Bus:/:/usr/sbin/nologin
systemd-network:x:192:192:systemd Network Management:/:/usr/sbin/nologin
systemd-resolve:x:193:193:systemd Resolver:/:/usr/sbin/nologin
nobody:x:65534:65534:Kernel Overflow User:/:/usr/sbin/nologin
)";

constexpr const char* kShadow = R"(root:*:20000:0:99999:7:::
bin:*:20000:0:99999:7:::
daemon:*:20000:0:99999:7:::
adm:*:20000:0:99999:7:::
mail:*:20000:0:99999:7:::
sshd:!*:20000::::::
dbus:!*:20000::::::
systemd-network:!*:20000::::::
systemd-resolve:!*:20000::::::
nobody:*:20000:0:99999:7:::
)";

constexpr const char* kGroup = R"(root:x:0:
bin:x:1:
daemon:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mem:x:8:
kmem:x:9:
wheel:x:10:
cdrom:x:11:
mail:x:12:
dialout:x:18:
floppy:x:19:
utmp:x:22:
tape:x:33:
kvm:x:36:
video:x:39:
audio:x:63:
sshd:x:74:
dbus:x:81:
users:x:100:
input:x:104:
render:x:105:
systemd-journal:x:190:
systemd-network:x:192:
systemd-resolve:x:193:
nobody:x:65534:
)";

constexpr const char* kGshadow = R"(root:*::
bin:*::
daemon:*::
sys:*::
adm:*::
tty:*::
disk:*::
lp:*::
mem:*::
kmem:*::
wheel:*::
cdrom:*::
mail:*::
dialout:*::
floppy:*::
utmp:*::
tape:*::
kvm:*::
video:*::
audio:*::
sshd:!*::
dbus:!*::
users:*::
input:*::
render:*::
systemd-journal:!*::
systemd-network:!*::
systemd-resolve:!*::
nobody:*::
)";

constexpr const char* kLoginDefs = R"(PASS_MAX_DAYS 99999
PASS_MIN_DAYS 0
PASS_WARN_AGE 7
UID_MIN 1000
UID_MAX 60000
SYS_UID_MIN 201
SYS_UID_MAX 999
SUB_UID_MIN 524288
SUB_UID_MAX 600100000
SUB_UID_COUNT 65536
GID_MIN 1000
GID_MAX 60000
SYS_GID_MIN 201
SYS_GID_MAX 999
SUB_GID_MIN 524288
SUB_GID_MAX 600100000
SUB_GID_COUNT 65536
UMASK 022
HOME_MODE 0700
CREATE_HOME yes
USERGROUPS_ENAB yes
ENCRYPT_METHOD YESCRYPT
)";

constexpr const char* kUseradd = R"(GROUP=100
HOME=/home
INACTIVE=-1
EXPIRE=
SHELL=/bin/bash
SKEL=/etc/skel
CREATE_MAIL_SPOOL=no
)";

// Only "files": a chroot has no other source of users.
constexpr const char* kNsswitch = R"(passwd: files
shadow: files
group: files
gshadow: files
subid: files
hosts: files dns
)";

constexpr const char* kSshdConfig = R"(Include /etc/ssh/sshd_config.d/*.conf

UsePAM yes
AuthorizedKeysFile .ssh/authorized_keys
Subsystem sftp /usr/libexec/openssh/sftp-server
)";

constexpr const char* kSudoers = R"(Defaults env_reset
Defaults secure_path = /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root ALL=(ALL) ALL
%wheel ALL=(ALL) ALL
@includedir /etc/sudoers.d
)";

constexpr const char* kBashrc = R"([ -f /etc/bashrc ] && . /etc/bashrc
)";

// Programs are empty files: the agent checks that they exist and does not run them.
constexpr std::array kFiles = {
    TreeFile{"usr/lib/os-release", 0644, kOsRelease},
    TreeFile{"etc/passwd", 0644, kPasswd},
    TreeFile{"etc/shadow", 0600, kShadow},
    TreeFile{"etc/group", 0644, kGroup},
    TreeFile{"etc/gshadow", 0600, kGshadow},
    TreeFile{"etc/subuid", 0644, ""},
    TreeFile{"etc/subgid", 0644, ""},
    TreeFile{"etc/login.defs", 0644, kLoginDefs},
    TreeFile{"etc/default/useradd", 0600, kUseradd},
    TreeFile{"etc/shells", 0644, "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n"},
    TreeFile{"etc/nsswitch.conf", 0644, kNsswitch},
    TreeFile{"etc/hostname", 0644, "localhost\n"},
    TreeFile{"etc/hosts", 0644, "127.0.0.1 localhost\n::1 localhost\n"},
    TreeFile{"etc/machine-id", 0444, ""},
    TreeFile{"etc/fstab", 0644, "LABEL=root / ext4 defaults 1 1\n"},
    TreeFile{"etc/sudoers", 0440, kSudoers},
    TreeFile{"etc/skel/.bashrc", 0644, kBashrc},
    TreeFile{"etc/ssh/sshd_config", 0600, kSshdConfig},
    TreeFile{"usr/sbin/sshd", 0755, ""},
    TreeFile{"usr/sbin/nologin", 0755, ""},
    TreeFile{"usr/bin/bash", 0755, ""},
    TreeFile{"usr/bin/sh", 0755, ""},
};

}  // namespace

std::span<const TreeFile> image_files() { return kFiles; }

}  // namespace azl::platform
