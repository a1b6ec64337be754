#include "base/process.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "tests/unit/temporary_tree.h"

using namespace std::chrono_literals;
using azl::Command;
using azl::Deadline;
using azl::Reason;
using azl::Secret;
using azl::SystemClock;
using azl::SystemProcesses;
using azl::UniqueFd;
using azl::test::TemporaryTree;

namespace {

const SystemClock kClock;

azl::Result<azl::ProcessOutput> run(const Command& command, azl::Duration limit = 30s) {
  return SystemProcesses().run(command, Deadline(kClock, limit));
}

/// A shell script as a program that can behave in any way. The product itself uses no shell.
Command shell(const std::string& script) { return {.argv = {"sh", "-c", script}}; }

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a program returns its output, status and times") {
  const auto output = run({.argv = {"echo", "hello", "two words"}});
  REQUIRE(output.has_value());
  CHECK(output->status == 0);
  CHECK(output->out == "hello two words\n");
  CHECK(output->err_tail.empty());
  CHECK(output->wall > 0us);
  CHECK(output->wall < 30s);
}

TEST_CASE("processor time is counted") {
  const auto output = run(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
  REQUIRE(output.has_value());
  CHECK(output->cpu > 0us);
}

TEST_CASE("arguments reach the program unchanged") {
  const auto output = run({.argv = {"echo", "$(id)", "; exit 3", "*"}});
  CHECK(output.value().out == "$(id) ; exit 3 *\n");
}

TEST_CASE("the environment is cleared") {
  setenv("AZL_TEST_LEAK", "1", 1);
  const auto output = run({.argv = {"env"}});
  unsetenv("AZL_TEST_LEAK");
  CHECK(output.value().out == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C\nLC_ALL=C\n");
}

TEST_CASE("a program runs in /, with umask 022 and in a session of its own") {
  const mode_t old = umask(077);
  const auto output =
      run(shell("pwd; umask; [ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ] && echo own"));
  umask(old);
  CHECK(output.value().out == "/\n0022\nown\n");
}

TEST_CASE("a missing program is an error with its name") {
  const auto output = run({.argv = {"azl-no-such-program", "x"}});
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error().reason() == Reason::kToolMissing);
  CHECK(output.error().to_string() == "azl-no-such-program is not installed");
  CHECK(output.error().detail() == "azl-no-such-program");

  const auto by_path = run({.argv = {"/nowhere/useradd"}});
  CHECK(by_path.error().to_string() == "useradd is not installed");
}

TEST_CASE("a file that is not a program gives another error than a missing program") {
  TemporaryTree tree;
  tree.write("tool", "");
  const auto output = run({.argv = {tree.path("tool")}});
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error().reason() == Reason::kToolFailed);
  CHECK(output.error().to_string() == "starting tool: Permission denied");
}

TEST_CASE("an empty command is an error") {
  CHECK(run({.argv = {}}).error().reason() == Reason::kUnexpected);
}

TEST_CASE("a failure status is an error with the last lines of stderr") {
  const auto output =
      run(shell("for i in 1 2 3 4; do echo \"line $i isn't\" >&2; done; echo '  ' >&2; exit 9"));
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error().reason() == Reason::kToolFailed);
  CHECK(output.error().to_string() ==
        "sh ended with status 9: line 2 isn't; line 3 isn't; line 4 isn't");
}

TEST_CASE("control characters in stderr do not reach the message") {
  const auto output = run(shell("printf 'a\\033[31mb\\n' >&2; exit 1"));
  CHECK(output.error().to_string() == "sh ended with status 1: a\\x1b[31mb");
}

TEST_CASE("the error of a program without output has only its status") {
  CHECK(run({.argv = {"false"}}).error().to_string() == "false ended with status 1");
}

TEST_CASE("exit statuses that the caller accepts are not errors") {
  Command command = shell("echo out; exit 9");
  command.good_statuses = {0, 9};
  const auto output = run(command);
  REQUIRE(output.has_value());
  CHECK(output->status == 9);
  CHECK(output->out == "out\n");
  command.good_statuses = {9};
  command.argv = {"true"};
  CHECK_FALSE(run(command).has_value());
}

