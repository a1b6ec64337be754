// The package managers are shell scripts in a tree that record how they are called.
#include "provision/custom_data/run/package_installer.h"

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/temporary_tree.h"

namespace azl::provision::custom_data {
namespace {

using namespace std::chrono_literals;
using azl::test::FakeClock;
using azl::test::TemporaryTree;
using Words = std::vector<std::string>;

/// Another package manager, which locks a file until the object is destroyed.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    process_ = ::fork();
    if (process_ == 0) {
      const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      struct flock lock{};
      lock.l_type = F_WRLCK;
      lock.l_whence = SEEK_SET;
      if (::fcntl(file, F_SETLK, &lock) != 0 || ::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { end(); }

  void end() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  [[nodiscard]] std::string name() const { return "process " + std::to_string(process_); }

 private:
  pid_t process_ = -1;
};

/// A machine with a package manager.
struct Machine {
  TemporaryTree tree;
  FakeClock clock;
  SystemProcesses processes;
  WhileRunning while_running = [] {};
  bool again = false;

  /// `body`: of the shell script, in which $* has no options: "install a b".
  Machine& add(const std::string& name, const std::string& body) {
    const auto path = "usr/bin/" + name;
    tree.write(path,
               "#!/bin/sh\nname=${0##*/}\n"
               "while [ $name != needs-restarting ] && [ \"${1#-}\" != \"$1\" ]; do shift; done\n"
               "echo \"$name $*\" >>" +
                   tree.path("calls") + "\ntree=" + tree.path() + "\n" + body + "\n");
    ::chmod(tree.path(path).c_str(), 0755);
    return *this;
  }
  PackagesEnd install(const InstallPackages& packages) {
    const auto root = Root::open(tree.path()).value();
    // The log is copied to standard output, which is the test's own.
    const UniqueFd output(::dup(STDOUT_FILENO));
    const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ::dup2(null.get(), STDOUT_FILENO);
    auto log = OutputLog::open(root).value();
    StopSignal stop;
    auto end = install_packages(packages, {.root = root,
                                           .clock = clock,
                                           .processes = processes,
                                           .instance_id = "id",
                                           .log = log,
                                           .while_running = while_running,
                                           .stop = stop,
                                           .again = again});
    ::dup2(output.get(), STDOUT_FILENO);
    return end;
  }
  PackagesEnd install(std::vector<PackageName> names) {
    return install(InstallPackages{.names = std::move(names)});
  }
  [[nodiscard]] Words calls() const {
    Words lines;
    if (!tree.exists("calls")) return lines;
    const auto text = tree.read("calls");
    for (const auto line : split(text, '\n')) lines.emplace_back(line);
    return lines;
  }
  [[nodiscard]] std::string log() const {
    return tree.read("var/log/azl-provision/custom-data.log");
  }
};

/// "cause: sentence" of each error.
Words texts(const std::vector<Error>& errors) {
  Words lines;
  for (const auto& error : errors)
    lines.push_back(std::string(to_string(error.known_cause().value())) + ": " + error.to_string());
  return lines;
}

constexpr const char* kLog = "/var/log/azl-provision/custom-data.log";

}  // namespace

TEST_CASE("all packages are installed in one transaction") {
  for (const std::string name : {"dnf5", "dnf", "tdnf"}) {
    CAPTURE(name);
    Machine machine;
    const auto end = machine.add(name, "echo installing").install({{.name = "a"}, {.name = "b"}});
    CHECK(machine.calls() == Words{name + " install a b"});
    CHECK(end.what == "installed 2 packages with " + name);
    CHECK(end.problems.empty());
    CHECK_FALSE(end.reboot_required);
    CHECK(machine.log().contains("\ninstalling\n"));
    CHECK(machine.log().contains("azl-provision: packages: " + name + " install\n"));
  }
}

TEST_CASE("lists are updated and packages upgraded before others are installed") {
  const InstallPackages all{.names = {{.name = "a"}}, .update = true, .upgrade = true};
  Machine dnf;
  CHECK(dnf.add("dnf", "").install(all).what ==
        "updated the package lists, upgraded all packages, installed 1 package with dnf");
  CHECK(dnf.calls() == Words{"dnf makecache", "dnf upgrade", "dnf install a"});
  Machine apt;
  apt.add("apt-get", "echo \"frontend $DEBIAN_FRONTEND $HOME\"");
  CHECK(apt.install(all).problems.empty());
  CHECK(apt.calls() == Words{"apt-get update", "apt-get dist-upgrade", "apt-get install a"});
  CHECK(apt.log().contains("frontend noninteractive /root\n"));
  // cloud-init updates before it upgrades, and apt's lists before it installs.
  Machine upgrade;
  (void)upgrade.add("tdnf", "").install(InstallPackages{.upgrade = true});
  CHECK(upgrade.calls() == Words{"tdnf makecache", "tdnf upgrade"});
  Machine install;
  const auto end = install.add("apt-get", "[ $1 != update ]").install({{.name = "a"}});
  CHECK(install.calls() == Words{"apt-get update", "apt-get install a"});
  CHECK(end.what == "installed 1 package with apt-get");
  CHECK(end.problems.empty());
}

TEST_CASE("if the transaction fails, each package is tried by itself and failed ones are named") {
  // As dnf does: nothing is installed if a name is unknown.
  const std::string body =
      "[ $1 = install ] || exit 0\nfor name; do case $name in nosuch*) exit 1;; esac; done";
  const std::vector<PackageName> names = {
      {.name = "a"}, {.name = "nosuch"}, {.name = "b"}, {.name = "nosuch2", .version = "1"}};
  Machine dnf;
  auto end = dnf.add("dnf", body).install(names);
  CHECK(dnf.calls() == Words{"dnf install a nosuch b nosuch2-1", "dnf makecache", "dnf install a",
                             "dnf install nosuch", "dnf install b", "dnf install nosuch2-1"});
  CHECK(texts(end.problems) ==
        Words{"custom-data-packages: could not install 2 of 4 packages: nosuch, nosuch2 1; its "
              "output is in " +
              std::string(kLog) + "; but it installed 2 packages one by one"});
  CHECK(end.what == "installed 2 packages one by one with dnf");
  Machine apt;
  end = apt.add("apt-get", body).install(names);
  CHECK(apt.calls() == Words{"apt-get update", "apt-get install a nosuch b nosuch2=1",
                             "apt-get install a", "apt-get install nosuch", "apt-get install b",
                             "apt-get install nosuch2=1"});
  CHECK(end.problems.size() == 1);
  // One package is not tried twice.
  Machine one;
  end = one.add("dnf", body).install({{.name = "nosuch"}});
  CHECK(one.calls() == Words{"dnf install nosuch"});
  CHECK(texts(end.problems) ==
        Words{"custom-data-packages: could not install nosuch: 'dnf install' ended with exit "
              "status 1; its output is in " +
              std::string(kLog)});
  // Packages that only conflict in one transaction.
  Machine conflict;
  end = conflict.add("dnf", "[ $# -lt 3 ]").install({{.name = "a"}, {.name = "b"}});
  CHECK(end.problems.empty());
  CHECK(end.what == "installed 2 packages one by one with dnf");
}

TEST_CASE("without repositories, packages are not tried one by one") {
  Machine machine;
  auto end = machine.add("dnf", "exit 1").install({{.name = "a"}, {.name = "b"}});
  CHECK(machine.calls() == Words{"dnf install a b", "dnf makecache"});
  CHECK(texts(end.problems) ==
        Words{"custom-data-repositories: no package could be installed, because the repositories "
              "could not be read: 'dnf install' ended with exit status 1; its output is in " +
              std::string(kLog)});
  Machine updating;
  end = updating.add("dnf", "kill -TERM $$")
            .install(InstallPackages{
                .names = {{.name = "a"}, {.name = "b"}}, .update = true, .upgrade = true});
  CHECK(updating.calls() ==
        Words{"dnf makecache", "dnf upgrade", "dnf install a b", "dnf makecache"});
  REQUIRE(end.problems.size() == 3);
  CHECK(end.problems[0].to_string() ==
        "the package lists could not be updated: 'dnf makecache' was killed by SIGTERM; its output "
        "is in " +
            std::string(kLog));
  CHECK(
      end.problems[1].to_string().starts_with("the packages could not be upgraded: 'dnf upgrade'"));
}

TEST_CASE("without a package manager, the error says so") {
  Machine machine;
  const auto end = machine.install({{.name = "a"}});
  CHECK(texts(end.problems) == Words{"no-package-manager: there is no package manager: neither "
                                     "dnf5, dnf, tdnf nor apt-get"});
}

TEST_CASE("packages for another package manager, and what is no name, are left out and told") {
  const std::vector<PackageName> names = {{.name = "a", .family = PackageFamily::kApt},
                                          {.name = "d", .family = PackageFamily::kDnf},
                                          {.name = "--installroot=/x"},
                                          {.name = "x", .version = "1 2"},
                                          {.name = "g"}};
  Machine dnf;
  auto end = dnf.add("dnf", "").install(names);
  CHECK(dnf.calls() == Words{"dnf install d g"});
  CHECK(texts(end.problems) ==
        Words{"custom-data-document: 2 packages left out, whose names are none; but it installed 2 "
              "packages, left out 1 package for another package manager: a"});
  Machine apt;
  (void)apt.add("apt-get", "").install(names);
  CHECK(apt.calls() == Words{"apt-get update", "apt-get install a g"});
  Machine none;
  end = none.add("dnf", "").install({names[0]});
  CHECK(none.calls().empty());
  CHECK(end.problems.empty());
  CHECK(end.what == "left out 1 package for another package manager: a with dnf");
}

TEST_CASE("arguments reach the package manager as they are") {
  Machine machine;
  machine.add("dnf", "shift; printf '<%s>' \"$@\" >$tree/arguments");
  (void)machine.install({{.name = "a;b"}, {.name = "$(x)"}, {.name = "c*"}, {.name = "d'e"}});
  CHECK(machine.tree.read("arguments") == "<a;b><$(x)><c*><d'e>");
}

TEST_CASE("an interrupted installation is repaired first") {
  Machine apt;
  apt.again = true;
  auto end = apt.add("apt-get", "").add("dpkg", "").install({{.name = "a"}});
  CHECK(apt.calls() ==
        Words{"dpkg ", "apt-get install --fix-broken", "apt-get update", "apt-get install a"});
  CHECK(texts(end.problems) ==
        Words{"custom-data-again: installing was begun before and did not end; it is carried out "
              "again; but it installed 1 package"});
  Machine dnf;
  dnf.again = true;
  (void)dnf.add("dnf", "").install({{.name = "a"}});
  CHECK(dnf.calls() == Words{"dnf install a"});
}

TEST_CASE("the lock of another package manager is waited for") {
  for (const auto* file : {"var/lib/apt/lists/lock", "var/lib/dpkg/lock-frontend"}) {
    CAPTURE(file);
    Machine machine;
    machine.tree.write(file, "");
    Holder holder(machine.tree.path(file));
    const auto name = holder.name();
    int calls = 0;
    machine.while_running = [&] {
      if (++calls == 3) holder.end();
    };
    const auto end = machine.add("apt-get", "").install({{.name = "a"}});
    CHECK(end.problems.empty());
    CHECK(machine.clock.passed() == 3s);
    CHECK(machine.log().contains("waits for another package manager, " + name + "\n"));
  }
}

TEST_CASE("a command that another package manager disturbed is tried again") {
  Machine machine;
  const std::string file = "run/dnf/rpmtransaction.lock";
  machine.tree.write(file, "");
  std::unique_ptr<Holder> holder;
  machine.add("dnf5",
              "[ $1 = install ] || exit 0\n[ -e $tree/second ] && exit 0\n"
              "touch $tree/first\nwhile [ ! -e $tree/locked ]; do sleep 0.01; done\nexit 1");
  // The output of the first try is what calls this.
  machine.while_running = [&] {
    if (!holder) {
      holder = std::make_unique<Holder>(machine.tree.path(file));
      machine.tree.write("locked", "");
    } else if (machine.clock.passed() == 0s && machine.log().contains("waits for")) {
      machine.tree.write("second", "");
      holder->end();
    }
  };
  machine.tree.write("usr/bin/dnf5",
                     "#!/bin/sh\necho begins\n" + machine.tree.read("usr/bin/dnf5").substr(10));
  ::chmod(machine.tree.path("usr/bin/dnf5").c_str(), 0755);
  const auto end = machine.install({{.name = "a"}});
  CHECK(end.problems.empty());
  CHECK(machine.calls() == Words{"dnf5 install a", "dnf5 install a"});
}

TEST_CASE("a lock that is never released is waited for ten minutes, and then named") {
  Machine machine;
  const std::string file = "var/lib/dpkg/lock";
  machine.tree.write(file, "");
  const Holder holder(machine.tree.path(file));
  const auto end = machine.add("apt-get", "").install({{.name = "a"}, {.name = "b"}});
  CHECK(machine.clock.passed() == 10min);
  CHECK(machine.calls() == Words{});
  CHECK(texts(end.problems) == Words{"custom-data-packages: could not install a, b: 'apt-get "
                                     "install' was not run: " +
                                     holder.name() +
                                     " has held the lock of the package manager for too long; its "
                                     "output is in " +
                                     std::string(kLog)});
}

TEST_CASE("dnf 4 is called again while another one runs, a hundred times") {
  Machine machine;
  auto end = machine.add("dnf", "[ -e $tree/free ] || exit 200").install({{.name = "a"}});
  CHECK(machine.clock.passed() == 495s);
  CHECK(machine.calls().size() == 100);
  REQUIRE(end.problems.size() == 1);
  CHECK(end.problems[0].to_string().contains("'dnf install' ended with exit status 200"));
  Machine later;
  int calls = 0;
  later.while_running = [&] {
    if (++calls == 3) later.tree.write("free", "");
  };
  end = later.add("dnf", "[ -e $tree/free ] || exit 200").install({{.name = "a"}});
  CHECK(end.problems.empty());
  CHECK(later.clock.passed() == 15s);
}

// The package manager ends with the tree.
TEST_CASE("SIGTERM while a package manager runs ends the waiting, and nothing more is begun") {
  Machine machine;
  machine.while_running = [] { ::kill(::getpid(), SIGTERM); };
  const auto end =
      machine.add("apt-get", "echo begins; while [ -e $tree/calls ]; do sleep 0.01; done")
          .install({{.name = "a"}});
  CHECK(end.stopped);
  CHECK(end.problems.empty());
  CHECK(machine.calls() == Words{"apt-get update"});
}

TEST_CASE("SIGTERM ends the waiting for a lock, and nothing is begun") {
  Machine machine;
  const std::string file = "var/lib/dpkg/lock";
  machine.tree.write(file, "");
  const Holder holder(machine.tree.path(file));
  machine.while_running = [] { ::kill(::getpid(), SIGTERM); };
  const auto end = machine.add("apt-get", "").install({{.name = "a"}});
  CHECK(end.stopped);
  CHECK(machine.clock.passed() == 1s);
  CHECK(machine.calls() == Words{});
}

TEST_CASE("whether a reboot is required is found out if the document asks for it") {
  const std::string needs = "[ $1 = needs-restarting ] || exit 0\n";
  const std::string say = "echo 'Reboot is required to fully utilize these updates.'; exit 1";
  struct Row {
    const char* manager;
    std::string body;
    const char* file;
    bool required;
    bool known;
  };
  const Row rows[] = {
      {"apt-get", "", nullptr, false, true},
      {"apt-get", "", "run/reboot-required", true, true},
      {"dnf", "", "run/reboot-needed", true, true},
      {"dnf", needs + say, nullptr, true, true},
      {"dnf5", needs + say, nullptr, true, true},
      {"dnf", "", nullptr, false, true},
      // A failure, or dnf 4 without the plugin: "No such command", status 1.
      {"dnf", needs + "echo 'No such command: needs-restarting.'; exit 1", nullptr, false, false},
      {"dnf", needs + "exit 3", nullptr, false, false},
      {"tdnf", "", nullptr, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.manager);
    CAPTURE(row.body);
    Machine machine;
    if (row.file != nullptr) machine.tree.write(row.file, "");
    machine.add(row.manager, row.body);
    InstallPackages packages{.names = {{.name = "a"}}, .reboot_if_required = true};
    const auto end = machine.install(packages);
    CHECK(end.reboot_required == row.required);
    CHECK(texts(end.problems).size() == (row.known ? 0 : 1));
    if (!row.known) CHECK((end.problems.at(0).known_cause() == Cause::kRebootNotKnown));
    packages.reboot_if_required = false;
    CHECK_FALSE(machine.install(packages).reboot_required);
  }
  Machine tdnf;
  tdnf.add("tdnf", "").add("needs-restarting", say);
  CHECK(tdnf.install({.names = {{.name = "a"}}, .reboot_if_required = true}).reboot_required);
  CHECK(tdnf.calls() == Words{"tdnf install a", "needs-restarting -r"});
}

}  // namespace azl::provision::custom_data
