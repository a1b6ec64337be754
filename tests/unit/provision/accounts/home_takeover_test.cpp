#include "provision/accounts/home_takeover.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

namespace azl::provision {

using azl::test::AccountTree;
using azl::test::in_chroot;
using Names = std::vector<std::string>;

namespace {

constexpr uid_t kFormer = 1001;

const Account kBob{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""};

/// A tree with a home of a uid that no account has.
class FormerHome : public AccountTree {
 public:
  explicit FormerHome(uid_t uid = kFormer) : uid_(uid) {
    mkdir("home/bob").chown_to("home/bob", uid, uid);
  }
  /// Makes a file of the former owner's in the home.
  FormerHome& add(const std::string& name, std::string_view content = "x") {
    const std::string path = "home/bob/" + name;
    write(path, content);
    for (std::string at = path; at != "home/bob"; at = at.substr(0, at.rfind('/')))
      chown_to(at, uid_, uid_);
    return *this;
  }
  [[nodiscard]] uid_t owner(const std::string& name) const {
    return status("home/bob/" + name).st_uid;
  }
  [[nodiscard]] bool has(const std::string& name) const { return exists("home/bob/" + name); }

 private:
  uid_t uid_;
};

TakenHome take(const FormerHome& tree, uid_t former = kFormer, const Account& account = kBob) {
  auto taken = take_over_home(tree.root(), account, former);
  if (!taken) FAIL(taken.error().to_string());
  return std::move(*taken);
}

Names set_aside_in(const FormerHome& tree) { return find_set_aside(tree.root(), kBob).value(); }

}  // namespace

TEST_CASE("entries of the former owner change their owner, and nothing else does") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add("notes").add("work/src/main.c").add("theirs").add("shared").add("root-file");
  tree.chown_to("home/bob/theirs", 1002, 1002);
  tree.chown_to("home/bob/shared", kFormer, 50);
  tree.chown_to("home/bob/root-file", 0, 0);
  tree.symlink("/etc/shadow", "home/bob/link").chown_to("home/bob/link", kFormer, kFormer);
  tree.chmod_to("home/bob", 0777);
  tree.write("home/ann/file", "").chown_to("home/ann/file", kFormer, kFormer);
  const auto taken = take(tree);
  for (const char* name : {"notes", "work", "work/src", "work/src/main.c", "link"}) {
    CAPTURE(name);
    CHECK(tree.owner(name) == 1000);
    CHECK(tree.status("home/bob/" + std::string(name)).st_gid == 1000);
  }
  CHECK(tree.owner("theirs") == 1002);
  CHECK(tree.owner("root-file") == 0);
  CHECK(tree.owner("shared") == 1000);
  CHECK(tree.status("home/bob/shared").st_gid == 50);  // not the home's group
  CHECK(tree.status("home/bob").st_uid == 1000);
  CHECK(tree.status("home/bob").st_gid == 1000);
  CHECK(tree.mode("home/bob") == 0755);
  CHECK(tree.status("home/ann/file").st_uid == kFormer);
  CHECK(tree.status("etc/shadow").st_uid == 0);  // the link's target
  CHECK(taken.former == kFormer);
  CHECK(taken.changed == 6);
  CHECK(set_aside_in(tree).empty());
  CHECK(taken.left == 0);
}

TEST_CASE("a file with a hard link outside the home keeps its owner") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add("notes").write("srv/data", "x").chown_to("srv/data", kFormer, kFormer);
  std::filesystem::create_hard_link(tree.path("srv/data"), tree.path("home/bob/data"));
  const auto taken = take(tree);
  CHECK(tree.status("srv/data").st_uid == kFormer);
  CHECK(tree.owner("notes") == 1000);
  CHECK(tree.status("home/bob").st_uid == 1000);
  CHECK(taken.left == 1);
  CHECK(taken.first_left == "'data' has several hard links");
}