TEST_CASE("a program that was killed by a signal is an error that names the signal") {
  const auto output = run(shell("kill -SEGV $$"));
  CHECK(output.error().reason() == Reason::kToolFailed);
  CHECK(output.error().to_string() == "sh was killed by signal 11 (SIGSEGV)");
}

TEST_CASE("input of any size reaches stdin") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{65536}, std::size_t{700'000}}) {
    std::string text(size, 'x');
    const auto output = run({.argv = {"cat"}, .input = Secret(std::string(text))});
    CAPTURE(size);
    REQUIRE(output.has_value());
    CHECK(output->out == text);
  }
}

TEST_CASE("a program may ignore its input") {
  const auto output = run({.argv = {"true"}, .input = Secret(std::string(1 << 20, 'x'))});
  CHECK(output.has_value());
}

TEST_CASE("stdin is empty without input") { CHECK(run({.argv = {"cat"}}).value().out.empty()); }

TEST_CASE("the first MiB of stdout and the last 2 KiB of stderr are kept") {
  const auto output =
      run(shell("head -c 3000000 /dev/zero | tr '\\0' o;"
                "head -c 100000 /dev/zero | tr '\\0' e >&2; echo end >&2"));
  REQUIRE(output.has_value());
  CHECK(output->out == std::string(1 << 20, 'o'));
  CHECK(output->err_tail == std::string(2044, 'e') + "end\n");
}

TEST_CASE("a program that does not end in time is killed with its children") {
  TemporaryTree tree;
  const auto before = kClock.now();
  const auto output =
      run(shell("sleep 60 & echo $! > " + tree.path("pid") + "; echo working >&2; wait"), 300ms);
  CHECK(kClock.now() - before < 50s);
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error().reason() == Reason::kTimeout);
  CHECK(output.error().to_string() == "sh did not end in time and was killed: working");

  // The grandchild got SIGKILL too, and ends soon.
  const azl::UniqueFd grandchild(
      static_cast<int>(syscall(SYS_pidfd_open, std::stoi(tree.read("pid")), 0)));
  pollfd end{.fd = grandchild.get(), .events = POLLIN, .revents = 0};
  const bool gone = !grandchild || poll(&end, 1, 10'000) == 1;
  CHECK(gone);
}

TEST_CASE("wait does not wait for a daemon that the program started") {
  const auto before = kClock.now();
  const auto output = run(shell("sleep 60 & echo started"));
  CHECK(kClock.now() - before < 50s);
  CHECK(output.value().out == "started\n");
}

TEST_CASE("destroying a running child kills it") {
  TemporaryTree tree;
  const auto before = kClock.now();
  {
    auto child = SystemProcesses().start({.argv = {"sleep", "60"}});
    REQUIRE(child.has_value());
  }
  CHECK(kClock.now() - before < 50s);
}

