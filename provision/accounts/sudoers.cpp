#include "provision/accounts/sudoers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/sudoers_files.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kSudoersDirectory = "/etc/sudoers.d";

/// Whether sudoers reads this name at the start of a line as a user name: sudoers(5). The words are
/// those that the lexer of sudo 1.9 (plugins/sudoers/toke.l) reads as keywords. Those in capitals,
/// such as ALL, ROLE, TYPE and CWD, look like aliases.
bool is_plain_in_sudoers(std::string_view name) {
  constexpr std::array<std::string_view, 14> kWords = {
      "Defaults", "User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias", "sudoedit",
      "list",     "include",    "includedir",  "sha224",     "sha256",     "sha384",    "sha512"};
  if (std::find(kWords.begin(), kWords.end(), name) != kWords.end()) return false;
  const auto is_one_of = [](std::string_view others) {
    return [others](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             others.find(c) != std::string_view::npos;
    };
  };
  const bool alias = std::all_of(name.begin(), name.end(), is_one_of("_"));
  return !alias &&
         std::all_of(name.begin(), name.end(), is_one_of("_.-abcdefghijklmnopqrstuvwxyz"));
}

/// Checks that there is a directory for sudoers files.
Result<void> check_directory(const Root& root) {
  const auto directory = root.stat(kSudoersDirectory);
  if (!directory) return fail_tool(Reason::kSudoers, Error(directory.error()));
  if (!*directory || !(*directory)->is_directory())
    return fail(Cause::kNoSudoersDirectory, "/etc/sudoers.d is missing; is sudo installed?");
  return {};
}

}  // namespace

std::string sudoers_text(const Account& account, const std::vector<std::string>& rules) {
  const std::string who =
      is_plain_in_sudoers(account.name) ? account.name : "#" + std::to_string(account.uid);
  std::string text = "# Written by azl-provision for the user '" + printable(account.name) + "'.\n";
  for (const auto& rule : rules) text.append(who).append(" ").append(rule).append("\n");
  return text;
}

std::string sudoers_text(const Account& account, SudoRule rule) {
  if (rule == SudoRule::kNone) return "";
  return sudoers_text(account, std::vector<std::string>{
                                   std::string("ALL=(ALL:ALL) ") +
                                   (rule == SudoRule::kNoPassword ? "NOPASSWD: " : "") + "ALL"});
}

std::string sudoers_file_of(const Account& account) {
  return std::string(kSudoersDirectory) + "/91-azl-provision-uid" + std::to_string(account.uid);
}

Result<bool> does_sudo_accept(Processes& processes, const std::string& text,
                              const Deadline& deadline) {
  auto checked =
      processes.run({.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(text)}, deadline);
  if (checked) return true;
  if (checked.error().reason() == Reason::kToolFailed) return false;
  if (checked.error().reason() == Reason::kToolMissing)
    return std::unexpected(std::move(checked.error()));
  return fail_tool(Reason::kSudoers, std::move(checked.error()));
}

Result<bool> write_sudoers(const Root& root, std::string_view path, const std::string& text) {
  const std::string context = "writing " + std::string(path);
  if (text.empty()) {
    auto removed = root.remove(path);
    if (!removed) return fail_tool(Reason::kSudoers, std::move(removed.error()), context);
    return *removed;
  }
  OR_RETURN(check_directory(root), context);
  auto written = root.write(path, text, {.mode = 0440, .owner = 0, .group = 0});
  if (!written) return fail_tool(Reason::kSudoers, std::move(written.error()), context);
  return *written;
}

Result<bool> ensure_sudoers(const Root& root, Processes& processes, const Account& account,
                            SudoRule rule, const Deadline& deadline) {
  const std::string context = "writing " + std::string(kSudoersFile);
  if (rule == SudoRule::kNone) return write_sudoers(root, kSudoersFile, "");
  OR_RETURN(check_directory(root), context);
  const std::string text = sudoers_text(account, rule);
  const auto present = root.read_if_exists(kSudoersFile);
  if (!present || present->value_or("") != text) {
    auto checked = processes.run(
        {.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(std::string(text))}, deadline);
    if (!checked && checked.error().reason() == Reason::kToolMissing) {
      return fail(std::move(checked.error()), context);
    }
    if (!checked) return fail_tool(Reason::kSudoers, std::move(checked.error()), context);
  }
  return write_sudoers(root, kSudoersFile, text);
}

Result<SudoAnswer> ask_sudo(Processes& processes, const std::string& user,
                            const Deadline& deadline) {
  auto listed = processes.run({.argv = {"sudo", "-n", "-l", "-U", user}}, deadline);
  if (!listed) return fail(Cause::kSudoNotAsked, listed.error().to_string());
  return SudoAnswer{.access = parse_sudo_list(listed->out),
                    .complaints = std::string(trim(listed->err_tail))};
}

}  // namespace azl::provision
