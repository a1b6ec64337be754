#include "provision/accounts/sudo_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"

namespace azl::provision {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Reads words from one line. Backslash and double quotes escape, as in sudoers(5).
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    skip_blanks();
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  /// Takes the exclamation marks before an item. Returns whether they negate it.
  bool take_negation() {
    bool negated = false;
    while (take('!')) negated = !negated;
    return negated;
  }
  /// Takes a word up to a blank or one of `ends`. Escapes and quotes are resolved.
  std::string take_word(std::string_view ends) {
    skip_blanks();
    std::string word;
    bool quoted = false;
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        word += text_[at_ + 1];
        at_ += 2;
        continue;
      }
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (is_blank(c) || ends.find(c) != std::string_view::npos)) {
        break;
      } else {
        word += c;
      }
      ++at_;
    }
    return word;
  }
  /// Takes the rest of a command with its arguments: up to an unescaped ',' or ':'.
  void skip_arguments() {
    while (!at_end() && peek() != ',' && peek() != ':') at_ += peek() == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
  }
  [[nodiscard]] std::size_t place() const { return at_; }
  void return_to(std::size_t place) { at_ = place; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// An item of a list of users, hosts or target users.
struct Item {
  bool negated = false;
  std::string word;
};

/// Takes "a, !b, c".
std::vector<Item> take_items(Scanner& scanner, std::string_view ends) {
  std::vector<Item> items;
  do {
    Item item;
    item.negated = scanner.take_negation();
    item.word = scanner.take_word(ends);
    if (item.word.empty()) break;
    items.push_back(std::move(item));
  } while (scanner.take(','));
  return items;
}

/// One command of a rule, with the target users and tags that hold for it.
struct Permission {
  std::vector<Item> targets = {{.negated = false, .word = "root"}};  ///< empty: the user itself
  std::optional<bool> asks_password = {};                            ///< PASSWD and NOPASSWD
  bool denied = false;
  std::string command;  ///< without arguments: ALL, a path, an alias, sudoedit, list
};

/// Takes a tag such as "NOPASSWD:". Returns false if none is next.
bool take_tag(Scanner& scanner, Permission& permission) {
  constexpr std::array<std::string_view, 16> kTags = {
      "NOPASSWD",   "PASSWD",       "NOEXEC",    "EXEC",        "INTERCEPT", "NOINTERCEPT",
      "SETENV",     "NOSETENV",     "LOG_INPUT", "NOLOG_INPUT", "MAIL",      "NOMAIL",
      "LOG_OUTPUT", "NOLOG_OUTPUT", "FOLLOW",    "NOFOLLOW"};
  const auto before = scanner.place();
  const std::string word = scanner.take_word(":,=");
  if (std::ranges::find(kTags, word) == kTags.end() || !scanner.take(':')) {
    scanner.return_to(before);
    return false;
  }
  if (word == "NOPASSWD") permission.asks_password = false;
  if (word == "PASSWD") permission.asks_password = true;
  return true;
}

/// Takes an option such as "CWD=/tmp" or "ROLE=x". Returns false if none is next.
bool take_option(Scanner& scanner) {
  constexpr std::array<std::string_view, 10> kOptions = {
      "CWD",       "CHROOT",   "ROLE",    "TYPE",  "APPARMOR_PROFILE",
      "NOTBEFORE", "NOTAFTER", "TIMEOUT", "PRIVS", "LIMITPRIVS"};
  const auto before = scanner.place();
  const std::string word = scanner.take_word(":,=");
  if (std::ranges::find(kOptions, word) == kOptions.end() || !scanner.take('=')) {
    scanner.return_to(before);
    return false;
  }
  scanner.take_word(",");
  return true;
}

/// Takes "sha256:DIGEST" and further digests. Returns false if none is next.
bool take_digest(Scanner& scanner) {
  const auto before = scanner.place();
  const std::string word = scanner.take_word(":,=");
  if (!word.starts_with("sha") || !scanner.take(':')) {
    scanner.return_to(before);
    return false;
  }
  scanner.take_word(",");
  scanner.take(',');
  return true;
}

/// Takes the commands of a rule: "(ALL : ALL) NOPASSWD: ALL, !/bin/su". Target users and tags hold
/// for the commands after them too. Stops at the end or at a ':'.
std::vector<Permission> take_permissions(Scanner& scanner) {
  std::vector<Permission> permissions;
  Permission current;
  do {
    if (scanner.take('(')) {
      current.targets = take_items(scanner, ",:)");
      if (scanner.take(':')) (void)take_items(scanner, ",:)");
      scanner.take(')');
    }
    while (take_option(scanner) || take_tag(scanner, current)) {
    }
    while (take_digest(scanner)) {
    }
    current.denied = scanner.take_negation();
    current.command = scanner.take_word(",:=");
    if (current.command.empty()) break;
    scanner.skip_arguments();
    permissions.push_back(current);
  } while (scanner.take(','));
  return permissions;
}

/// "HOSTS = COMMANDS", of which a rule has one or more.
struct Clause {
  std::vector<Item> hosts;
  std::vector<Permission> permissions;
};

struct Rule {
  std::vector<Item> users;
  std::vector<Clause> clauses;
};

/// Whether the first word of a line says that it is no rule: "Defaults", "Defaults@HOST",
/// "User_Alias".
bool is_other_line(std::string_view word) {
  constexpr std::string_view kDefaults = "Defaults";
  constexpr std::array<std::string_view, 5> kAliases = {"User_Alias", "Host_Alias", "Runas_Alias",
                                                        "Cmnd_Alias", "Cmd_Alias"};
  if (std::ranges::find(kAliases, word) != kAliases.end()) return true;
  if (!word.starts_with(kDefaults)) return false;
  word.remove_prefix(kDefaults.size());
  return word.empty() || std::string_view("@>!").find(word.front()) != std::string_view::npos;
}

/// Parses a rule of sudoers. Returns nullopt for Defaults, aliases, includes and what is no rule.
std::optional<Rule> parse_rule(std::string_view line) {
  Scanner scanner(line);
  Rule rule;
  rule.users = take_items(scanner, ",=:");
  if (rule.users.empty()) return std::nullopt;
  if (is_other_line(rule.users.front().word) || parse_include(line)) return std::nullopt;
  do {
    Clause clause;
    clause.hosts = take_items(scanner, ",=:");
    if (!scanner.take('=')) return std::nullopt;
    clause.permissions = take_permissions(scanner);
    rule.clauses.push_back(std::move(clause));
  } while (scanner.take(':'));
  return rule;
}

using Aliases = std::map<std::string, std::vector<Item>, std::less<>>;

/// The aliases of one kind, such as "User_Alias".
Aliases find_aliases(const std::vector<SudoersLine>& lines, std::string_view kind) {
  Aliases aliases;
  for (const auto& line : lines) {
    Scanner scanner(line.text);
    if (scanner.take_word("") != kind) continue;
    do {
      const std::string name = scanner.take_word("=:,");
      if (name.empty() || !scanner.take('=')) break;
      aliases[name] = take_items(scanner, ",:");
    } while (scanner.take(':'));
  }
  return aliases;
}

/// Aliases may name each other. These bound what that costs: levels, and items of one list.
constexpr int kDeepest = 16;
constexpr int kMostItems = 100'000;

template <class Matches>
std::optional<bool> match_items_within(const std::vector<Item>& items, const Aliases& aliases,
                                       const Matches& matches, int depth, int& budget) {
  std::optional<bool> matched;
  for (const auto& item : items) {
    if (--budget < 0) break;
    std::optional<bool> here;
    const auto alias = aliases.find(item.word);
    if (alias != aliases.end() && depth < kDeepest) {
      here = match_items_within(alias->second, aliases, matches, depth + 1, budget);
    } else if (matches(item.word)) {
      here = true;
    }
    if (here) matched = *here != item.negated;
  }
  return matched;
}

/// Whether a list matches. The last item that matches decides, as in sudo. `matches` says whether
/// a word that is not an alias matches.
template <class Matches>
std::optional<bool> match_items(const std::vector<Item>& items, const Aliases& aliases,
                                const Matches& matches) {
  int budget = kMostItems;
  return match_items_within(items, aliases, matches, 0, budget);
}

bool is_user(const SudoUser& user, std::string_view word) {
  if (word == "ALL" || word == user.name) return true;
  if (word.starts_with('#')) return word.substr(1) == std::to_string(user.uid);
  if (word.starts_with("%#")) {
    return std::ranges::any_of(user.gids,
                               [word](gid_t gid) { return word.substr(2) == std::to_string(gid); });
  }
  return word.starts_with('%') &&
         std::ranges::find(user.groups, word.substr(1)) != user.groups.end();
}

bool is_root(std::string_view word) { return word == "ALL" || word == "root" || word == "#0"; }

/// Says what a permission makes of "any command as root"; nullopt if it leaves that alone.
std::optional<RootAccess> judge_permission(const Permission& permission, const Aliases& targets,
                                           const Aliases& commands, bool asks_by_default) {
  if (!match_items(permission.targets, targets, is_root).value_or(false)) return std::nullopt;
  const std::vector<Item> command = {{.negated = permission.denied, .word = permission.command}};
  const auto all =
      match_items(command, commands, [](std::string_view word) { return word == "ALL"; });
  if (!all) return std::nullopt;
  if (!*all) return RootAccess::kNone;
  return permission.asks_password.value_or(asks_by_default) ? RootAccess::kWithPassword
                                                            : RootAccess::kWithoutPassword;
}

/// Whether a list of Defaults parameters turns the question for the password off or on.
std::optional<bool> find_authenticate(std::string_view parameters) {
  std::optional<bool> asks;
  Scanner scanner(parameters);
  while (!scanner.at_end()) {
    const bool negated = scanner.take_negation();
    const std::string word = scanner.take_word(",");
    if (word == "authenticate") asks = !negated;
    scanner.skip_blanks();
    if (!scanner.take(',') && word.empty()) break;
  }
  return asks;
}

/// Whether a rule without tags asks this user for the password: "Defaults !authenticate" and
/// "Defaults:USER !authenticate".
bool asks_by_default(const std::vector<SudoersLine>& lines, const SudoUser& user,
                     const Aliases& users) {
  bool asks = true;
  for (const auto& line : lines) {
    constexpr std::string_view kDefaults = "Defaults";
    std::string_view rest = line.text;
    if (!rest.starts_with(kDefaults)) continue;
    rest.remove_prefix(kDefaults.size());
    if (rest.starts_with(':')) {
      Scanner scanner(rest.substr(1));
      const auto named =
          match_items(take_items(scanner, ","), users,
                      [&user](std::string_view word) { return is_user(user, word); });
      if (!named.value_or(false)) continue;
      rest.remove_prefix(1 + scanner.place());
    } else if (rest.empty() || !is_blank(rest.front())) {
      continue;  // for hosts, commands or target users
    }
    asks = find_authenticate(rest).value_or(asks);
  }
  return asks;
}

LineEffect find_effect(const Rule& rule, const SudoUser& user, const Aliases& users,
                       const Aliases& hosts, const Aliases& targets, const Aliases& commands,
                       bool asks) {
  LineEffect effect;
  effect.names_user = match_items(rule.users, users, [&user](std::string_view word) {
                        return is_user(user, word);
                      }).value_or(false);
  if (!effect.names_user) return effect;
  const auto is_everywhere = [](std::string_view word) { return word == "ALL"; };
  for (const auto& clause : rule.clauses) {
    if (!match_items(clause.hosts, hosts, is_everywhere).value_or(false)) continue;
    for (const auto& permission : clause.permissions) {
      if (const auto access = judge_permission(permission, targets, commands, asks))
        effect.access = access;
    }
  }
  return effect;
}

/// Removes a comment. '#' begins one unless digits follow, or "include" at the start of the line.
std::string_view strip_comment(std::string_view line) {
  if (line.starts_with('#') && parse_include(line)) return line;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '#') {
      const auto next = line.substr(i + 1);
      const bool number = !next.empty() && next.front() >= '0' && next.front() <= '9';
      if (!number) return line.substr(0, i);
    }
  }
  return line;
}

}  // namespace

