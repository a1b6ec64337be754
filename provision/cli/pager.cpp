#include "provision/cli/pager.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::provision {
namespace {

std::vector<std::string> words_of(std::string_view command) {
  const auto words = split(command, ' ');
  return {words.begin(), words.end()};
}

/// The environment of a pager: its own variables before those of this process, because getenv()
/// returns the first of a name.
std::vector<char*> make_environment(const Pager& pager) {
  std::vector<char*> all;
  for (const auto& each : pager.environment) all.push_back(const_cast<char*>(each.c_str()));
  for (char** each = ::environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    const auto name = entry.substr(0, entry.find('=') + 1);
    const bool replaced = std::ranges::any_of(
        pager.environment, [&](const std::string& own) { return own.starts_with(name); });
    if (!replaced) all.push_back(*each);
  }
  all.push_back(nullptr);
  return all;
}

/// Starts a program that reads from `input`. Returns nullopt if there is no such program.
std::optional<pid_t> spawn(const Pager& pager, int input) {
  std::vector<char*> argv;
  for (const auto& each : pager.argv) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  auto environment = make_environment(pager);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (::posix_spawn_file_actions_init(&actions) != 0) return std::nullopt;
  if (::posix_spawnattr_init(&attributes) != 0) {
    ::posix_spawn_file_actions_destroy(&actions);
    return std::nullopt;
  }
  // This process ignores them, and a program inherits that.
  sigset_t reset;
  ::sigemptyset(&reset);
  ::sigaddset(&reset, SIGPIPE);
  ::sigaddset(&reset, SIGINT);
  pid_t pid = -1;
  const bool started =
      ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) == 0 &&
      ::posix_spawnattr_setsigdefault(&attributes, &reset) == 0 &&
      ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0 &&
      ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environment.data()) == 0;
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return started ? std::optional(pid) : std::nullopt;
}

/// Writes until all is written, or the reader is gone.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

/// Ignores a signal until it is destroyed.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int signal) : signal_(signal), before_(std::signal(signal, SIG_IGN)) {}
  ~IgnoredSignal() { std::signal(signal_, before_); }
  IgnoredSignal(const IgnoredSignal&) = delete;
  IgnoredSignal& operator=(const IgnoredSignal&) = delete;

 private:
  int signal_;
  void (*before_)(int);
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::vector<Pager> choose_pagers(const Environment& environment, bool is_own_session, bool utf8) {
  const auto secure_word = environment("SYSTEMD_PAGERSECURE");
  const bool secure = !secure_word || parse_boolean(*secure_word).value_or(true);
  std::vector<std::string> variables = {
      "LESS=" + environment("SYSTEMD_LESS").value_or("FRSXMK"),
      "LESSCHARSET=" + environment("SYSTEMD_LESSCHARSET").value_or(utf8 ? "utf-8" : "ascii")};
  if (secure) variables.emplace_back("LESSSECURE=1");

  std::vector<Pager> pagers;
  const auto systemd_pager = environment("SYSTEMD_PAGER");
  if (const auto named = systemd_pager ? systemd_pager : environment("PAGER")) {
    auto argv = words_of(*named);
    if (argv.empty() || argv.front() == "cat") return {};
    if (is_own_session || secure_word) pagers.push_back({std::move(argv), variables});
  }
  pagers.push_back({{"less"}, std::move(variables)});
  return pagers;
}

bool is_own_session() {
  uid_t owner = 0;
  return ::sd_pid_get_owner_uid(0, &owner) >= 0 && owner == ::geteuid();
}

bool show_in_pager(const std::string& text, const std::vector<Pager>& pagers) {
  std::array<int, 2> ends{};
  if (pagers.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  UniqueFd input(ends[0]);
  UniqueFd output(ends[1]);
  // Ctrl-C is for the pager: it ends it, or only what it is doing.
  const IgnoredSignal interrupt(SIGINT);
  const IgnoredSignal broken_pipe(SIGPIPE);
  for (const auto& pager : pagers) {
    const auto pid = spawn(pager, input.get());
    if (!pid) continue;
    input.reset();
    write_all(output.get(), text);
    output.reset();
    while (::waitpid(*pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return true;
  }
  return false;
}

}  // namespace azl::provision
