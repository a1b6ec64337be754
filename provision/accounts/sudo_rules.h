// Reads the rules of sudoers, and sudo's list of them: does a user become root by them? Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace azl::provision {

/// How a user becomes root by sudo, for any command.
enum class RootAccess { kNone, kWithPassword, kWithoutPassword };

/// One line of a sudoers file. A line that a backslash continues is joined, and has the number of
/// its first line.
struct SudoersLine {
  std::string file;
  int number = 0;
  std::string text;  ///< without comment and white space around it; never empty
};

/// An #include, #includedir, @include or @includedir.
struct SudoersInclude {
  std::string path;  ///< as written, without quotes
  bool directory = false;
};

/// A user as sudoers knows one.
struct SudoUser {
  std::string name;
  uid_t uid = 0;
  std::vector<std::string> groups = {};  ///< names, the primary group included
  std::vector<gid_t> gids = {};          ///< their numbers
};

/// Splits the text of a sudoers file into lines. Drops comments and empty lines, but keeps
/// #include and #includedir.
[[nodiscard]] std::vector<SudoersLine> parse_sudoers(std::string_view file, std::string_view text);

/// Returns the include that a line is, or nullopt.
[[nodiscard]] std::optional<SudoersInclude> parse_include(std::string_view line);

/// What a line does for a user.
struct LineEffect {
  bool names_user = false;  ///< it is a rule for the user, a group of the user's, or ALL
  /// What it makes of "any command as root". nullopt if it leaves that alone, as a rule for one
  /// command does, or if it is for certain hosts only.
  std::optional<RootAccess> access = {};
};

/// Returns the effect of each line, in the same order. `lines` are those of all sudoers files, in
/// the order in which sudo reads them: aliases and Defaults hold for all lines. Rules of netgroups
/// name nobody.
[[nodiscard]] std::vector<LineEffect> find_effects(const std::vector<SudoersLine>& lines,
                                                   const SudoUser& user);

/// The access that a single line gives if it is a rule for exactly this user's name, for all hosts,
/// all target users and all commands, as provisioning agents write it. nullopt for every other
/// line.
[[nodiscard]] std::optional<RootAccess> parse_agent_rule(std::string_view line,
                                                         std::string_view user);

/// Reads what `sudo -l -U USER` prints in the C locale. The last entry that matches decides, as in
/// sudoers(5).
[[nodiscard]] RootAccess parse_sudo_list(std::string_view output);

}  // namespace azl::provision
