// Reads the accounts of an image, the defaults for new ones, and sudo's rules.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/sudoers_files.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"
#include "provision/plan/ageing.h"

namespace azl::provision {
namespace {

constexpr std::string_view kSampleUser = "azureuser";
constexpr std::size_t kMostUsers = 1000;

std::string find_keys_file(const Root& root, const Account& account) {
  auto path = account.home + "/.ssh/authorized_keys";
  const auto info = root.stat(path);
  return info && *info && (*info)->is_regular() && (*info)->size > 0 ? path : std::string();
}

void read_users(const Root& root, const AccountFacts& known, AccountsFacts& accounts) {
  for (const auto& account : known.accounts) {
    const bool regular = account.uid >= known.uid_min && account.uid <= known.uid_max;
    if ((!regular && account.uid != 0) || accounts.users.size() == kMostUsers) continue;
    ImageUser user = {.name = account.name, .keys_file = find_keys_file(root, account)};
    const auto field = password_field(root, account.name);
    if (field) {
      user.has_password = password_usable(root, account.name).value_or(false);
      user.has_empty_password = *field && (*field)->empty();
    } else {
      accounts.shadow_read = false;
    }
    accounts.users.push_back(std::move(user));
  }
}

/// Reads "KEY VALUE" or "KEY=VALUE". The last line of a key counts.
std::string find_value(std::string_view text, std::string_view key) {
  std::string found;
  for (const auto raw : split_lines(text)) {
    const auto line = trim(raw);
    if (!line.starts_with(key)) continue;
    const auto rest = line.substr(key.size());
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ' ' || rest.front() == '\t'))
      found = trim(rest.substr(1));
  }
  return found;
}

std::optional<long> number_of(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return good ? std::optional(number) : std::nullopt;
}

/// EXPIRE= of useradd is a date, "2027-01-31".
std::optional<long> day_of(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() != 3) return std::nullopt;
  const auto year = number_of(parts[0]);
  const auto month = number_of(parts[1]);
  const auto day = number_of(parts[2]);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

/// What useradd would write to /etc/shadow.
Ageing read_new_user(const Root& root, long today) {
  const auto defaults = read_image_file(root, "/etc/login.defs");
  const auto useradd = read_image_file(root, "/etc/default/useradd");
  return {.last_change = today,
          .minimum = number_of(find_value(defaults, "PASS_MIN_DAYS")),
          .maximum = number_of(find_value(defaults, "PASS_MAX_DAYS")),
          .warning = number_of(find_value(defaults, "PASS_WARN_AGE")),
          .inactive = number_of(find_value(useradd, "INACTIVE")),
          .expires = day_of(find_value(useradd, "EXPIRE"))};
}

SudoUser make_sample(const Config& config, const AccountFacts& known) {
  constexpr uid_t kUid = 1000;
  SudoUser user = {.name = std::string(kSampleUser),
                   .uid = kUid,
                   .groups = {std::string(kSampleUser)},
                   .gids = {kUid}};
  for (const auto& name : config.user.groups) {
    const auto* group = known.find_group(name);
    if (group == nullptr) continue;
    user.groups.push_back(name);
    user.gids.push_back(group->gid);
  }
  return user;
}

/// Whether sudo reads files in this directory.
bool is_read(const Root& root, const std::string& directory) {
  const auto info = root.stat(directory);
  return info && *info && (*info)->is_directory() && describe_insecure(**info).empty();
}

/// The number of the line of /etc/sudoers that includes the directory of our file; 0: there is
/// none.
int find_include(const Root& root, const std::string& directory) {
  const auto text = read_image_file(root, "/etc/sudoers");
  for (const auto& line : parse_sudoers("/etc/sudoers", text)) {
    auto include = parse_include(line.text);
    if (!include || !include->directory) continue;
    while (include->path.size() > 1 && include->path.ends_with('/')) include->path.pop_back();
    if (include->path == directory) return line.number;
  }
  return 0;
}

/// Adds the rule of azl-provision where sudo would read it.
void add_own_rule(const Root& root, SudoRule rule, AccountsFacts& accounts) {
  const std::string directory(kSudoersFile.substr(0, kSudoersFile.rfind('/')));
  const int include = find_include(root, directory);
  if (include == 0 || !is_read(root, directory)) return;
  auto& lines = accounts.sudoers.lines;
  std::erase_if(lines, [](const SudoersLine& line) { return line.file == kSudoersFile; });
  const auto is_before = [&](const SudoersLine& line) {
    if (line.file == "/etc/sudoers") return line.number < include;
    return line.file.starts_with(directory + "/") && line.file < kSudoersFile;
  };
  const auto last = std::find_if(lines.rbegin(), lines.rend(), is_before);
  const Account account = {
      .name = accounts.sample.name, .uid = accounts.sample.uid, .home = {}, .shell = {}};
  auto own = parse_sudoers(kSudoersFile, sudoers_text(account, rule));
  lines.insert(last.base(), own.begin(), own.end());
}

}  // namespace

void read_account_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& accounts = facts.accounts;
  accounts.today = days_of(source.deadline.clock().wall());
  accounts.new_user = read_new_user(root, accounts.today);
  const auto known = read_accounts(root);
  if (!known) {
    facts.unchecked.push_back({.path = "/etc/passwd", .text = known.error().to_string()});
    return;
  }
  read_users(root, *known, accounts);
  accounts.sample = make_sample(facts.config, *known);
  auto sudoers = read_sudoers(root);
  accounts.has_sudo = sudoers.has_value();
  if (!sudoers) {
    if (root.exists("/etc/sudoers"))
      facts.unchecked.push_back({.path = "/etc/sudoers", .text = sudoers.error().to_string()});
    return;
  }
  accounts.sudoers = std::move(*sudoers);
  add_own_rule(root, facts.config.user.sudo, accounts);
}

}  // namespace azl::provision