TEST_CASE("devices keep their owner, FIFOs do not, and neither is opened") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  REQUIRE(mkfifo(tree.path("home/bob/fifo").c_str(), 0600) == 0);
  tree.chown_to("home/bob/fifo", kFormer, kFormer);
  if (mknod(tree.path("home/bob/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) {
    MESSAGE("skipped: no devices can be made here");
    return;
  }
  tree.chown_to("home/bob/null", kFormer, kFormer);
  const auto taken = take(tree);
  CHECK(tree.owner("fifo") == 1000);
  CHECK(tree.owner("null") == kFormer);
  CHECK(taken.left == 1);
  CHECK(taken.first_left == "'null' is a device");
}

TEST_CASE("set-user-ID and set-group-ID bits of taken files are removed") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add("tool").add("tool2").add("dir/file").add("plain");
  tree.chmod_to("home/bob/tool", 06755).chmod_to("home/bob/tool2", 02644);
  tree.chmod_to("home/bob/dir", 02775).chmod_to("home/bob/plain", 0640);
  take(tree);
  CHECK(tree.mode("home/bob/tool") == 0755);
  CHECK(tree.mode("home/bob/tool2") == 0644);
  CHECK(tree.mode("home/bob/dir") == 0775);
  CHECK(tree.mode("home/bob/plain") == 0640);
  CHECK(tree.owner("tool") == 1000);

  // The former owner had the uid that the new account got.
  FormerHome same;
  same.add("tool");
  for (const std::string name : {"home/bob", "home/bob/tool"}) same.chown_to(name, 1000, 1000);
  same.chmod_to("home/bob/tool", 04755);
  const auto taken = take_over_home(same.root(), kBob, 1000);
  REQUIRE(taken.has_value());
  CHECK(taken->changed == 0);
  CHECK(same.mode("home/bob/tool") == 0755);
}

TEST_CASE("keys and start-up files of the former owner are set aside, other files stay") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  const Names files = {".ssh/authorized_keys",
                       ".ssh/authorized_keys2",
                       ".ssh/rc",
                       ".ssh/environment",
                       ".bashrc",
                       ".bash_profile",
                       ".bash_login",
                       ".profile",
                       ".bash_logout",
                       ".zshrc",
                       ".zprofile",
                       ".zshenv",
                       ".zlogin",
                       ".pam_environment"};
  for (const auto& name : files) tree.add(name, "text of " + name);
  const Names units = {".config/systemd/user.control/default.target.wants/x.service",
                       ".config/fish/config.fish", ".config/user-tmpfiles.d/x.conf"};
  for (const auto& name : units) tree.add(name);
  tree.add(".ssh/id_ed25519").add(".keys/azure", "their key");
  tree.symlink("/srv/zlogout", "home/bob/.zlogout");
  const Names keys_files = {".keys/azure"};
  REQUIRE(take_over_home(tree.root(), kBob, kFormer, keys_files));
  const auto set_aside = find_set_aside(tree.root(), kBob, keys_files).value();
  for (const auto& name : files) {
    CAPTURE(name);
    CHECK_FALSE(tree.has(name));
    const std::string aside = name + std::string(kSetAside);
    CHECK(tree.read("home/bob/" + aside) == "text of " + name);
    CHECK(tree.owner(aside) == 1000);
    CHECK(std::ranges::find(set_aside, aside) != set_aside.end());
  }
  for (const auto& name : units) CHECK_FALSE(tree.has(name));
  CHECK(
      tree.has(".config/systemd.before-azl-provision/user.control/default.target.wants/"
               "x.service"));
  CHECK_FALSE(tree.has(".keys/azure"));
  CHECK(tree.has(".keys/azure.before-azl-provision"));
  CHECK_FALSE(tree.has(".zlogout"));
  CHECK(tree.has(".ssh/id_ed25519"));
  CHECK(tree.owner(".ssh") == 1000);
  CHECK(set_aside.size() == files.size() + units.size() + 2);
}