std::vector<SudoersLine> parse_sudoers(std::string_view file, std::string_view text) {
  std::vector<SudoersLine> lines;
  std::string joined;
  int number = 0;
  int first = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.ends_with('\\') && !text.empty()) {
      joined.append(line.substr(0, line.size() - 1));
      continue;
    }
    joined.append(line);
    const auto bare = trim(strip_comment(joined));
    if (!bare.empty()) {
      lines.push_back({.file = std::string(file), .number = first, .text = std::string(bare)});
    }
    joined.clear();
    first = number + 1;
  }
  return lines;
}

std::optional<SudoersInclude> parse_include(std::string_view line) {
  line = trim(line);
  if (line.empty() || (line.front() != '#' && line.front() != '@')) return std::nullopt;
  line.remove_prefix(1);
  if (line.empty() || is_blank(line.front())) return std::nullopt;  // "# include" is a comment
  Scanner scanner(line);
  const std::string word = scanner.take_word("\"");
  if (word != "include" && word != "includedir") return std::nullopt;
  std::string path = scanner.take_word("");
  if (path.empty()) return std::nullopt;
  return SudoersInclude{.path = std::move(path), .directory = word == "includedir"};
}

std::vector<LineEffect> find_effects(const std::vector<SudoersLine>& lines, const SudoUser& user) {
  const Aliases users = find_aliases(lines, "User_Alias");
  const Aliases hosts = find_aliases(lines, "Host_Alias");
  const Aliases targets = find_aliases(lines, "Runas_Alias");
  Aliases commands = find_aliases(lines, "Cmnd_Alias");
  commands.merge(find_aliases(lines, "Cmd_Alias"));
  const bool asks = asks_by_default(lines, user, users);
  std::vector<LineEffect> effects;
  effects.reserve(lines.size());
  for (const auto& line : lines) {
    const auto rule = parse_rule(line.text);
    effects.push_back(rule ? find_effect(*rule, user, users, hosts, targets, commands, asks)
                           : LineEffect{});
  }
  return effects;
}

