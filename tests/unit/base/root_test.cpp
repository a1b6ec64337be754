#include "base/root.h"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using azl::FileSystemIdentity;
using azl::Reason;
using azl::Root;
using azl::test::TemporaryTree;
using Names = std::vector<std::string>;

namespace {

Root open_root(const TemporaryTree& tree) { return std::move(Root::open(tree.path()).value()); }

struct stat status_of(const std::string& path) {
  struct stat status{};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status;
}

mode_t mode_of(const std::string& path) { return status_of(path).st_mode & 07777; }

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_root() {
  if (geteuid() != 0) MESSAGE("skipped: needs root");
  return geteuid() == 0;
}

/// Makes openat2 fail with ENOSYS in this process, as RestrictSUIDSGID= does.
bool forbid_openat2() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = std::size(filter), .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Runs `check` in a child with a private mount namespace, in which a file system with `options` is
/// mounted on `target`. Returns the result of `check`; 0 means success.
int in_namespace(const std::string& target, const char* type, const char* options,
                 const std::function<int()>& check) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(type, target.c_str(), type, 0, options) != 0) {
      _exit(77);
    }
    _exit(check());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  const int result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (result == 77) MESSAGE("skipped: no private mounts here");
  return result == 77 ? 0 : result;
}

}  // namespace

// ---- Opening ----

