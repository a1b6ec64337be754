// What the commands print on a terminal: colour, width, characters and the pager. The terminal is a
// pseudo-terminal.
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <vector>

#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("terminal" * needs_root());

struct TerminalOptions {
  Strings environment = {};  ///< in addition to, or instead of, the default
  unsigned short columns = 80;
  unsigned short rows = 24;
  std::string keys = {};  ///< what the user types
};

/// Waits until the program has ended. Kills it after 2 min.
int wait_for(pid_t pid) {
  int raw = 0;
  if (!wait_until([&] { return ::waitpid(pid, &raw, WNOHANG) == pid; })) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &raw, 0);
    return -1;
  }
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

/// Runs a program on a terminal of its own. `out` is what the terminal got, without CRs.
Ended run_on_terminal(const Strings& argv, const TerminalOptions& options) {
  const winsize size = {
      .ws_row = options.rows, .ws_col = options.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  Strings environment = options.environment;  // in front, because the first one of a name counts
  for (const std::string each :
       {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", "LC_ALL=C.UTF-8"}) {
    const auto name = each.substr(0, each.find('=') + 1);
    if (std::ranges::none_of(environment, [&](const auto& e) { return e.starts_with(name); }))
      environment.push_back(each);
  }
  std::vector<char*> arguments;
  std::vector<char*> variables;
  for (const auto& each : argv) arguments.push_back(const_cast<char*>(each.c_str()));
  for (const auto& each : environment) variables.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  variables.push_back(nullptr);

  int master = -1;
  const pid_t pid = ::forkpty(&master, nullptr, nullptr, &size);
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  if (!options.keys.empty()) REQUIRE(::write(master, options.keys.data(), options.keys.size()) > 0);
  Ended ended;
  pollfd ready = {.fd = master, .events = POLLIN, .revents = 0};
  std::string buffer(4096, '\0');
  while (::poll(&ready, 1, 120'000) == 1) {
    const auto got = ::read(master, buffer.data(), buffer.size());
    if (got <= 0) break;  // EIO: nobody has the terminal open any more
    ended.out += buffer.substr(0, static_cast<std::size_t>(got));
  }
  ended.status = wait_for(pid);
  ::close(master);
  std::erase(ended.out, '\r');
  return ended;
}

Strings lines_of(const std::string& text) {
  std::istringstream stream(text);
  Strings lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A provisioned VM, and a "less" that writes down how it was called, and shows "PAGED".
class TerminalLab {
 public:
  TerminalLab() {
    CHECK(lab.run().status == 0);
    tools_.write("less", "#!/bin/sh\necho \"$LESS $LESSSECURE $LESSCHARSET\" >" + called() +
                             "\ncat >" + tools_.path("text") + "\necho PAGED\n");
    REQUIRE(::chmod(tools_.path("less").c_str(), 0755) == 0);
  }

  /// Runs a command with this "less" first in PATH.
  Ended run(Strings words, TerminalOptions options = {}) {
    words.insert(words.begin(), program_under_test());
    words.insert(words.end(), {"--root", lab.root()});
    options.environment.push_back("PATH=" + tools_.path() + ":/usr/sbin:/usr/bin:/sbin:/bin");
    return run_on_terminal(words, options);
  }
  [[nodiscard]] std::string called() const { return tools_.path("called"); }
  /// Returns the text that the pager got; removes the traces of its call.
  [[nodiscard]] std::string paged() {
    const auto text = read_file(tools_.path("text"));
    ::unlink(tools_.path("text").c_str());
    ::unlink(called().c_str());
    return text;
  }

  Lab lab;

 private:
  TemporaryTree tools_;
};

bool is_ascii(const std::string& text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c >= 0x80; });
}

TEST_CASE("colours appear on a terminal, unless they are not wanted there") {
  TerminalLab terminal;
  struct Row {
    Strings words;
    Strings environment;
    bool coloured;
  };
  for (const auto& row : std::vector<Row>{
           {{}, {}, true},
           {{"--color=auto"}, {"NO_COLOR="}, true},
           {{"--color=auto"}, {"NO_COLOR=1"}, false},
           {{}, {"TERM=dumb"}, false},
           {{}, {"TERM="}, false},
           {{"--color=always"}, {"NO_COLOR=1", "TERM=dumb"}, true},
           {{"--color=never"}, {}, false},
           {{"--no-color"}, {}, false},
       }) {
    CAPTURE(row.words);
    CAPTURE(row.environment);
    for (const Strings& command :
         {Strings{"report"}, Strings{"status", "--long"}, Strings{"config"}}) {
      auto words = command;
      words.insert(words.end(), row.words.begin(), row.words.end());
      words.emplace_back("--no-pager");
      const auto ended = terminal.run(words, {.environment = row.environment});
      INFO(ended);
      CHECK(ended.status == 0);
      CHECK((ended.out.find("\x1b[") != std::string::npos) == row.coloured);
    }
  }
  // Not on a terminal.
  auto& lab = terminal.lab;
  CHECK(lab.command({"report"}).out.find('\x1b') == std::string::npos);
  CHECK(lab.command({"report", "--color=always"}).out.starts_with("\x1b[1;32mREADY\x1b[0m: "));
  CHECK(lab.command({"report", "--color=always", "--format=json"}).out.starts_with("{"));
  CHECK(lab.command({"report", "--color=sometimes"}).status == 64);
}

TEST_CASE("text that is longer than the screen is shown in less, with systemd's options") {
  TerminalLab terminal;
  const auto whole = terminal.lab.command({"report", "--color=always"}).out;
  const auto ended = terminal.run({"report"}, {.rows = 10});
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(ended.out == "PAGED\n");
  CHECK(read_file(terminal.called()) == "FRSXMK 1 utf-8\n");
  CHECK(terminal.paged() == whole);

  for (const Strings& words : {Strings{"config"}, Strings{"status", "--long"}, Strings{"plan"},
                               Strings{"report", "--list", "--width=40"}}) {
    CAPTURE(words);
    CHECK(terminal.run(words, {.rows = 2}).out == "PAGED\n");
    CHECK(!terminal.paged().empty());
  }
  // The exit status stays that of the command.
  terminal.lab.remove("var/lib/azl-provision").remove("run");
  CHECK(terminal.run({"status", "--long"}, {.rows = 2}).status == 3);
  CHECK(!terminal.paged().empty());
}

TEST_CASE("no pager is used if it is not wanted, not needed or could hang") {
  TerminalLab terminal;
  const auto file = terminal.lab.media() + "/report.txt";
  struct Row {
    Strings words;
    TerminalOptions options;
  };
  for (const auto& row : std::vector<Row>{
           {{"report", "--no-pager"}, {.rows = 10}},
           {{"report"}, {.rows = 200}},
           {{"report", "--format=json"}, {.rows = 10}},
           {{"report", "--output", file}, {.rows = 10}},
           {{"report"}, {.environment = {"TERM=dumb"}, .rows = 10}},
           {{"report"}, {.environment = {"SYSTEMD_PAGER="}, .rows = 10}},
           {{"report"}, {.environment = {"PAGER=cat"}, .rows = 10}},
           {{"status"}, {.rows = 2}},
       }) {
    CAPTURE(row.words);
    CAPTURE(row.options.environment);
    const auto ended = terminal.run(row.words, row.options);
    INFO(ended);
    CHECK(ended.status == 0);
    CHECK(ended.out.find("PAGED") == std::string::npos);
    CHECK(terminal.paged().empty());
  }
  CHECK(read_file(file).starts_with("READY: "));
  // A service whose output is a terminal does not control it.
  const auto service = run_on_terminal(
      {"/usr/bin/setsid", "--wait", program_under_test(), "report", "--root", terminal.lab.root()},
      {.environment = {"PATH=" + terminal.called().substr(0, terminal.called().rfind('/')) +
                       ":/usr/bin"},
       .rows = 10});
  INFO(service);
  CHECK(service.status == 0);
  CHECK(service.out.find("READY") != std::string::npos);
  CHECK(terminal.paged().empty());
}

TEST_CASE("a pager that ends early or cannot be started is no error") {
  TerminalLab terminal;
  const std::string secure = "SYSTEMD_PAGERSECURE=yes";
  auto ended = terminal.run({"report"}, {.environment = {"PAGER=true", secure}, .rows = 10});
  CHECK(ended.status == 0);
  CHECK(ended.out.empty());
  ended =
      terminal.run({"report"}, {.environment = {"PAGER=/nonexistent/pager", secure}, .rows = 10});
  CHECK(ended.status == 0);
  CHECK(ended.out == "PAGED\n");  // less is tried next
  CHECK(!terminal.paged().empty());
  // The user of less has seen enough.
  const auto less = run_on_terminal({program_under_test(), "report", "--root", terminal.lab.root()},
                                    {.rows = 10, .keys = "q"});
  INFO(less);
  CHECK(less.status == 0);
  CHECK(less.out.find("READY") != std::string::npos);
}

TEST_CASE("a reader who closes the pipe is no error") {
  TerminalLab terminal;
  for (const std::string words : {"report", "report --list", "status", "status --long", "config"}) {
    CAPTURE(words);
    const auto ended = run_on_terminal({"/bin/bash", "-c",
                                        program_under_test() + " " + words + " --root " +
                                            terminal.lab.root() + " | true; echo ${PIPESTATUS[0]}"},
                                       {});
    INFO(ended);
    CHECK(ended.out == "0\n");
  }
}

TEST_CASE("no line is wider than a terminal of 40 columns, but URLs and paths stay whole") {
  TerminalLab terminal;
  terminal.lab.reboot();
  for (const Strings& command : {Strings{"report"}, Strings{"report", "--boot=-1"},
                                 Strings{"report", "--list"}, Strings{"status", "--long"}}) {
    CAPTURE(command);
    auto words = command;
    words.insert(words.end(), {"--no-pager", "--color=never"});
    for (const std::size_t columns : {40U, 60U, 80U}) {
      const auto ended = terminal.run(words, {.columns = static_cast<unsigned short>(columns)});
      INFO(ended);
      CHECK(ended.status == 0);
      CHECK(!ended.out.empty());
      for (const auto& line : lines_of(ended.out)) {
        const auto word = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        const bool whole = word.find('/') != std::string::npos || word.starts_with("SHA256:");
        const bool fits = line.size() <= columns || (whole && word.find(' ') == std::string::npos);
        CHECK_MESSAGE(fits, line);
      }
    }
  }
}

TEST_CASE("in a locale that is not UTF-8 text is ASCII") {
  Lab lab(R"({"vm": {"ssh_keys": ["ssh-rsa nonsense"]}})"_json);
  CHECK(lab.run().status == 1);  // the advice shows "ssh-ed25519 AAAA… comment"
  for (const Strings& command : {Strings{"report"}, Strings{"report", "--list"},
                                 Strings{"status", "--long"}, Strings{"config"}}) {
    CAPTURE(command);
    Strings words = {program_under_test()};
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"--no-pager", "--root", lab.root()});
    const auto ended = run_on_terminal(words, {.environment = {"LC_ALL=C"}});
    INFO(ended);
    CHECK(is_ascii(ended.out));
    CHECK(!ended.out.empty());
  }
  const Strings words = {program_under_test(), "report", "--no-pager", "--root", lab.root()};
  const auto ascii = run_on_terminal(words, {.environment = {"LC_ALL=POSIX"}});
  CHECK(ascii.out.find("AAAA...") != std::string::npos);
  for (const std::string locale : {"LC_ALL=C.UTF-8", "LC_ALL=xx_XX.utf8"}) {  // not installed
    const auto utf8 = run_on_terminal(words, {.environment = {locale}});
    INFO(utf8);
    CHECK(utf8.out.find("AAAA…") != std::string::npos);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
