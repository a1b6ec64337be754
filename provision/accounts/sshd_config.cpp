#include "provision/accounts/sshd_config.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/accounts/sshd_drop_in.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";

/// A line of sshd_config or of sshd -T. sshd_config(5) allows one '=' after the keyword, and double
/// quotes.
struct Line {
  std::string keyword;  ///< in lower case
  std::vector<std::string> arguments;
};

Line parse_line(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.front() == '#') return {};
  const auto end = std::min(text.find_first_of(" \t=\""), text.size());
  Line line{.keyword = lower(text.substr(0, end)), .arguments = {}};
  std::string rest(text.substr(end));
  if (const auto first = rest.find_first_not_of(" \t");
      first != std::string::npos && rest[first] == '=') {
    rest[first] = ' ';
  }
  std::replace_if(rest.begin(), rest.end(), [](char c) { return c == '"' || c == '\t'; }, ' ');
  for (const std::string_view word : split(rest, ' ')) line.arguments.emplace_back(word);
  return line;
}

/// ChallengeResponseAuthentication is the name of KbdInteractiveAuthentication before OpenSSH 8.7.
bool decides_passwords(const Line& line) {
  return line.keyword == "passwordauthentication" ||
         line.keyword == "kbdinteractiveauthentication" ||
         line.keyword == "challengeresponseauthentication";
}

bool includes_drop_ins(const Line& line) {
  if (line.keyword != "include") return false;
  const std::string ours = sshd_drop_in_path(kSshdDropIns.front());
  return std::any_of(line.arguments.begin(), line.arguments.end(), [&ours](std::string pattern) {
    if (!pattern.starts_with('/')) pattern = std::string(kDirectory) + "/" + pattern;
    return fnmatch(pattern.c_str(), ours.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  });
}

std::string at_line(int number) {
  return "line " + std::to_string(number) + " of " + std::string(kSshdConfig);
}

/// Whether a pattern of AllowUsers or a similar keyword, "USER" or "USER@HOST", matches a name.
/// Takes any HOST for a match, because the client's is not known.
bool matches(std::string_view pattern, const std::string& name) {
  const std::string user(pattern.substr(0, pattern.find('@')));
  return fnmatch(user.c_str(), name.c_str(), 0) == 0;
}

bool any_matches(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return matches(pattern, name); });
  });
}

}  // namespace

SshdAnswer parse_sshd_answer(std::string_view text) {
  SshdAnswer answer;
  for (const std::string_view each : split(text, '\n')) {
    const Line line = parse_line(each);
    const bool yes = !line.arguments.empty() && lower(line.arguments.front()) == "yes";
    if (line.keyword == "passwordauthentication") answer.password = yes;
    if (line.keyword == "kbdinteractiveauthentication" ||
        line.keyword == "challengeresponseauthentication") {
      answer.keyboard_interactive = yes;
    }
    if (line.keyword == "pubkeyauthentication") answer.public_key = yes;
    if (line.keyword == "authorizedkeysfile") answer.authorized_keys_files = line.arguments;
    const std::array<std::pair<std::string_view, std::vector<std::string>*>, 4> lists = {
        {{"allowusers", &answer.allow_users},
         {"denyusers", &answer.deny_users},
         {"allowgroups", &answer.allow_groups},
         {"denygroups", &answer.deny_groups}}};
    for (const auto& [keyword, list] :
         lists) {  // sshd -T prints each argument on a line of its own
      if (line.keyword == keyword)
        list->insert(list->end(), line.arguments.begin(), line.arguments.end());
    }
  }
  return answer;
}

std::string describe_refusal(const SshdAnswer& answer, const std::string& user,
                             const std::vector<std::string>& groups) {
  const std::string name = "'" + printable(user) + "'";
  const std::string in_groups = " (groups: " + printable(join(groups, ", ")) + ")";
  // sshd checks in this order (OpenSSH auth.c, allowed_user).
  if (any_matches(answer.deny_users, {user})) return "DenyUsers matches " + name;
  if (!answer.allow_users.empty() && !any_matches(answer.allow_users, {user}))
    return "AllowUsers does not match " + name;
  if (any_matches(answer.deny_groups, groups))
    return "DenyGroups matches a group of " + name + in_groups;
  if (!answer.allow_groups.empty() && !any_matches(answer.allow_groups, groups))
    return "AllowGroups matches no group of " + name + in_groups;
  return {};
}

std::string describe_override(std::string_view main_file) {
  int number = 0;
  int include = 0;
  int match = 0;  // line of the Match block that contains this line
  while (!main_file.empty()) {
    ++number;
    const auto end = main_file.find('\n');
    const Line line = parse_line(main_file.substr(0, end));
    main_file.remove_prefix(end == std::string_view::npos ? main_file.size() : end + 1);

    if (line.keyword == "match") {
      // "Match all" ends a block. What follows is for everybody, but still overrules what is above.
      match = number;
    } else if (includes_drop_ins(line) && include == 0) {
      if (match != 0) {
        return "the Include in " + at_line(number) + " is inside the Match block of line " +
               std::to_string(match);
      }
      include = number;
    } else if (decides_passwords(line) && match != 0) {
      return "the Match block in " + at_line(match) + " sets " + line.keyword + " itself";
    } else if (decides_passwords(line) && include == 0) {
      return line.keyword + " in " + at_line(number) +
             " comes before the Include of the drop-ins, and sshd uses the first value";
    }
  }
  if (include != 0) return "";
  return std::string(kSshdConfig) + " has no Include of " + std::string(kSshdDropInDirectory) +
         "/*.conf, so sshd reads no drop-in";
}

int find_match_allowing_passwords(std::string_view text) {
  int match = 0;
  int number = 0;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    const Line line = parse_line(text.substr(from, end - from));
    from = end + 1;
    ++number;
    if (line.keyword == "match") match = number;
    const bool yes = !line.arguments.empty() && lower(line.arguments.front()) == "yes";
    if (match != 0 && decides_passwords(line) && yes) return match;
  }
  return 0;
}

}  // namespace azl::provision
