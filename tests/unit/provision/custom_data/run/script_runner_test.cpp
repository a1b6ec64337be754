#include "provision/custom_data/run/script_runner.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/unit/temporary_tree.h"

namespace azl::provision::custom_data {
namespace {

using azl::test::TemporaryTree;

constexpr const char* kVm = "11111111-2222-3333-4444-555555555555";

/// Keeps what is written to standard output meanwhile.
class CapturedOutput {
 public:
  explicit CapturedOutput(const TemporaryTree& tree)
      : path_(tree.path("captured")), saved_(::dup(STDOUT_FILENO)) {
    const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDOUT_FILENO);
  }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput() { ::dup2(saved_.get(), STDOUT_FILENO); }

 private:
  std::string path_;
  UniqueFd saved_;
};

struct Ran {
  Result<ProgramEnd> end;
  std::string logged;    ///< what the log has
  std::string followed;  ///< what was copied to standard output
  int calls = 0;         ///< of WhileRunning
};

ProgramRun as_vm(WhileRunning while_running, StopSignal& stop) {
  return {.instance_id = kVm,
          .before_start = [] { return Result<void>(); },
          .while_running = std::move(while_running),
          .stop = stop};
}

Ran run(const TemporaryTree& tree, std::string text, std::string name = "script") {
  const auto root = Root::open(tree.path()).value();
  int calls = 0;
  Result<ProgramEnd> end = ProgramEnd{};
  {
    const CapturedOutput captured(tree);
    auto log = OutputLog::open(root).value();
    StopSignal stop;
    end = run_script(root, {.name = std::move(name), .text = Secret(std::move(text))}, log,
                     as_vm([&calls] { ++calls; }, stop));
  }
  return {.end = std::move(end),
          .logged = tree.read("var/log/azl-provision/custom-data.log"),
          .followed = tree.read("captured"),
          .calls = calls};
}

}  // namespace

TEST_CASE("a script's status, signal and output are seen, and its file is removed") {
  const TemporaryTree tree;
  const auto ran = run(tree, "#!/bin/sh\necho out\necho err >&2\nexit 3\n");
  REQUIRE(ran.end.has_value());
  CHECK(ran.end->status == 3);
  CHECK(ran.end->signal == 0);
  CHECK(ran.logged == "out\nerr\n");
  CHECK(ran.followed == ran.logged);
  CHECK_FALSE(tree.exists("var/lib/azl-provision/custom-data/scripts/script"));

  const auto killed = run(tree, "#!/bin/sh\nkill -TERM $$\n");
  REQUIRE(killed.end.has_value());
  CHECK(killed.end->signal == SIGTERM);
}

TEST_CASE("a script gets the environment that users expect") {
  ::setenv("INVOCATION_ID", "a service", 1);
  ::setenv("NOTIFY_SOCKET", "/run/x", 1);
  ::setenv("HOME", "/elsewhere", 1);
  const TemporaryTree tree;
  const auto ran = run(tree,
                       "#!/bin/sh\npwd\numask\nread line || echo no input\necho \"$HOME "
                       "$INSTANCE_ID ${NOTIFY_SOCKET-none}\"\nbasename \"$0\"\nstat -c %a \"$0\"\n"
                       "trap - PIPE; sh -c 'kill -PIPE $$' || echo $?\n");
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("INVOCATION_ID");
  REQUIRE(ran.end.has_value());
  CHECK(ran.logged == "/\n0022\nno input\n/root " + std::string(kVm) + " none\nscript\n700\n141\n");
}