TEST_CASE("without openat2, only existing files of the live system can be opened") {
  TemporaryTree tree;
  tree.write("etc/name", "value");
  const pid_t pid = fork();
  if (pid == 0) {
    if (!forbid_openat2()) _exit(1);
    const auto live = Root::open("/");
    if (!live || !live->list("/sys/class") || !live->read("/proc/self/stat")) _exit(2);
    if (live->open_file("/tmp/never", O_RDWR | O_CREAT, 0600)) _exit(3);
    if (live->open_file("/tmp", O_RDWR | O_TMPFILE, 0600)) _exit(5);
    if (!live->open_file(tree.path("etc/name"), O_WRONLY)) _exit(6);
    const auto other = Root::open(tree.path());
    _exit(other && other->read("/etc/name") ? 4 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("only / is the live system, however its path is written") {
  const TemporaryTree tree;
  CHECK(Root::open("/").value().live());
  CHECK(Root::open("//").value().live());
  CHECK(Root::open("/proc/..").value().directory() == "/");
  CHECK_FALSE(Root::open(tree.path()).value().live());
  CHECK(Root::open(tree.path()).value().directory() == tree.path());
}

TEST_CASE("a root that is not a directory is an error with its name") {
  const auto root = Root::open("/nowhere");
  REQUIRE_FALSE(root.has_value());
  CHECK(root.error().reason() == Reason::kIo);
  CHECK(root.error().to_string() ==
        "opening the root directory /nowhere: No such file or directory");
}

TEST_CASE("a path that contains a NUL is refused") {
  const TemporaryTree tree;
  const Root root = open_root(tree);
  CHECK(root.read(std::string_view("/a\0b", 4)).error().reason() == Reason::kInvalidInput);
  CHECK(root.write(std::string_view("/a\0b", 4), "").error().reason() == Reason::kInvalidInput);
}

// ---- Reading ----

TEST_CASE("files are read from inside the tree, with or without a slash in front") {
  TemporaryTree tree;
  tree.write("etc/hostname", "web-1\n");
  const Root root = open_root(tree);
  CHECK(root.read("/etc/hostname").value() == "web-1\n");
  CHECK(root.read("etc/hostname").value() == "web-1\n");
  CHECK(root.read("//etc/../etc/./hostname").value() == "web-1\n");
}

TEST_CASE("no link and no \"..\" leads out of the tree") {
  TemporaryTree outside;
  outside.write("secret", "outside").write("directory/secret", "outside");
  TemporaryTree tree;
  tree.mkdir("etc")
      .symlink(outside.path("secret"), "etc/absolute")
      .symlink("../../../../../.." + outside.path("secret"), "etc/relative")
      .symlink(outside.path("directory"), "etc/parent")
      .symlink("/etc/passwd", "etc/shadowed");
  const Root root = open_root(tree);
  const std::string chain = "/etc/../../../../../.." + outside.path("secret");
  for (const std::string& path :
       {std::string("/etc/absolute"), std::string("/etc/relative"),
        std::string("/etc/parent/secret"), std::string("/etc/shadowed"), chain}) {
    CAPTURE(path);
    const auto content = root.read(path);
    REQUIRE_FALSE(content.has_value());
    CHECK(content.error().errno_value() == ENOENT);
    CHECK_FALSE(root.exists(path));
    CHECK(root.stat(path).value() == std::nullopt);
    CHECK(root.read_if_exists(path).value() == std::nullopt);
  }
}

TEST_CASE("absolute and relative links are followed inside the tree") {
  TemporaryTree tree;
  tree.write("usr/lib/os-release", "ID=azurelinux\n")
      .symlink("/usr/lib/os-release", "etc/absolute")
      .symlink("../../../usr/lib/os-release", "etc/relative");
  const Root root = open_root(tree);
  CHECK(root.read("/etc/absolute").value() == "ID=azurelinux\n");
  CHECK(root.read("/etc/relative").value() == "ID=azurelinux\n");
}

TEST_CASE("magic links of /proc are refused, even on the live system") {
  const auto root = Root::open("/");
  const auto content = root->read("/proc/self/exe");
  REQUIRE_FALSE(content.has_value());
  CHECK(content.error().errno_value() == ELOOP);
  CHECK_FALSE(root->list("/proc/self/root").has_value());
  CHECK_FALSE(root->list("/proc/self/cwd").has_value());
}

TEST_CASE("a loop of links is an error") {
  TemporaryTree tree;
  tree.symlink("b", "a").symlink("a", "b");
  CHECK(open_root(tree).read("/a").error().errno_value() == ELOOP);
}

TEST_CASE("a file over the limit is refused") {
  TemporaryTree tree;
  tree.write("file", "12345").write("empty", "");
  tree.write("large", std::string(300'000, 'x'));
  const Root root = open_root(tree);
  CHECK(root.read("/file", 5).value() == "12345");
  const auto longer = root.read("/file", 4);
  REQUIRE_FALSE(longer.has_value());
  CHECK(longer.error().reason() == Reason::kInvalidInput);
  CHECK(contains(longer.error().to_string(), "/file is longer than 4 bytes"));
  CHECK(root.read("/empty", 0).value().empty());
  CHECK(root.read("/large").value() == std::string(300'000, 'x'));
  CHECK(root.read("/file", static_cast<std::size_t>(-1)).value() == "12345");
}

TEST_CASE("files that report no size are read completely") {
  const auto root = Root::open("/");
  CHECK(contains(root->read("/proc/self/status").value(), "Name:"));
}

TEST_CASE("only regular files are read, and a FIFO does not block") {
  TemporaryTree tree;
  tree.mkdir("directory");
  REQUIRE(mkfifo(tree.path("fifo").c_str(), 0600) == 0);
  const Root root = open_root(tree);
  CHECK(root.read("/fifo").error().reason() == Reason::kInvalidInput);
  CHECK(root.read("/directory").error().reason() == Reason::kInvalidInput);
}

TEST_CASE("a FIFO, a socket or a device in place of a file is an error, and is not opened") {
  TemporaryTree tree;
  REQUIRE(mkfifo(tree.path("fifo").c_str(), 0600) == 0);
  REQUIRE(mknod(tree.path("socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  tree.symlink("/fifo", "link");
  Names names = {"fifo", "socket", "link"};
  if (is_root()) {
    REQUIRE(mknod(tree.path("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);
    REQUIRE(mknod(tree.path("disk").c_str(), S_IFBLK | 0600, makedev(240, 1)) == 0);
    names.insert(names.end(), {"null", "disk"});
  }
  const Root root = open_root(tree);
  for (const std::string& name : names) {
    for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR | O_CREAT, O_RDONLY | O_NONBLOCK}) {
      CAPTURE(name);
      CAPTURE(flags);
      const auto file = root.open_file("/" + name, flags, 0600);
      REQUIRE_FALSE(file.has_value());
      CHECK(file.error().reason() == Reason::kInvalidInput);
      CHECK(contains(file.error().to_string(), "/" + name + " is not a regular file but a "));
    }
    CHECK(root.read("/" + name).error().reason() == Reason::kInvalidInput);
  }
  CHECK(root.open_device("/fifo", O_RDONLY).error().reason() == Reason::kInvalidInput);
}

TEST_CASE("a FIFO or a device in place of a file that is written is replaced") {
  TemporaryTree tree;
  REQUIRE(mkfifo(tree.path("fifo").c_str(), 0600) == 0);
  const Root root = open_root(tree);
  CHECK(root.write("/fifo", "text").value());
  CHECK(tree.read("fifo") == "text");
}

TEST_CASE("a file is opened for reading and writing, made, or not followed through a link") {
  TemporaryTree tree;
  tree.write("file", "text").symlink("/file", "link").symlink("/none", "dangling");
  const Root root = open_root(tree);
  const auto file = root.open_file("/link", O_RDWR);
  REQUIRE(file.has_value());
  CHECK(write(file->get(), "n", 1) == 1);
  CHECK(tree.read("file") == "next");
  CHECK(root.open_file("/file", O_RDWR | O_CREAT, 0600).has_value());
  CHECK(root.open_file("/made", O_RDWR | O_CREAT | O_NOFOLLOW, 0600).has_value());
  CHECK(mode_of(tree.path("made")) == 0600);
  CHECK(root.open_file("/link", O_RDONLY | O_NOFOLLOW).error().errno_value() == ELOOP);
  CHECK(root.open_file("/file", O_WRONLY | O_CREAT | O_EXCL).error().errno_value() == EEXIST);
  CHECK_FALSE(root.open_file("/dangling", O_RDWR | O_CREAT, 0600).has_value());
  CHECK(root.open_device("/file", O_RDONLY).has_value());  // an image in place of a device
}

TEST_CASE("files are opened without /proc, too") {
  if (!is_root()) return;
  TemporaryTree tree;
  tree.write("file", "text");
  CHECK(in_namespace("/proc", "tmpfs", "size=64k", [&] {
          const Root root = open_root(tree);
          return root.read("/file").value_or("") == "text" ? 0 : 1;
        }) == 0);
}

TEST_CASE("read_if_exists returns nullopt for a missing file only") {
  TemporaryTree tree;
  tree.write("file", "x");
  const Root root = open_root(tree);
  CHECK(root.read_if_exists("/file").value() == "x");
  CHECK(root.read_if_exists("/none").value() == std::nullopt);
  CHECK(root.read_if_exists("/file/below").value() == std::nullopt);
  CHECK_FALSE(root.read_if_exists("/file", 0).has_value());
}

TEST_CASE("a directory is listed in order; a missing one is empty") {
  TemporaryTree tree;
  tree.write("d/b", "").write("d/.a", "").mkdir("d/c");
  const Root root = open_root(tree);
  CHECK(root.list("/d").value() == Names{".a", "b", "c"});
  CHECK(root.list("/").value() == Names{"d"});
  CHECK(root.list("/none").value().empty());
  CHECK(root.list("/d/b").value().empty());
}

TEST_CASE("stat follows links and returns type, mode, owner and size") {
  TemporaryTree tree;
  tree.write("file", "12345").mkdir("directory").symlink("/file", "link").symlink("/x", "dangling");
  REQUIRE(chmod(tree.path("file").c_str(), 0640) == 0);
  const Root root = open_root(tree);
  const auto info = root.stat("/link").value();
  REQUIRE(info.has_value());
  CHECK(info->is_regular());
  CHECK((info->mode & 07777) == 0640);
  CHECK(info->size == 5);
  CHECK(info->uid == geteuid());
  CHECK(info->modified_s > 1'700'000'000);
  CHECK(root.stat("/directory").value()->is_directory());
  CHECK_FALSE(root.stat("/dangling").value().has_value());
  CHECK(root.exists("/"));
}

TEST_CASE("link_target returns the target without following it") {
  TemporaryTree tree;
  tree.symlink("../../outside", "link").symlink("/d", "parent").symlink("x", "d/inner");
  tree.write("file", "");
  const Root root = open_root(tree);
  CHECK(root.link_target("/link") == "../../outside");
  CHECK(root.link_target("/parent/inner") == "x");
  CHECK_FALSE(root.link_target("/file").has_value());
  CHECK_FALSE(root.link_target("/none").has_value());
  CHECK_FALSE(root.link_target("/").has_value());
}

// ---- Writing ----

TEST_CASE("a file is written with its content and mode, whatever the umask") {
  const TemporaryTree tree;
  const Root root = open_root(tree);
  const mode_t old = umask(0177);
  CHECK(root.write("/a", "one").value());
  CHECK(root.write("/b", "two", {.mode = 0755}).value());
  umask(old);
  CHECK(tree.read("a") == "one");
  CHECK(mode_of(tree.path("a")) == 0644);
  CHECK(mode_of(tree.path("b")) == 0755);
  CHECK(root.list("/").value() == Names{"a", "b"});
}

TEST_CASE("a file with the same content and attributes is not written") {
  const TemporaryTree tree;
  const Root root = open_root(tree);
  REQUIRE(root.write("/file", "same", {.mode = 0600}).value());
  const auto before = status_of(tree.path("file"));
  CHECK_FALSE(root.write("/file", "same", {.mode = 0600}).value());
  CHECK(status_of(tree.path("file")).st_ino == before.st_ino);

  CHECK(root.write("/file", "same", {.mode = 0640}).value());
  CHECK(mode_of(tree.path("file")) == 0640);
  CHECK(root.write("/file", "diff", {.mode = 0640}).value());
  CHECK(root.write("/file", "longer", {.mode = 0640}).value());
  CHECK(root.write("/file", "", {.mode = 0640}).value());
  CHECK_FALSE(root.write("/file", "", {.mode = 0640}).value());
}

TEST_CASE("a large file is compared and written completely") {
  const TemporaryTree tree;
  const Root root = open_root(tree);
  std::string content(100'000, 'x');
  CHECK(root.write("/file", content).value());
  CHECK_FALSE(root.write("/file", content).value());
  content.back() = 'y';
  CHECK(root.write("/file", content).value());
  CHECK(tree.read("file") == content);
}

TEST_CASE("owner and group are set, even if only they differ") {
  if (!is_root()) return;
  const TemporaryTree tree;
  const Root root = open_root(tree);
  REQUIRE(root.write("/file", "x", {.mode = 04755, .owner = 1234, .group = 5678}).value());
  const auto status = status_of(tree.path("file"));
  CHECK(status.st_uid == 1234);
  CHECK(status.st_gid == 5678);
  CHECK((status.st_mode & 07777) == 04755);
  CHECK_FALSE(root.write("/file", "x", {.mode = 04755, .owner = 1234, .group = 5678}).value());
  CHECK(root.write("/file", "x", {.mode = 04755}).value());
  CHECK(status_of(tree.path("file")).st_uid == 0);
}

TEST_CASE("a link at the path is replaced, not followed") {
  TemporaryTree tree;
  tree.write("target", "kept").symlink("/target", "link");
  const Root root = open_root(tree);
  CHECK(root.write("/link", "kept").value());  // although the link's target has this content
  CHECK(S_ISREG(status_of(tree.path("link")).st_mode));
  CHECK(root.write("/link", "new").value());
  CHECK(tree.read("target") == "kept");
}

TEST_CASE("a write through a linked parent stays inside the tree") {
  TemporaryTree outside;
  TemporaryTree tree;
  tree.mkdir("inside").symlink("/inside", "good").symlink(outside.path(), "bad");
  const Root root = open_root(tree);
  CHECK(root.write("/good/file", "x").value());
  CHECK(tree.read("inside/file") == "x");
  CHECK_FALSE(root.write("/bad/file", "x").has_value());
  CHECK_FALSE(outside.exists("file"));
}

TEST_CASE("the temporary file of an interrupted run is removed") {
  TemporaryTree tree;
  tree.write(".file.azl-new", "half");
  const Root root = open_root(tree);
  CHECK(root.write("/file", "whole").value());
  CHECK(root.list("/").value() == Names{"file"});

  tree.write(".file.azl-new", "half");
  CHECK_FALSE(root.write("/file", "whole").value());
  CHECK(root.list("/").value() == Names{"file"});
}

TEST_CASE("a directory in place of the temporary file does not prevent a write") {
  TemporaryTree tree;
  tree.mkdir("etc/.file.azl-new/full");
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  REQUIRE(root->write("/etc/file", "text").has_value());
  CHECK(tree.read("etc/file") == "text");
  CHECK(root->list("/etc").value() == std::vector<std::string>{".file.azl-new", "file"});
}

TEST_CASE("a link at the temporary name is not followed") {
  TemporaryTree tree;
  tree.write("victim", "kept").symlink("victim", ".file.azl-new");
  const Root root = open_root(tree);
  CHECK(root.write("/file", "x").value());
  CHECK(tree.read("victim") == "kept");
}

TEST_CASE("a failed write leaves no file and names the path") {
  TemporaryTree tree;
  tree.mkdir("directory");
  const Root root = open_root(tree);
  const auto written = root.write("/directory", "x");
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().to_string() == "replacing " + tree.path("directory") + ": Is a directory");
  CHECK(root.list("/").value() == Names{"directory"});

  const auto absent = root.write("/none/file", "x");
  CHECK(absent.error().errno_value() == ENOENT);
  CHECK(contains(absent.error().to_string(), "writing " + tree.path("none/file")));
}

TEST_CASE("a path that does not end with a name is refused") {
  TemporaryTree tree;
  tree.mkdir("d");
  const Root root = open_root(tree);
  for (const std::string_view path : {"", "/", "///", ".", "..", "/d/.", "/d/..", "/d/../"}) {
    CAPTURE(path);
    CHECK(root.write(path, "x").error().reason() == Reason::kInvalidInput);
    CHECK(root.remove(path).error().reason() == Reason::kInvalidInput);
  }
}

TEST_CASE("a full file system keeps the old file and has its own reason") {
  if (!is_root()) return;
  TemporaryTree tree;
  tree.mkdir("small");
  CHECK(in_namespace(tree.path("small"), "tmpfs", "size=64k", [&] {
          const Root root = open_root(tree);
          if (!root.write("/small/file", "old").has_value()) return 1;
          const auto written = root.write("/small/file", std::string(200'000, 'x'));
          if (written.has_value() || written.error().reason() != Reason::kDiskFull) return 2;
          if (tree.read("small/file") != "old") return 3;
          return root.list("/small").value() == Names{"file"} ? 0 : 4;
        }) == 0);
}

TEST_CASE("a read-only file system has its own reason, and no error if nothing changes") {
  if (!is_root()) return;
  TemporaryTree tree;
  tree.mkdir("fixed");
  CHECK(in_namespace(tree.path("fixed"), "tmpfs", "size=64k", [&] {
          const Root root = open_root(tree);
          if (!root.write("/fixed/file", "same").has_value()) return 1;
          const std::string target = tree.path("fixed");
          if (mount("none", target.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return 2;
          const auto same = root.write("/fixed/file", "same");
          if (!same.has_value() || *same) return 3;
          const auto written = root.write("/fixed/file", "new");
          if (written.has_value() || written.error().reason() != Reason::kReadOnly) return 4;
          const auto made = root.make_directory("/fixed/d");
          return !made.has_value() && made.error().reason() == Reason::kReadOnly ? 0 : 5;
        }) == 0);
}

// ---- Directories, removal ----

TEST_CASE("a directory is made with its parents, and only the last one gets the attributes") {
  const TemporaryTree tree;
  const Root root = open_root(tree);
  const mode_t old = umask(077);
  CHECK(root.make_directory("/a/b/c", {.mode = 0700}).value());
  umask(old);
  CHECK(mode_of(tree.path("a")) == 0755);
  CHECK(mode_of(tree.path("a/b")) == 0755);
  CHECK(mode_of(tree.path("a/b/c")) == 0700);
  CHECK(root.list("/a").value() == Names{"b"});
}

TEST_CASE("an existing directory is not changed") {
  TemporaryTree tree;
  tree.mkdir("a/b").symlink("/a", "link");
  REQUIRE(chmod(tree.path("a/b").c_str(), 0711) == 0);
  const Root root = open_root(tree);
  CHECK_FALSE(root.make_directory("/a/b", {.mode = 0700}).value());
  CHECK(mode_of(tree.path("a/b")) == 0711);
  CHECK_FALSE(root.make_directory("/link/b/").value());
  CHECK_FALSE(root.make_directory("/").value());
}

TEST_CASE("directories are made through links only inside the tree") {
  TemporaryTree outside;
  TemporaryTree tree;
  tree.mkdir("run").symlink("/run", "var/run").symlink(outside.path(), "out");
  const Root root = open_root(tree);
  CHECK(root.make_directory("/var/run/azl").value());
  CHECK(tree.exists("run/azl"));
  const auto made = root.make_directory("/out/azl");
  REQUIRE_FALSE(made.has_value());
  CHECK(contains(made.error().to_string(), "is a symbolic link to a file that does not exist"));
  CHECK_FALSE(outside.exists("azl"));
  CHECK(root.list("/").value() == Names{"out", "run", "var"});
}

TEST_CASE("a file where a directory should be is an error") {
  TemporaryTree tree;
  tree.write("file", "");
  const auto made = open_root(tree).make_directory("/file/below");
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().errno_value() == ENOTDIR);
}

TEST_CASE("the temporary directory of an interrupted run is replaced") {
  TemporaryTree tree;
  tree.mkdir(".d.azl-new");
  const Root root = open_root(tree);
  CHECK(root.make_directory("/d").value());
  CHECK(root.list("/").value() == Names{"d"});
}

TEST_CASE("remove removes files and links, not targets and directories") {
  TemporaryTree tree;
  tree.write("file", "").write("target", "").symlink("/target", "link").mkdir("d");
  const Root root = open_root(tree);
  CHECK(root.remove("/file").value());
  CHECK_FALSE(root.remove("/file").value());
  CHECK_FALSE(root.remove("/none/file").value());
  CHECK_FALSE(root.remove("/target/below").value());
  CHECK(root.remove("/link").value());
  CHECK(tree.exists("target"));
  CHECK_FALSE(root.remove("/d").has_value());
}

// ---- Homes ----

TEST_CASE("without_links is the same root and follows no link") {
  TemporaryTree tree;
  tree.write("etc/hostname", "web-1\n").symlink("etc", "link").symlink("etc/hostname", "file");
  const auto root = open_root(tree).without_links();
  REQUIRE(root.has_value());
  CHECK(root->read("/etc/hostname").value() == "web-1\n");
  CHECK_FALSE(root->read("/link/hostname").has_value());
  CHECK_FALSE(root->read("/file").has_value());
  CHECK_FALSE(root->write("/link/new", "x").has_value());
  CHECK(root->write("/etc/new", "x").has_value());
  CHECK(tree.read("etc/new") == "x");
}

TEST_CASE("a file with a name of the greatest length is written") {
  const TemporaryTree tree;
  const auto root = open_root(tree);
  const std::string name(255, 'x');
  CHECK(root.write("/" + name, "new").has_value());
  CHECK(tree.read(name) == "new");
  CHECK_FALSE(root.write("/x" + name, "new").has_value());
}

TEST_CASE("a home is a separate root and follows no link") {
  TemporaryTree tree;
  tree.write("etc/victim", "kept")
      .mkdir("home/bob/real")
      .symlink("/etc", "home/bob/.ssh")
      .symlink("real", "home/bob/inside");
  const Root root = open_root(tree);
  const auto home = root.open_home("/home/bob");
  REQUIRE(home.has_value());
  CHECK_FALSE(home->live());
  CHECK(home->directory() == tree.path("home/bob"));

  const auto written = home->write(".ssh/victim", "x");
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().errno_value() == ELOOP);
  CHECK(contains(written.error().to_string(), "a symbolic link is in the way"));
  CHECK(tree.read("etc/victim") == "kept");
  CHECK_FALSE(home->make_directory("/.ssh").has_value());
  CHECK_FALSE(home->read("/inside/x").has_value());
  CHECK_FALSE(home->remove("/.ssh/victim").has_value());
}

TEST_CASE("nothing above a home can be reached") {
  TemporaryTree tree;
  tree.write("home/secret", "x").mkdir("home/bob/d");
  const auto home = open_root(tree).open_home("/home/bob");
  const auto content = home->read("../secret");
  REQUIRE_FALSE(content.has_value());
  CHECK(content.error().errno_value() == EXDEV);
  CHECK_FALSE(home->write("d/../../secret", "y").has_value());
  CHECK(home->write("d/../file", "y").value());
  CHECK(tree.read("home/bob/file") == "y");
}

TEST_CASE("a link in a home is replaced, and its target is not changed") {
  TemporaryTree tree;
  tree.write("etc/shadow", "kept").symlink("/etc/shadow", "home/bob/.ssh/authorized_keys");
  const auto home = open_root(tree).open_home("/home/bob");
  CHECK_FALSE(home->read(".ssh/authorized_keys").has_value());
  CHECK(home->write("/.ssh/authorized_keys", "key", {.mode = 0600}).value());
  CHECK(tree.read("etc/shadow") == "kept");
  CHECK(S_ISREG(status_of(tree.path("home/bob/.ssh/authorized_keys")).st_mode));
}

TEST_CASE("links in the path of a home are followed inside the tree") {
  TemporaryTree tree;
  tree.mkdir("var/home/bob").symlink("/var/home", "home");
  const auto home = open_root(tree).open_home("/home/bob");
  REQUIRE(home.has_value());
  CHECK(home->write("file", "x").value());
  CHECK(tree.read("var/home/bob/file") == "x");
}

TEST_CASE("files made as another user belong to that user, whose permissions apply") {
  if (!is_root()) return;
  TemporaryTree tree;
  tree.mkdir("home/bob").mkdir("home/root");
  REQUIRE(chmod(tree.path().c_str(), 0755) == 0);
  REQUIRE(chown(tree.path("home/bob").c_str(), 1234, 5678) == 0);
  const Root root = open_root(tree);
  const auto home = root.open_home("/home/bob");
  {
    const FileSystemIdentity bob(1234, 5678);
    CHECK(home->make_directory(".ssh", {.mode = 0700}).value());
    CHECK(home->write(".ssh/authorized_keys", "key", {.mode = 0600}).value());
    CHECK_FALSE(home->write(".ssh/authorized_keys", "key", {.mode = 0600}).value());
    CHECK(root.write("/home/root/file", "x").error().errno_value() == EACCES);
  }
  const auto status = status_of(tree.path("home/bob/.ssh/authorized_keys"));
  CHECK(status.st_uid == 1234);
  CHECK(status.st_gid == 5678);
  CHECK(status_of(tree.path("home/bob/.ssh")).st_uid == 1234);
  CHECK(root.write("/home/root/file", "x").value());  // root again
  CHECK(status_of(tree.path("home/root/file")).st_uid == 0);
}

// ---- The observer ----

namespace {

class Notes final : public azl::RootObserver {
 public:
  void on_write(const std::string& path, std::string_view content, bool is_new) override {
    names.push_back((is_new ? "new " : "changed ") + path + " " + std::string(content));
  }
  void on_make_directory(const std::string& path) override { names.push_back("made " + path); }
  void on_remove(const std::string& path) override { names.push_back("removed " + path); }

  Names names;
};

}  // namespace

TEST_CASE("an observer is told of what changes, also below a home, and of nothing else") {
  TemporaryTree tree;
  tree.write("etc/old", "1").write("etc/same", "2").mkdir("home/ida").symlink("etc", "link");
  std::filesystem::permissions(tree.path("etc/same"), std::filesystem::perms(0644));
  const Root root = open_root(tree);
  const Root early = std::move(root.open_home("/home/ida").value());
  Notes notes;
  root.set_observer(&notes);
  REQUIRE(root.write("/etc/same", "2"));
  REQUIRE(root.write("/etc/old", "3"));
  REQUIRE(root.write("/link/new", "4"));
  REQUIRE(root.make_directory("/var/a/b"));
  REQUIRE(root.make_directory("/etc"));
  REQUIRE(early.make_directory(".ssh", {.mode = 0700}));
  REQUIRE(root.open_home("/home/ida").value().write("/.ssh/keys", "5"));
  REQUIRE(root.remove("/etc/old"));
  REQUIRE(root.remove("/etc/none"));
  REQUIRE(root.remove_directory("/var/a/b"));
  root.set_observer(nullptr);
  REQUIRE(root.write("/etc/unseen", "6"));
  CHECK(notes.names == Names{"changed /etc/old 3", "new /etc/new 4", "made /var", "made /var/a",
                             "made /var/a/b", "made /home/ida/.ssh", "new /home/ida/.ssh/keys 5",
                             "removed /etc/old", "removed /var/a/b"});
}