TEST_CASE("a program is killed if the process that started it dies") {
  // The orphan becomes a child of this process, which can then see how it ends.
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const TemporaryTree tree;
  const auto pipe = tree.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const pid_t agent = fork();
  REQUIRE(agent >= 0);
  if (agent == 0) {
    auto child = SystemProcesses().start(shell("echo $$ > " + pipe + "; exec sleep 30"));
    pause();
    _exit(child ? 0 : 1);
  }
  pid_t program = -1;
  std::ifstream(pipe) >> program;
  REQUIRE(program > 0);
  REQUIRE(kill(agent, SIGKILL) == 0);
  REQUIRE(waitpid(agent, nullptr, 0) == agent);
  int status = 0;
  CHECK(waitpid(program, &status, 0) == program);
  CHECK(WIFSIGNALED(status));
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

TEST_CASE("a child can be waited for only once") {
  auto child = SystemProcesses().start({.argv = {"true"}});
  REQUIRE(child.has_value());
  CHECK((*child)->wait(Deadline(kClock, 30s)).has_value());
  CHECK((*child)->wait(Deadline(kClock, 30s)).error().reason() == Reason::kUnexpected);
}

TEST_CASE("children run in parallel") {
  auto first = SystemProcesses().start({.argv = {"cat"}, .input = Secret(std::string("1"))});
  auto second = SystemProcesses().start({.argv = {"cat"}, .input = Secret(std::string("2"))});
  CHECK((*second)->wait(Deadline(kClock, 30s)).value().out == "2");
  CHECK((*first)->wait(Deadline(kClock, 30s)).value().out == "1");
}

TEST_CASE("a program inherits no descriptor and no blocked or ignored signal") {
  const int leaked = open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as in some libraries
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  const auto fds = run({.argv = {"ls", "/proc/self/fd"}});
  const auto status = run({.argv = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}});
  sigprocmask(SIG_SETMASK, &old, nullptr);
  signal(SIGPIPE, SIG_DFL);
  close(leaked);
  CHECK(fds.value().out == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
  CHECK(status.value().out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("only the program sees a bound directory") {
  if (geteuid() != 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  TemporaryTree tree;
  tree.write("source/file", "seen").mkdir("target");
  const UniqueFd source = open_directory(tree.path("source"));
  const auto output = run(
      {.argv = {"cat", tree.path("target/file")}, .binds = {{source.get(), tree.path("target")}}});
  REQUIRE_MESSAGE(output.has_value(), output.error().to_string());
  CHECK(output->out == "seen");
  CHECK_FALSE(tree.exists("target/file"));
}

TEST_CASE("a directory whose path leads elsewhere meanwhile is bound all the same") {
  if (geteuid() != 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  TemporaryTree tree;
  tree.write("source/file", "ours").write("other/file", "theirs").mkdir("target");
  const UniqueFd source = open_directory(tree.path("source"));
  std::filesystem::rename(tree.path("source"), tree.path("moved"));
  tree.symlink(tree.path("other"), "source");
  const auto output = run(
      {.argv = {"cat", tree.path("target/file")}, .binds = {{source.get(), tree.path("target")}}});
  REQUIRE_MESSAGE(output.has_value(), output.error().to_string());
  CHECK(output->out == "ours");
}

TEST_CASE("a failed bind mount is an error, and the program does not run") {
  if (geteuid() != 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  TemporaryTree tree;
  const UniqueFd source = open_directory(tree.path());
  for (const azl::BindMount& bind :
       {azl::BindMount{source.get(), tree.path("no-target")}, azl::BindMount{1000, tree.path()}}) {
    const auto output = run({.argv = {"touch", tree.path("ran")}, .binds = {bind}});
    REQUIRE_FALSE(output.has_value());
    CAPTURE(output.error().to_string());
    CHECK(contains(output.error().to_string(), bind.target + " for touch: "));
    CHECK_FALSE(tree.exists("ran"));
  }
}

TEST_CASE("a program has the descriptors that it is to inherit, under their numbers") {
  TemporaryTree tree;
  tree.write("inside/file", "seen");
  const UniqueFd directory = open_directory(tree.path("inside"));
  const auto path = "/proc/self/fd/" + std::to_string(directory.get()) + "/file";
  const auto output = run({.argv = {"cat", path}, .inherited = {directory.get()}});
  REQUIRE_MESSAGE(output.has_value(), output.error().to_string());
  CHECK(output->out == "seen");
  CHECK_FALSE(run({.argv = {"cat", path}}).has_value());
}

TEST_CASE("a program cannot use more memory than its limit") {
  Command hungry{.argv = {"dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1"}};
  CHECK(run(hungry).has_value());
  hungry.limits.memory = 64 << 20;
  const auto output = run(hungry);
  REQUIRE_FALSE(output.has_value());
  CHECK(output.error().reason() == Reason::kToolFailed);
  CHECK(run({.argv = {"echo"}, .limits = {.memory = 64 << 20}}).has_value());
}

TEST_CASE("a program reads and writes files that it is given as stdin and stdout") {
  TemporaryTree tree;
  tree.write("in", "skipped, read").write("out", "");
  const UniqueFd in(open(tree.path("in").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd out(open(tree.path("out").c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(lseek(in.get(), 9, SEEK_SET) == 9);
  const auto output = run({.argv = {"cat"}, .input_fd = in.get(), .output_fd = out.get()});
  REQUIRE(output.has_value());
  CHECK(output->out.empty());
  CHECK(tree.read("out") == "read");
}

TEST_CASE("as much of stderr is kept as is asked for") {
  Command command = shell("head -c 5000 /dev/zero | tr '\\0' e >&2");
  command.err_limit = 5000;
  CHECK(run(command).value().err_tail == std::string(5000, 'e'));
}
