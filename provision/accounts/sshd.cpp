#include "provision/accounts/sshd.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/sshd_drop_in.h"
#include "provision/accounts/sshd_probe.h"
#include "provision/accounts/sshd_settings.h"
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
  for (const SshdSetting& setting : read_sshd_settings(root)) {
    const bool allows = decides_passwords(setting.keyword) && !setting.arguments.empty() &&
                        lower(setting.arguments.front()) == "yes";
    if (!setting.match.empty() && allows)
      return "the Match block in line " + std::to_string(setting.match_line) + " of " +
             printable(setting.match_file) +
             " allows the users whom it matches to log in by password";
  }
  return {};
}

/// Says which line keeps passwords off after the portal's "Reset password", which changes
/// PasswordAuthentication in the main file and in kSharedSshdDropIn only. Empty if no line does.
std::string describe_fixed_setting(const Root& root) {
  const auto settings = read_sshd_settings(root);
  constexpr std::array<std::string_view, 1> kKeyword = {"passwordauthentication"};
  const SshdSetting* setting = find_setting(settings, kKeyword, [](const auto& arguments) {
    return !arguments.empty() && lower(arguments.front()) == "no";
  });
  if (setting == nullptr) return {};
  const bool follows =
      setting->match.empty() &&
      (setting->file == kSshdConfig || setting->file == sshd_drop_in_path(kSharedSshdDropIn));
  if (follows) return {};
  return "the portal's Reset password does not turn on logins by password until "
         "PasswordAuthentication in " +
         describe_place(*setting) + " is set to yes";
}

std::string name_or_nobody(const std::string& user) { return user.empty() ? "nobody" : user; }

/// Runs sshd's extended test. Match blocks by host, address or port are evaluated for an outside
/// client and the standard port (the addresses are RFC 5737's TEST-NET-3 and TEST-NET-1).
Result<ProcessOutput> run_extended_test(SshdProbe& probe, const std::string& user) {
  return probe.run({"-T", "-C",
                    "user=" + name_or_nobody(user) +
                        ",host=client.invalid,addr=203.0.113.1,laddr=192.0.2.1,lport=22"});
}

/// Runs the extended test. Returns nullopt if it fails.
std::optional<SshdAnswer> try_extended_test(SshdProbe& probe, const std::string& user) {
  const auto output = run_extended_test(probe, user);
  if (!output || output->status != 0) return std::nullopt;
  return parse_sshd_answer(output->out);
}

bool agrees(const SshdAnswer& answer, const SshdWish& wish) {
  return wish.password_authentication ? answer.password
                                      : !answer.password && !answer.keyboard_interactive;
}

/// Says what sshd does. `name` is that of our drop-in, for the reason why it has no effect.
SshdOutcome judge_effect(const Root& root, const SshdAnswer& answer, const SshdWish& wish,
                         std::string_view name, bool changed) {
  const bool wanted = wish.password_authentication;
  const std::string who = " for '" + printable(name_or_nobody(wish.user)) + "'";
  SshdOutcome outcome{.changed = changed, .effective = agrees(answer, wish)};
  if (!outcome.effective) {
    outcome.why = std::string("sshd ") + (wanted ? "refuses" : "still accepts") + " passwords" +
                  who + ": " + describe_override_in(root, name);
    return outcome;
  }
  outcome.why =
      std::string("sshd -T says that logins by password are ") + (wanted ? "on" : "off") + who;
  if (!wanted) outcome.exceptions = describe_exceptions(root);
  if (!wanted && !wish.closing) outcome.fixed = describe_fixed_setting(root);
  return outcome;
}

/// What one call of ensure_sshd() works with.
struct Task {
  const Root& root;
  const SshdWish& wish;
  SshdProbe& probe;
  SshdDropIns& drop_ins;
  std::string name;  ///< of the drop-in that sorts first
  bool changed = false;