TEST_CASE("a script that is run by hand does not see the variables of a shell") {
  ::setenv("SUDO_USER", "ann", 1);
  const TemporaryTree tree;
  const auto ran = run(tree, "#!/bin/sh\necho \"${SUDO_USER-none} $PATH\"\n");
  ::unsetenv("SUDO_USER");
  CHECK(ran.logged == "none /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
}

TEST_CASE("SIGTERM ends the waiting, not the program, and the script's file is removed") {
  TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  const CapturedOutput captured(tree);
  auto log = OutputLog::open(root).value();
  const auto text = "#!/bin/sh\necho first\nwhile [ ! -e " + tree.path("go") +
                    " ]; do sleep 0.01; done\necho end >" + tree.path("done") + "\n";
  StopSignal stop;
  bool sent = false;
  const auto end = run_script(root, {.name = "script", .text = Secret(text)}, log,
                              as_vm(
                                  [&] {
                                    if (!std::exchange(sent, true)) ::kill(::getpid(), SIGTERM);
                                  },
                                  stop));
  REQUIRE(end.has_value());
  CHECK(end->running);
  CHECK(stop.came());
  CHECK_FALSE(tree.exists("var/lib/azl-provision/custom-data/scripts/script"));
  tree.write("go", "");
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::minutes(2));
  while (!tree.exists("done") && !deadline.passed()) ::usleep(10'000);
  CHECK(tree.exists("done"));
}

TEST_CASE("a program that stops the system as its last command does not end the agent") {
  const TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  auto log = OutputLog::open(root).value();
  StopSignal stop;
  for (int round = 0; round < 20; ++round) {
    const auto end =
        run_script(root, {.name = "s", .text = Secret("#!/bin/sh\nkill -TERM $PPID\n")}, log,
                   as_vm([] {}, stop));
    REQUIRE(end.has_value());
    CHECK(end->status == 0);
    CHECK(end->signal == 0);
  }
  CHECK(stop.came());
}

TEST_CASE("nothing is started if what has to come before it fails") {
  const TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  auto log = OutputLog::open(root).value();
  StopSignal stop;
  auto settings = as_vm([] {}, stop);
  settings.before_start = []() -> Result<void> { return fail(Reason::kIo, "no space"); };
  const auto end =
      run_script(root, {.name = "script", .text = Secret("#!/bin/sh\necho x\n")}, log, settings);
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().reason() == Reason::kIo);
  CHECK(tree.read("var/log/azl-provision/custom-data.log").empty());
}

TEST_CASE("output comes while the script runs") {
  TemporaryTree tree;
  // It ends only after its first line was copied: WhileRunning makes the file that it waits for.
  const auto root = Root::open(tree.path()).value();
  const auto go = tree.path("go");
  bool seen = false;
  {
    const CapturedOutput captured(tree);
    auto log = OutputLog::open(root).value();
    const auto text = "#!/bin/sh\necho first\nwhile [ ! -e " + go + " ]; do sleep 0.01; done\n";
    StopSignal stop;
    const auto end = run_script(root, {.name = "script", .text = Secret(text)}, log,
                                as_vm(
                                    [&] {
                                      seen = tree.read("captured") == "first\n";
                                      if (seen) tree.write("go", "");
                                    },
                                    stop));
    CHECK(end.has_value());
  }
  CHECK(seen);
}

TEST_CASE("what a script leaves in the background goes on and keeps its output") {
  TemporaryTree tree;
  const auto go = tree.path("go");
  const auto ran = run(tree, "#!/bin/sh\n(while [ ! -e " + go +
                                 " ]; do sleep 0.01; done; echo late; "
                                 "echo done >" +
                                 tree.path("done") + ") &\necho early\n");
  REQUIRE(ran.end.has_value());
  CHECK(ran.end->status == 0);
  CHECK(ran.logged == "early\n");
  tree.write("go", "");
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::minutes(2));
  while (!tree.exists("done") && !deadline.passed()) ::usleep(10'000);
  CHECK(tree.read("var/log/azl-provision/custom-data.log") == "early\nlate\n");
}

TEST_CASE("a script that cannot be started says why") {
  struct Row {
    const char* text;
    const char* why;
  };
  for (const Row& row :
       {Row{"#!/no/such/shell\n", "its interpreter /no/such/shell does not exist"},
        Row{"no interpreter\n", "its first line names no interpreter, such as #!/bin/sh"}}) {
    CAPTURE(row.text);
    const TemporaryTree tree;
    const auto ran = run(tree, row.text);
    REQUIRE_FALSE(ran.end.has_value());
    CHECK(ran.end.error().reason() == Reason::kCustomData);
    CHECK(ran.end.error().to_string() == row.why);
    CHECK_FALSE(tree.exists("var/lib/azl-provision/custom-data/scripts/script"));
  }
}

TEST_CASE("the log is for root and its group, and is appended to") {
  const TemporaryTree tree;
  (void)run(tree, "#!/bin/sh\necho one\n");
  const auto second = run(tree, "#!/bin/sh\necho two\n");
  CHECK(second.logged == "one\ntwo\n");
  CHECK(second.followed == "two\n");
  struct stat status{};
  REQUIRE(::stat(tree.path("var/log/azl-provision/custom-data.log").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

}  // namespace azl::provision::custom_data
