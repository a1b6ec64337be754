#include "provision/accounts/ageing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/text.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

std::optional<long> parse_days(std::string_view field) {
  constexpr long kMost = 1'000'000'000;
  long days = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), days);
  if (error != std::errc() || end != field.data() + field.size() || days < 0) return std::nullopt;
  return days < kMost ? days : kMost;
}

}  // namespace

std::vector<AccountAgeing> parse_ageings(std::string_view shadow) {
  std::vector<AccountAgeing> ageings;
  for (std::string_view line : split(shadow, '\n')) {
    std::array<std::string_view, 8> fields;  // name, password, and the six of Ageing
    for (std::size_t i = 0; i < fields.size() && !line.empty(); ++i) {
      const auto end = line.find(':');
      fields.at(i) = line.substr(0, end);
      line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    }
    ageings.push_back({.user = std::string(fields[0]),
                       .ageing = {.last_change = parse_days(fields[2]),
                                  .minimum = parse_days(fields[3]),
                                  .maximum = parse_days(fields[4]),
                                  .warning = parse_days(fields[5]),
                                  .inactive = parse_days(fields[6]),
                                  .expires = parse_days(fields[7])}});
  }
  return ageings;
}

Result<std::vector<AccountAgeing>> read_ageings(const Root& root) {
  auto content = OR_RETURN(root.read_if_exists("/etc/shadow", kDatabaseLimit),
                           "reading the ageing of passwords");
  const Secret text(std::move(content).value_or(""));
  return parse_ageings(text.reveal());
}

const Ageing* find_ageing(const std::vector<AccountAgeing>& ageings, std::string_view user) {
  const auto found = std::ranges::find(ageings, user, &AccountAgeing::user);
  return found == ageings.end() ? nullptr : &found->ageing;
}

Ageing with_change(Ageing ageing, const AgeingChange& change) {
  if (change.last_change) {
    ageing.last_change = *change.last_change < 0 ? std::nullopt : change.last_change;
  }
  if (change.no_maximum) ageing.maximum.reset();
  if (change.no_inactivity) ageing.inactive.reset();
  if (change.no_expiry) ageing.expires.reset();
  return ageing;
}

Result<void> change_ageing(const Root& root, Processes& processes, const std::string& user,
                           const AgeingChange& change, const Deadline& deadline) {
  const std::string context = "changing the password ageing of '" + printable(user) + "'";
  std::vector<std::string> argv = {"chage"};
  if (change.last_change) argv.insert(argv.end(), {"-d", std::to_string(*change.last_change)});
  if (change.no_maximum) argv.insert(argv.end(), {"-M", "-1"});
  if (change.no_inactivity) argv.insert(argv.end(), {"-I", "-1"});
  if (change.no_expiry) argv.insert(argv.end(), {"-E", "-1"});
  argv.push_back(user);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail_tool(Reason::kPassword, std::move(freed.error()), context);
  }
  OR_RETURN(AccountTools(root, processes, deadline).run(std::move(argv), Reason::kPassword),
            context);
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail_tool(Reason::kPassword, std::move(labelled.error()), context);
  }
  return {};
}

}  // namespace azl::provision