  [[nodiscard]] std::string text_of(std::string_view drop_in) const {
    return sshd_drop_in_text(drop_in, wish.password_authentication, wish.reason);
  }
  [[nodiscard]] SshdOutcome judge(const SshdAnswer& answer) const {
    return judge_effect(root, answer, wish, name, changed);
  }
  /// Whether nothing has to be written.
  [[nodiscard]] bool is_settled(const std::optional<SshdAnswer>& answer) const {
    if (!answer || wish.closing) return false;
    return drop_ins.had_any() ? drop_ins.had_only(name, text_of(name)) : agrees(*answer, wish);
  }
};

/// Writes the drop-in that sorts first, and checks its effect. Restores the earlier drop-ins if
/// sshd refuses the configuration.
Result<SshdOutcome> overrule(Task& task) {
  const bool replaced =
      OR_RETURN(task.drop_ins.replace(task.name, task.text_of(task.name), task.wish.closing));
  task.changed = task.changed || replaced;
  SshdOutcome outcome{.changed = task.changed, .judged = false};
  // The extended test includes the plain one.
  const auto answer = run_extended_test(task.probe, task.wish.user);
  if (answer && answer->status == 0) return task.judge(parse_sshd_answer(answer->out));
  // The extended test can fail on a valid configuration: on a Match block by a property of the
  // client that the test does not give.
  const SshdVerdict verdict = task.probe.check();
  if (verdict.kind == SshdVerdict::Kind::kRefused)
    return undo(task.drop_ins, task.probe, verdict.why);
  outcome.why = verdict.kind == SshdVerdict::Kind::kUnknown
                    ? "sshd could not be run: " + verdict.why
                    : "sshd -T fails: " + (answer ? task.probe.describe_failure(*answer)
                                                  : answer.error().to_string());
  return outcome;
}

/// Tries to do without the drop-in that sorts first. Returns nullopt if only that one helps.
Result<std::optional<SshdOutcome>> follow(Task& task, SshdAnswer answer) {
  std::optional<SshdAnswer> now = std::move(answer);
  if (task.drop_ins.had_any()) {
    task.changed = OR_RETURN(task.drop_ins.remove());
    now = try_extended_test(task.probe, task.wish.user);
  }
  if (now && agrees(*now, task.wish)) return task.judge(*now);
  if (!task.drop_ins.may_share()) return std::nullopt;
  const bool written = OR_RETURN(task.drop_ins.share(task.text_of(kSharedSshdDropIn)));
  task.changed = task.changed || written;
  now = try_extended_test(task.probe, task.wish.user);
  if (now && agrees(*now, task.wish)) return task.judge(*now);
  return std::nullopt;
}

Result<SshdOutcome> settle(const Root& root, Processes& processes, const SshdWish& wish,
                           const Deadline& deadline) {
  const auto present = OR_RETURN(root.list(kSshdDropInDirectory));
  SshdDropIns drop_ins(root);
  OR_RETURN(drop_ins.read());
  SshdProbe probe(root, processes, deadline);
  Task task{.root = root,
            .wish = wish,
            .probe = probe,
            .drop_ins = drop_ins,
            .name = sshd_drop_in_name(present, wish.closing)};
  auto answer = wish.answer;
  if (task.is_settled(answer)) return task.judge(*answer);
  if (wish.closing) return overrule(task);
  if (!answer) {
    answer = try_extended_test(probe, wish.user);
    if (task.is_settled(answer)) return task.judge(*answer);
  }
  if (answer) {
    if (auto outcome = OR_RETURN(follow(task, std::move(*answer)))) return std::move(*outcome);
  }
  return overrule(task);
}

}  // namespace

Result<SshdAnswer> ask_sshd(const Root& root, Processes& processes, const std::string& user,
                            const Deadline& deadline) {
  SshdProbe probe(root, processes, deadline);
  const std::string context = "asking sshd what it does for '" + printable(user) + "'";
  auto output = run_extended_test(probe, user);
  if (!output) return fail_tool(Reason::kSshd, std::move(output.error()), context);
  if (output->status != 0)
    return fail(Error(Reason::kSshd, "sshd -T fails: " + probe.describe_failure(*output)), context);
  return parse_sshd_answer(output->out);
}

Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes, const SshdWish& wish,
                                const Deadline& deadline) {
  return OR_RETURN(settle(root, processes, wish, deadline),
                   "configuring sshd's logins by password");
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
