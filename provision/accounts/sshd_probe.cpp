#include "provision/accounts/sshd_probe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kRuntimeDirectory = "/run/sshd";
constexpr std::size_t kLongestMessage = 2048;  // of sshd, as much as is kept of its stderr
/// For a configuration that others wrote. sshd needs about 20 MiB and some milliseconds.
constexpr std::uint64_t kMemoryInTree = 256 << 20;
constexpr Duration kTimeInTree = std::chrono::seconds(10);

/// The place that a message of sshd begins with: "FILE: line N: …" or "FILE line N: …".
struct Place {
  std::string_view file;
  std::string_view middle;  ///< ": line " or " line "
  std::string_view line;    ///< the digits
};

/// Returns a place without file if the message does not begin with one in /etc/ssh.
Place find_place(std::string_view message) {
  constexpr std::string_view kLine = " line ";
  const auto found = message.find(kLine);
  const bool ours = message.starts_with(std::string(kDirectory) + "/");
  if (!ours || found == std::string_view::npos) return {};
  const bool colon = message.substr(0, found).ends_with(':');
  const auto digits = found + kLine.size();
  const auto end = std::min(message.find_first_not_of("0123456789", digits), message.size());
  return {.file = message.substr(0, found - (colon ? 1 : 0)),
          .middle = colon ? ": line " : " line ",
          .line = message.substr(digits, end - digits)};
}

/// Reads a regular file of the tree that has no other hard link. Follows no link. Returns "" if
/// there is no such file.
std::string read_plain_file(const Root& root, const std::string& path) {
  constexpr std::size_t kLimit = 1 << 20;
  const auto fd = root.open_file(path, O_RDONLY | O_NOFOLLOW);
  struct stat status{};
  if (!fd || fstat(fd->get(), &status) != 0 || status.st_nlink != 1) return {};
  std::string text(std::min(static_cast<std::size_t>(status.st_size), kLimit), '\0');
  const ssize_t got = pread(fd->get(), text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

/// Returns the word at the start of a line, counted from 1, if it looks like a keyword of sshd.
std::string find_keyword(std::string_view text, std::string_view line_number) {
  constexpr std::size_t kLongest = 64;
  std::size_t number = 0;
  const auto [end, error] =
      std::from_chars(line_number.data(), line_number.data() + line_number.size(), number);
  if (error != std::errc() || number == 0) return {};
  for (; number > 1 && !text.empty(); --number) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  const std::string_view line = trim(text.substr(0, text.find('\n')));
  const std::string_view word = line.substr(0, line.find_first_of(" \t="));
  const bool plain = std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain && word.size() <= kLongest ? std::string(word) : std::string();
}

}  // namespace

Result<ProcessOutput> SshdProbe::run(const std::vector<std::string>& options) {
  auto output = run_once(options);
  constexpr std::string_view kMissing = "Missing privilege separation directory: /run/sshd";
  if (root_.live() && output && output->err_tail.find(kMissing) != std::string::npos) {
    // Debian's ssh.service makes it as its RuntimeDirectory, but has not started yet.
    OR_RETURN(root_.make_directory(kRuntimeDirectory, {.mode = 0755}));
    output = run_once(options);
  }
  return output;
}

Result<ProcessOutput> SshdProbe::run_once(const std::vector<std::string>& options) {
  Command command{.argv = {"sshd"}, .good_statuses = {0, 1, 255}};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  if (!root_.live()) return run_in_tree(std::move(command));
  return processes_.run(command, deadline_);
}

Result<ProcessOutput> SshdProbe::run_in_tree(Command command) {
  // A new copy: a drop-in may have changed since the last run.
  const auto staging = OR_RETURN(make_staging(root_));
  const Root& copy = staging.files();
  files_ = OR_RETURN(SshdFiles::copy(root_, copy));
  // sshd needs /run/sshd. The host may not have it, and we must not make it there.
  OR_RETURN(copy.make_directory(kRuntimeDirectory, {.mode = 0755}));
  const auto ssh = OR_RETURN(copy.open_file("/ssh", O_PATH | O_DIRECTORY));
  const auto run = OR_RETURN(copy.open_file("/run", O_PATH | O_DIRECTORY));
  command.binds = {{.source = ssh.get(), .target = std::string(kDirectory)},
                   {.source = run.get(), .target = "/run"}};
  command.limits.memory = kMemoryInTree;
  return processes_.run(command, deadline_.within(kTimeInTree));
}

SshdVerdict SshdProbe::check() {
  const auto output = run({"-t"});
  // sshd or mount namespaces are missing, or time is up: not the drop-in's fault.
  if (!output) return {SshdVerdict::Kind::kUnknown, output.error().to_string()};
  if (output->status == 0) return {SshdVerdict::Kind::kGood, ""};
  constexpr std::array<std::string_view, 3> kNotOurs = {
      "no hostkeys available", "rivilege separation directory", "Privilege separation user"};
  for (const std::string_view text : kNotOurs) {
    const auto found = output->err_tail.find(text);
    if (found == std::string::npos) continue;
    const auto end = output->err_tail.find('\n', found);
    return {SshdVerdict::Kind::kUnknown,
            "sshd says '" + printable(output->err_tail.substr(found, end - found)) + "'"};
  }
  return {SshdVerdict::Kind::kRefused, describe_failure(*output)};
}

std::string SshdProbe::describe_failure(const ProcessOutput& output) const {
  std::vector<std::string> messages;
  for (const std::string_view line : split(output.err_tail, '\n')) {
    std::string message = root_.live() ? std::string(trim(line)) : describe_in_tree(line);
    if (!message.empty()) messages.push_back(std::move(message));
  }
  if (messages.empty()) return "exit status " + std::to_string(output.status);
  return printable(join(messages, "; "), kLongestMessage, Quotes::kKept);
}

std::string SshdProbe::describe_in_tree(std::string_view message) const {
  const Place place = find_place(message);
  if (place.file.empty()) return {};
  const std::string file = files_.path_in_tree(place.file);
  std::string text = file + std::string(place.middle) + std::string(place.line);
  const std::string keyword = find_keyword(read_plain_file(root_, file), place.line);
  if (keyword.empty()) return text;
  // One of sshd's messages is known word for word. The others are not repeated.
  constexpr std::string_view kBadOption = "Bad configuration option: ";
  const bool bad = message.find(kBadOption) != std::string_view::npos;
  return text + (bad ? ": " + std::string(kBadOption) + keyword : " (" + keyword + ")");
}

}  // namespace azl::provision
