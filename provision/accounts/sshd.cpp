#include "provision/accounts/sshd.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_drop_in.h"
#include "provision/accounts/sshd_probe.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

/// Restores the earlier drop-ins. Returns the error, which has sshd's `complaint` and says whether
/// the restored configuration is refused too.
std::unexpected<Error> undo(const SshdDropIns& drop_ins, SshdProbe& probe,
                            const std::string& complaint) {
  if (auto restored = drop_ins.restore(); !restored) {
    return fail_tool(Reason::kSshd, std::move(restored.error()));
  }
  const bool broken_anyway = probe.check().kind == SshdVerdict::Kind::kRefused;
  return fail(Reason::kSshd, "sshd -t refuses its configuration" +
                                 std::string(broken_anyway ? ", even without our drop-in" : "") +
                                 ": " + complaint);
}

/// Whether AuthorizedKeysFile includes the file that install_keys() writes.
bool reads_our_keys(const SshdAnswer& answer, const std::string& user, const std::string& home) {
  const std::string ours = home + "/.ssh/authorized_keys";
  return std::any_of(answer.authorized_keys_files.begin(), answer.authorized_keys_files.end(),
                     [&](std::string file) {
                       for (const auto& [token, value] : {std::pair{"%h", &home}, {"%u", &user}}) {
                         const auto at = file.find(token);
                         if (at != std::string::npos) file.replace(at, 2, *value);
                       }
                       return (file.starts_with('/') ? file : home + "/" + file) == ours;
                     });
}

std::string find_home(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  const Account* account = facts ? facts->find(user) : nullptr;
  return account != nullptr ? account->home : "/home/" + user;
}

/// Returns the name of a foreign drop-in that sshd reads before ours; empty if there is none.
std::string find_earlier_drop_in(const Root& root, std::string_view ours) {
  const auto names = root.list(kSshdDropInDirectory);
  if (!names || names->empty()) return "";
  for (const std::string& name : *names) {  // sorted
    if (name >= ours) return "";
    if (name.ends_with(".conf") && !name.starts_with('.')) return name;
  }
  return "";
}

/// Says why sshd does not follow our drop-in `ours`.
std::string describe_override_in(const Root& root, std::string_view ours) {
  const auto main_file = root.read_if_exists(kSshdConfig);
  if (!main_file)
    return std::string(kSshdConfig) + " cannot be read: " + main_file.error().to_string();
  std::string why = describe_override(main_file->value_or(""));
  if (!why.empty()) return why;
  const std::string earlier = find_earlier_drop_in(root, ours);
  if (!earlier.empty()) return sshd_drop_in_path(printable(earlier)) + " is read before ours";
  return "another included file overrules our drop-in, perhaps in a Match block";
}

/// Names the first Match block in sshd's files that allows passwords to anybody; empty if there is
/// none. sshd -T shows only a block that matches our user and an outside client.
std::string describe_exceptions(const Root& root) {
  std::vector<std::string> files = {std::string(kSshdConfig)};
  for (const std::string& name :
       root.list(kSshdDropInDirectory).value_or(std::vector<std::string>())) {
    if (name.ends_with(".conf") && !name.starts_with('.')) files.push_back(sshd_drop_in_path(name));
  }
  for (const std::string& file : files) {
    const auto text = root.read_if_exists(file);
    const int line = text && *text ? find_match_allowing_passwords(**text) : 0;
    if (line != 0)
      return "the Match block in line " + std::to_string(line) + " of " + printable(file) +
             " allows the users whom it matches to log in by password";
  }
  return {};
}

/// The user that sshd -T is asked about.
std::string checked_user(const SshdWish& wish) { return wish.user.empty() ? "nobody" : wish.user; }

/// The options of sshd's extended test. Match blocks by host, address or port are evaluated for an
/// outside client and the standard port (the addresses are RFC 5737's TEST-NET-3 and TEST-NET-1).
std::vector<std::string> extended_test(const SshdWish& wish) {
  return {"-T", "-C",
          "user=" + checked_user(wish) +
              ",host=client.invalid,addr=203.0.113.1,laddr=192.0.2.1,lport=22"};
}