std::optional<RootAccess> parse_agent_rule(std::string_view line, std::string_view user) {
  const auto rule = parse_rule(line);
  const auto is_only = [](const std::vector<Item>& items, std::string_view word) {
    return items.size() == 1 && !items.front().negated && items.front().word == word;
  };
  if (!rule || !is_only(rule->users, user) || rule->clauses.size() != 1) return std::nullopt;
  const Clause& clause = rule->clauses.front();
  if (!is_only(clause.hosts, "ALL") || clause.permissions.size() != 1) return std::nullopt;
  const Permission& permission = clause.permissions.front();
  const bool everything =
      is_only(permission.targets, "ALL") && !permission.denied && permission.command == "ALL";
  if (!everything) return std::nullopt;
  return permission.asks_password.value_or(true) ? RootAccess::kWithPassword
                                                 : RootAccess::kWithoutPassword;
}

RootAccess parse_sudo_list(std::string_view output) {
  // "Matching Defaults entries for USER on HOST:", "User USER may run the following commands …:",
  // each with indented lines below it.
  enum class Part { kOther, kDefaults, kRules };
  Part part = Part::kOther;
  bool asks = true;
  auto access = RootAccess::kNone;
  for (const std::string_view line : split(output, '\n')) {
    if (!is_blank(line.front())) {
      part = line.starts_with("Matching Defaults") ? Part::kDefaults
             : line.find(" may run the following commands") != std::string_view::npos
                 ? Part::kRules
                 : Part::kOther;
      continue;
    }
    if (part == Part::kDefaults) asks = find_authenticate(line).value_or(asks);
    if (part != Part::kRules) continue;
    Scanner scanner(line);
    for (const auto& permission : take_permissions(scanner))
      access = judge_permission(permission, {}, {}, asks).value_or(access);
  }
  return access;
}

}  // namespace azl::provision
