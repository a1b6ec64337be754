#include "provision/accounts/sshd_probe.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kRuntimeDirectory = "/run/sshd";
constexpr std::string_view kStaging = "/run/azl-provision/sshd";

/// Returns "FILE: line N" of "FILE: line N: …" (some messages have no first colon). Returns "" if
/// the line does not begin with a file in /etc/ssh.
std::string_view find_place(std::string_view line) {
  constexpr std::string_view kLine = " line ";
  const auto found = line.find(kLine);
  const bool ours = line.starts_with(std::string(kDirectory) + "/");
  if (!ours || found == std::string_view::npos) return {};
  return line.substr(0, line.find_first_not_of("0123456789", found + kLine.size()));
}

}  // namespace

Result<void> SshdProbe::prepare() {
  if (root_.live()) return {};
  // sshd needs /run/sshd. The host may not have it, and we must not make it there.
  Staging staging = OR_RETURN(Staging::make(root_, std::string(kStaging)));
  OR_RETURN(root_.make_directory(staging.path() + "/sshd", {.mode = 0755}));
  std::string files = OR_RETURN(tree_path(root_, kDirectory));
  binds_ = {{.source = std::move(files), .target = std::string(kDirectory)},
            {.source = staging.real_path(), .target = "/run"}};
  staging_.emplace(std::move(staging));
  return {};
}

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
  Command command{.argv = {"sshd"}, .good_statuses = {0, 1, 255}, .binds = binds_};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  return processes_.run(command, deadline_);
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
    const std::string_view message = root_.live() ? line : find_place(line);
    if (!message.empty()) messages.push_back(printable(trim(message), 300));
  }
  return messages.empty() ? "exit status " + std::to_string(output.status) : join(messages, "; ");
}

}  // namespace azl::provision
