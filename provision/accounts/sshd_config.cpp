#include "provision/accounts/sshd_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/accounts/sshd_drop_in.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// Takes the keyword from the front of a line, in lower case.
std::string take_keyword(std::string_view& line) {
  line = skip_blanks(line);
  const bool quoted = line.starts_with('"');
  if (quoted) line.remove_prefix(1);
  const auto end = std::min(line.find_first_of(quoted ? "\"" : " \t\r\n=\""), line.size());
  std::string keyword = lower(line.substr(0, end));
  line.remove_prefix(std::min(end + (quoted ? 1 : 0), line.size()));
  line = skip_blanks(line);
  if (line.starts_with('=')) line = skip_blanks(line.substr(1));
  return keyword;
}

/// Splits the arguments of a line as sshd's argv_split() does: quotes, backslashes, comments.
std::vector<std::string> split_arguments(std::string_view line) {
  std::vector<std::string> arguments;
  while (true) {
    line = skip_blanks(line);
    if (line.empty() || line.front() == '#') return arguments;
    std::string argument;
    char quote = '\0';
    std::size_t i = 0;
    for (; i < line.size(); ++i) {
      const char c = line[i];
      const char next = i + 1 < line.size() ? line[i + 1] : '\0';
      if (c == '\\' &&
          (next == '\'' || next == '"' || next == '\\' || (quote == '\0' && next == ' '))) {
        argument += next;
        ++i;
      } else if (quote == '\0' && kBlanks.find(c) != std::string_view::npos) {
        break;
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else {
        argument += c;
      }
    }
    line.remove_prefix(i);
    arguments.push_back(std::move(argument));
  }
}

bool includes_drop_ins(const SshdLine& line) {
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

bool is_word(const std::vector<std::string>& arguments, std::string_view word) {
  return arguments.size() == 1 && lower(arguments.front()) == word;
}

/// Returns 0 if the text is not a number.
int parse_bits(std::string_view text) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  return error == std::errc() && end == text.data() + text.size() ? bits : 0;
}

}  // namespace

SshdLine parse_sshd_line(std::string_view text) {
  text = skip_blanks(text);
  if (text.empty() || text.front() == '#') return {};
  std::string keyword = take_keyword(text);
  return {.keyword = std::move(keyword), .arguments = split_arguments(text)};
}

SshdAnswer parse_sshd_answer(std::string_view text) {
  SshdAnswer answer;
  for (const std::string_view each : split(text, '\n')) {
    const SshdLine line = parse_sshd_line(each);
    const auto& arguments = line.arguments;
    const bool yes = !arguments.empty() && lower(arguments.front()) == "yes";
    if (line.keyword == "passwordauthentication") answer.password = yes;
    if (line.keyword == "kbdinteractiveauthentication" ||
        line.keyword == "challengeresponseauthentication") {
      answer.keyboard_interactive = yes;
    }
    if (line.keyword == "pubkeyauthentication") answer.public_key = yes;
    if (line.keyword == "usepam") answer.pam = yes;
    if (line.keyword == "authorizedkeysfile" && !is_word(arguments, "none"))
      answer.authorized_keys_files = arguments;
    if (line.keyword == "authenticationmethods" && !is_word(arguments, "any"))
      answer.methods = arguments;
    if (line.keyword == "requiredrsasize" && !arguments.empty())
      answer.rsa_bits = parse_bits(arguments.front());
    if ((line.keyword == "pubkeyacceptedalgorithms" || line.keyword == "pubkeyacceptedkeytypes") &&
        !arguments.empty()) {
      answer.key_algorithms.clear();
      for (const std::string_view name : split(arguments.front(), ','))
        answer.key_algorithms.emplace_back(name);
    }
    const std::array<std::pair<std::string_view, std::vector<std::string>*>, 4> lists = {
        {{"allowusers", &answer.allow_users},
         {"denyusers", &answer.deny_users},
         {"allowgroups", &answer.allow_groups},
         {"denygroups", &answer.deny_groups}}};
    for (const auto& [keyword, list] :
         lists) {  // sshd -T prints each argument on a line of its own
      if (line.keyword == keyword) list->insert(list->end(), arguments.begin(), arguments.end());
    }
  }
  return answer;
}

std::optional<SshdRefusal> find_refusal(const SshdAnswer& answer, const std::string& user,
                                        const std::vector<std::string>& groups) {
  const std::string name = "'" + printable(user) + "'";
  const std::string of_groups = " of " + name + " (groups: " + printable(join(groups, ", ")) + ")";
  const auto refusal = [](const std::string& keyword, const std::string& why) {
    return SshdRefusal{keyword, keyword + why};
  };
  // sshd checks in this order (OpenSSH auth.c, allowed_user).
  if (any_matches(answer.deny_users, {user})) return refusal("DenyUsers", " matches " + name);
  if (!answer.allow_users.empty() && !any_matches(answer.allow_users, {user}))
    return refusal("AllowUsers", " does not match " + name);
  if (any_matches(answer.deny_groups, groups))
    return refusal("DenyGroups", " matches a group" + of_groups);
  if (!answer.allow_groups.empty() && !any_matches(answer.allow_groups, groups))
    return refusal("AllowGroups", " matches no group" + of_groups);
  return std::nullopt;
}

std::string describe_override(std::string_view main_file) {
  int number = 0;
  int include = 0;
  int match = 0;  // line of the Match block that contains this line
  while (!main_file.empty()) {
    ++number;
    const auto end = main_file.find('\n');
    const SshdLine line = parse_sshd_line(main_file.substr(0, end));
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
    } else if (decides_passwords(line.keyword) && match != 0) {
      return "the Match block in " + at_line(match) + " sets " + line.keyword + " itself";
    } else if (decides_passwords(line.keyword) && include == 0) {
      return line.keyword + " in " + at_line(number) +
             " comes before the Include of the drop-ins, and sshd uses the first value";
    }
  }
  if (include != 0) return "";
  return std::string(kSshdConfig) + " has no Include of " + std::string(kSshdDropInDirectory) +
         "/*.conf, so sshd reads no drop-in";
}

bool includes_drop_ins(std::string_view main_file) {
  const auto lines = split(main_file, '\n');
  return std::ranges::any_of(lines,
                             [](auto line) { return includes_drop_ins(parse_sshd_line(line)); });
}

bool decides_passwords(std::string_view keyword) {
  return keyword == "passwordauthentication" || keyword == "kbdinteractiveauthentication" ||
         keyword == "challengeresponseauthentication";
}

}  // namespace azl::provision