/// Fills `outcome` from the answer of sshd -T.
void judge_effect(const Root& root, const SshdAnswer& answer, const SshdWish& wish,
                  std::string_view name, SshdOutcome& outcome) {
  const std::string& user = wish.user;
  const bool wanted = wish.password_authentication;
  const bool any = answer.password || answer.keyboard_interactive;
  outcome.effective = wanted ? answer.password : !any;
  outcome.accepts_keys = answer.public_key && reads_our_keys(answer, user, find_home(root, user));
  if (!user.empty()) outcome.refused = describe_refusal(answer, user, wish.groups);
  if (!wanted && outcome.effective) outcome.exceptions = describe_exceptions(root);
  const std::string who = " for '" + printable(checked_user(wish)) + "'";
  if (outcome.effective) {
    outcome.why =
        std::string("sshd -T says that logins by password are ") + (wanted ? "on" : "off") + who;
  } else {
    outcome.why = std::string("sshd ") + (wanted ? "refuses" : "still accepts") + " passwords" +
                  who + ": " + describe_override_in(root, name);
  }
}

}  // namespace

Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes, const SshdWish& wish,
                                const Deadline& deadline) {
  const std::string context = "configuring sshd's logins by password";
  const auto present = OR_RETURN(root.list(kSshdDropInDirectory), context);
  const std::string name = sshd_drop_in_name(present, wish.closing);
  const std::string text = sshd_drop_in_text(wish.password_authentication, wish.reason);
  SshdDropIns drop_ins(root);
  OR_RETURN(drop_ins.read(), context);
  const bool changed = OR_RETURN(drop_ins.replace(name, text, wish.closing), context);

  SshdOutcome outcome;
  outcome.changed = changed;
  SshdProbe probe(root, processes, deadline);
  if (const auto prepared = probe.prepare(); !prepared) {
    outcome.judged = false;
    outcome.why = "sshd could not be run: " + prepared.error().to_string();
    return outcome;
  }
  // The extended test includes the plain one.
  const auto answer = probe.run(extended_test(wish));
  if (answer && answer->status == 0) {
    judge_effect(root, parse_sshd_answer(answer->out), wish, name, outcome);
    return outcome;
  }
  // The extended test can fail on a valid configuration: on a Match block by a property of the
  // client that the test does not give.
  const SshdVerdict verdict = probe.check();
  if (verdict.kind == SshdVerdict::Kind::kRefused) {
    return fail(std::move(undo(drop_ins, probe, verdict.why).error()), context);
  }
  outcome.judged = false;
  outcome.why = verdict.kind == SshdVerdict::Kind::kUnknown
                    ? "sshd could not be run: " + verdict.why
                    : "sshd -T fails: " +
                          (answer ? probe.describe_failure(*answer) : answer.error().to_string());
  return outcome;
}

Result<bool> reopen_sshd(const Root& root) {
  bool any = false;
  for (std::size_t i = kClosingDropIns; i < kSshdDropIns.size(); ++i) {
    const bool removed = OR_RETURN(root.remove(sshd_drop_in_path(kSshdDropIns.at(i))),
                                   "removing the drop-in that closed sshd");
    any = any || removed;
  }
  return any;
}

bool has_sshd(const Root& root) {
  return root.exists("/usr/sbin/sshd") || root.exists("/usr/bin/sshd") || root.exists(kSshdConfig);
}

Result<bool> reload_sshd(Processes& processes, const Deadline& deadline) {
  constexpr std::array<std::string_view, 2> kUnits = {"ssh.service", "sshd.service"};
  Command ask{.argv = {"systemctl", "is-active"}};
  ask.argv.insert(ask.argv.end(), kUnits.begin(), kUnits.end());
  ask.good_statuses = {0, 1, 2, 3, 4};  // "inactive", "no such unit": systemctl(1)
  const auto answer = processes.run(ask, deadline);
  if (!answer) return fail_tool(Reason::kSshd, Error(answer.error()), "asking whether sshd runs");

  const auto states = split(answer->out, '\n');  // one line for each unit, in the order asked
  for (std::size_t i = 0; i < std::min(states.size(), kUnits.size()); ++i) {
    if (trim(states[i]) != "active") continue;
    const std::string unit(kUnits[i]);  // Debian's sshd.service is an alias of ssh.service
    auto done = processes.run({.argv = {"systemctl", "reload", unit}}, deadline);
    if (!done) return fail_tool(Reason::kSshd, std::move(done.error()), "reloading " + unit);
    return true;
  }
  return false;
}

}  // namespace azl::provision