TEST_CASE("setting aside overwrites nothing, whatever the former owner planted") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add(".bashrc", "new").add(".bashrc.before-azl-provision", "old");
  take(tree);
  const auto set_aside = set_aside_in(tree);
  CHECK_FALSE(tree.has(".bashrc"));
  CHECK(tree.read("home/bob/.bashrc.before-azl-provision") == "old");
  CHECK(tree.read("home/bob/.bashrc.before-azl-provision.1") == "new");
  CHECK(set_aside == Names{".bashrc.before-azl-provision", ".bashrc.before-azl-provision.1"});

  FormerHome full;
  full.add(".profile", "new").add(".profile.before-azl-provision");
  for (int i = 1; i < 100; ++i) full.add(".profile.before-azl-provision." + std::to_string(i));
  take(full);
  CHECK_FALSE(full.has(".profile"));
  CHECK(set_aside_in(full).size() == 101);
}

TEST_CASE("a link on the way to a start-up file is set aside and not followed") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.write("srv/ssh/authorized_keys", "x").write("srv/config/fish/config.fish", "x");
  tree.symlink("/srv/config", "home/bob/.config");
  tree.symlink(tree.path("srv/ssh"), "home/bob/.ssh");  // leads there on this machine, too
  tree.chown_to("home/bob/.ssh", kFormer, kFormer);
  take(tree);
  const auto set_aside = set_aside_in(tree);
  CHECK(tree.exists("srv/ssh/authorized_keys"));
  CHECK(tree.exists("srv/config/fish/config.fish"));
  CHECK_FALSE(tree.has(".ssh"));
  CHECK_FALSE(tree.has(".config"));
  CHECK(set_aside == Names{".ssh.before-azl-provision", ".config.before-azl-provision"});
}

TEST_CASE("a .ssh that sshd would refuse is set aside as a whole") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add(".ssh/authorized_keys").chown_to("home/bob/.ssh", 0, 0);
  take(tree);
  CHECK(set_aside_in(tree) == Names{".ssh.before-azl-provision"});
  CHECK(tree.has(".ssh.before-azl-provision/authorized_keys"));
  FormerHome file;
  file.add(".ssh");
  take(file);
  CHECK(set_aside_in(file) == Names{".ssh.before-azl-provision"});
}

TEST_CASE("of root's entries, those in directories that others can write to keep their owner") {
  AZL_NEEDS_ROOT();
  FormerHome tree(0);
  tree.add(".ssh/authorized_keys").add("closed/file").add("open/file").add("group/file");
  tree.chmod_to("home/bob/closed", 0755).chmod_to("home/bob/open", 0777);
  tree.chmod_to("home/bob/group", 0775).chmod_to("home/bob/.ssh", 0700);
  const auto taken = take(tree, 0);
  const auto set_aside = set_aside_in(tree);
  CHECK(tree.owner("closed/file") == 1000);
  CHECK(tree.owner("open/file") == 0);
  CHECK(tree.owner("group/file") == 0);
  CHECK(tree.owner(".ssh") == 1000);
  CHECK(tree.status("home/bob").st_uid == 1000);
  CHECK(taken.left == 2);
  CHECK(set_aside == Names{".ssh/authorized_keys.before-azl-provision"});
}

