#include "provision/tell/debug_log.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;

namespace {

/// Runs the log of a live machine whose root is the tree, and writes `lines` lines to it.
std::string log_in(const AccountTree& tree, int lines) {
  return in_chroot(tree.path(), [lines]() -> std::string {
    const auto root = Root::open("/");
    if (!root) return root.error().to_string();
    const auto log = start_debug_log(*root, {.configured = LogLevel::kDebug});
    if (!log) return log.error().to_string();
    for (int i = 0; i < lines; ++i) AZL_LOG(kNet, kDebug, std::string(1000, 'x') + "\n\x1b");
    AZL_LOG(kNet, kTrace, "too fine");
    return "ok";
  });
}

/// A socket at which sd-journal looks for journald.
UniqueFd listen_as_journal(const AccountTree& tree) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = tree.path("run/systemd/journal/socket");
  REQUIRE(path.size() < sizeof address.sun_path);
  std::ranges::copy(path, std::begin(address.sun_path));
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

DebugLogPlan with_kernel_line(const std::string& line) {
  return plan_debug_log({.kernel_command_line = line,
                         .configured = LogLevel::kError,
                         .live = true,
                         .has_journal = true});
}

}  // namespace

TEST_CASE("the log's level is that of the command line, of the kernel's, or of the configuration") {
  CHECK(plan_debug_log({.live = true, .has_journal = true}).level == LogLevel::kOff);
  CHECK(with_kernel_line("").level == LogLevel::kError);
  CHECK(with_kernel_line("quiet azl-provision.log=trace").level == LogLevel::kTrace);
  CHECK(with_kernel_line("azl_provision.log=INFO").level == LogLevel::kInfo);
  CHECK(with_kernel_line("azl-provision.log=info azl-provision.log=off").level == LogLevel::kOff);
  CHECK(with_kernel_line("azl-provision.log").level == LogLevel::kDebug);
  CHECK(with_kernel_line("azl-provision.log=yes").level == LogLevel::kDebug);
  CHECK(with_kernel_line("azl-provision.logs=debug xazl-provision.log=debug").level ==
        LogLevel::kError);
  CHECK(plan_debug_log({.asked = LogLevel::kOff,
                        .kernel_command_line = "azl-provision.log=debug",
                        .configured = LogLevel::kTrace,
                        .live = true})
            .level == LogLevel::kOff);
}

TEST_CASE("the log goes where somebody reads it") {
  struct Case {
    const char* why;
    DebugLogFacts facts;
    LogSink sink;
  };
  constexpr auto kDebug = LogLevel::kDebug;
  for (const auto& each :
       {Case{"a person asks",
             {.asked = kDebug, .live = true, .has_journal = true},
             LogSink::kStderr},
        Case{"a unit asks",
             {.asked = kDebug, .live = true, .stderr_is_journal = true, .has_journal = true},
             LogSink::kJournal},
        Case{"the configuration asks",
             {.configured = kDebug, .live = true, .has_journal = true},
             LogSink::kJournal},
        Case{"no journal runs", {.configured = kDebug, .live = true}, LogSink::kFile},
        Case{"a tree", {.configured = kDebug, .has_journal = true}, LogSink::kStderr}}) {
    CAPTURE(each.why);
    CHECK(plan_debug_log(each.facts) == DebugLogPlan{kDebug, each.sink});
  }
}

TEST_CASE("without a journal the log is a file that only root can read, and it is bounded") {
  if (geteuid() != 0) return;
  const AccountTree tree;
  REQUIRE(log_in(tree, 1) == "ok");
  CHECK(tree.mode("var/log/azl-provision") == 0700);
  const auto text = tree.read("var/log/azl-provision/debug.log");
  CHECK(text.find(" net debug: xxx") != std::string::npos);
  CHECK(text.ends_with("\\x0a\\x1b\n"));  // one line, whatever the platform sends
  CHECK(text.find("too fine") == std::string::npos);

  constexpr int kThreeMebibytes = 3 << 10;
  REQUIRE(log_in(tree, kThreeMebibytes) == "ok");
  constexpr off_t kLimit = 1 << 20;
  CHECK(tree.status("var/log/azl-provision/debug.log").st_size <= kLimit);
  CHECK(tree.status("var/log/azl-provision/debug.1.log").st_size <= kLimit);
  CHECK(tree.root().list("/var/log/azl-provision")->size() == 2);
}

TEST_CASE("with a journal the log goes there") {
  if (geteuid() != 0) return;
  AccountTree tree;
  tree.mkdir("run/systemd/journal");
  const auto journal = listen_as_journal(tree);
  REQUIRE(log_in(tree, 1) == "ok");
  std::array<char, 4096> message{};
  const auto size = ::recv(journal.get(), message.data(), message.size(), 0);
  REQUIRE(size > 0);
  const std::string text(message.data(), static_cast<std::size_t>(size));
  CHECK(text.find("MESSAGE=net: xxx") != std::string::npos);
  CHECK(text.find("PRIORITY=7\n") != std::string::npos);
  CHECK(text.find("SYSLOG_IDENTIFIER=azl-provision\n") != std::string::npos);
  CHECK(::recv(journal.get(), message.data(), message.size(), 0) < 0);  // "too fine" is not sent
  CHECK_FALSE(tree.exists("var/log/azl-provision"));
}