TEST_CASE("a mount below the home is not entered, a bind mount of the same device neither") {
  AZL_NEEDS_ROOT();
  for (const std::string kind : {"bind", "bind of a file", "tmpfs"}) {
    CAPTURE(kind);
    FormerHome tree;
    tree.add("notes").add("mount/inner").add("file");
    tree.write("srv/data/file", "x").chown_to("srv/data/file", kFormer, kFormer);
    tree.chown_to("srv/data", kFormer, kFormer);
    const std::string said = in_chroot("/", [&]() -> std::string {
      if (unshare(CLONE_NEWNS) != 0 ||
          mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return "skipped";
      const std::string at =
          tree.path(kind == "bind of a file" ? "home/bob/file" : "home/bob/mount");
      const std::string from = tree.path(kind == "bind" ? "srv/data" : "srv/data/file");
      const int mounted = kind == "tmpfs"
                              ? mount("tmpfs", at.c_str(), "tmpfs", 0, "uid=1001,gid=1001")
                              : mount(from.c_str(), at.c_str(), nullptr, MS_BIND, nullptr);
      if (mounted != 0) return "skipped";
      const auto taken = take_over_home(tree.root(), kBob, kFormer);
      if (!taken) return taken.error().to_string();
      return taken->first_left;
    });
    if (said == "skipped") {
      MESSAGE("skipped: no mount namespaces here");
      return;
    }
    CHECK(said ==
          (kind == "bind of a file" ? "'file' is a mount point" : "'mount' is a mount point"));
    CHECK(tree.status("srv/data").st_uid == kFormer);
    CHECK(tree.status("srv/data/file").st_uid == kFormer);
    CHECK(tree.owner("notes") == 1000);
    CHECK(tree.status("home/bob").st_uid == 1000);
  }
}

TEST_CASE("a .ssh that is a mount point is refused, because its keys would stay") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add(".ssh/authorized_keys");
  const std::string said = in_chroot("/", [&]() -> std::string {
    const std::string at = tree.path("home/bob/.ssh");
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(at.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return "skipped";
    const auto taken = take_over_home(tree.root(), kBob, kFormer);
    return taken ? "taken" : taken.error().to_string();
  });
  if (said == "skipped") return;
  CHECK_MESSAGE(said.find("setting aside ~/.ssh/authorized_keys") != std::string::npos, said);
  CHECK(tree.status("home/bob").st_uid == kFormer);
}

TEST_CASE("entries that are nested too deep keep their owner") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  std::string deep = "d";
  for (int i = 1; i < kDeepestTaken + 3; ++i) deep += "/d";
  tree.add(deep + "/file");
  const auto taken = take(tree);
  CHECK(tree.owner("d") == 1000);
  CHECK(tree.owner(deep) == kFormer);
  CHECK(taken.left == 1);
  CHECK(taken.first_left.find("is nested too deep") != std::string::npos);
}

TEST_CASE("an interrupted takeover is completed, and still names what it set aside") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add(".bashrc.before-azl-provision").add("done/file").add("todo/file");
  tree.add(".ssh/authorized_keys.before-azl-provision");
  tree.chown_to("home/bob/done", 1000, 1000).chown_to("home/bob/done/file", 1000, 1000);
  tree.chown_to("home/bob/.ssh", 1000, 1000);
  take(tree);
  const auto set_aside = set_aside_in(tree);
  CHECK(tree.owner("done/file") == 1000);
  CHECK(tree.owner("todo") == 1000);
  CHECK(tree.owner("todo/file") == 1000);
  CHECK(tree.status("home/bob").st_uid == 1000);
  CHECK(set_aside ==
        Names{".ssh/authorized_keys.before-azl-provision", ".bashrc.before-azl-provision"});
}

TEST_CASE("a home whose owner changed meanwhile, or that is a link, is not taken") {
  AZL_NEEDS_ROOT();
  FormerHome tree;
  tree.add("notes");
  CHECK_FALSE(take_over_home(tree.root(), kBob, 1002).has_value());
  CHECK(tree.owner("notes") == kFormer);
  tree.symlink("/home/bob", "home/link");
  Account other = kBob;
  other.home = "/home/link";
  CHECK_FALSE(take_over_home(tree.root(), other, kFormer).has_value());
  CHECK(tree.owner("notes") == kFormer);
}

TEST_CASE("files of an earlier account with the same uid are set aside") {
  AZL_NEEDS_ROOT();
  FormerHome tree(1000);
  tree.add(".ssh/authorized_keys").add("notes");
  const auto taken = take(tree, 1000);
  const auto set_aside = set_aside_in(tree);
  CHECK(set_aside == Names{".ssh/authorized_keys.before-azl-provision"});
  CHECK(taken.changed == 0);
  CHECK(tree.has("notes"));
}

}  // namespace azl::provision
