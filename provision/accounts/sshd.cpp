#include "provision/accounts/sshd.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kRuntimeDirectory = "/run/sshd";
constexpr std::string_view kStaging = "/run/azl-provision/sshd";

/// How sshd can be asked: live as it is, in a tree the host's with the tree's files.
class Judge {
 public:
  Judge(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Binds the tree's files for the host's sshd. sshd looks for /run/sshd, which the host may not
  /// have and which is not ours to make there.
  Result<void> prepare() {
    if (root_.live()) return {};
    auto staging = Staging::make(root_, std::string(kStaging));
    if (!staging) return fail(std::move(staging.error()));
    auto made = root_.make_directory(staging->path() + "/sshd", {.mode = 0755});
    if (!made) return fail(std::move(made.error()));
    auto files = tree_path(root_, kDirectory);
    if (!files) return fail(std::move(files.error()));
    binds_ = {{.source = std::move(*files), .target = std::string(kDirectory)},
              {.source = staging->real_path(), .target = "/run"}};
    staging_.emplace(std::move(*staging));
    return {};
  }

  /// Runs sshd with these options. An exit status of its own is no error here.
  Result<ProcessOutput> run(const std::vector<std::string>& options) {
    auto output = run_once(options);
    constexpr std::string_view kMissing = "Missing privilege separation directory: /run/sshd";
    if (root_.live() && output && output->err_tail.find(kMissing) != std::string::npos) {
      // Debian's ssh.service makes it as its RuntimeDirectory, and has not been started yet.
      auto made = root_.make_directory(kRuntimeDirectory, {.mode = 0755});
      if (!made) return fail(std::move(made.error()));
      output = run_once(options);
    }
    return output;
  }

  /// sshd's complaint for a message.
  [[nodiscard]] std::string words(const ProcessOutput& output) const {
    std::vector<std::string> said;
    for (const std::string_view line : split(output.err_tail, '\n')) {
      const std::string_view shown = root_.live() ? line : place_in(line);
      if (!shown.empty()) said.push_back(printable(trim(shown), 300));
    }
    return said.empty() ? "status " + std::to_string(output.status) : join(said, "; ");
  }

 private:
  Result<ProcessOutput> run_once(const std::vector<std::string>& options) {
    Command command{.argv = {"sshd"}, .good_statuses = {0, 1, 255}, .binds = binds_};
    command.argv.insert(command.argv.end(), options.begin(), options.end());
    return processes_.run(command, deadline_);
  }

  /// "FILE: line N" of "FILE: line N: …" (some messages have no first colon); empty for what begins
  /// otherwise.
  static std::string_view place_in(std::string_view line) {
    constexpr std::string_view kLine = " line ";
    const auto found = line.find(kLine);
    const bool ours = line.starts_with(std::string(kDirectory) + "/");
    if (!ours || found == std::string_view::npos) return {};
    return line.substr(0, line.find_first_not_of("0123456789", found + kLine.size()));
  }

  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
  std::optional<Staging> staging_;
  std::vector<BindMount> binds_;
};

/// What sshd -t says of the configuration.
struct Verdict {
  enum class Kind { kGood, kRefused, kUnknown } kind;
  std::string why;
};

Verdict check(Judge& judge) {
  const auto output = judge.run({"-t"});
  // No sshd, no mount namespace, no time: nothing that the drop-in could have caused.
  if (!output) return {Verdict::Kind::kUnknown, output.error().to_string()};
  if (output->status == 0) return {Verdict::Kind::kGood, ""};
  constexpr std::array<std::string_view, 3> kNotOurs = {
      "no hostkeys available", "rivilege separation directory", "Privilege separation user"};
  for (const std::string_view text : kNotOurs) {
    const auto found = output->err_tail.find(text);
    if (found == std::string::npos) continue;
    const auto end = output->err_tail.find('\n', found);
    return {Verdict::Kind::kUnknown,
            "sshd says '" + printable(output->err_tail.substr(found, end - found)) + "'"};
  }
  return {Verdict::Kind::kRefused, judge.words(*output)};
}

/// Our drop-ins, as they were before.
class DropIns {
 public:
  explicit DropIns(const Root& root) : root_(root) {}

  Result<void> remember() {
    for (const std::string_view name : kSshdDropIns) {
      auto content = root_.read_if_exists(sshd_drop_in_path(name));
      if (!content) return fail(std::move(content.error()), "reading the present drop-in of sshd");
      before_[std::string(name)] = std::move(*content);
    }
    return {};
  }

  /// Puts `text` under `name` and leaves none under the other names; a closing one lets those stay
  /// that it overrules for now. Returns whether that changed anything.
  Result<bool> replace(const std::string& name, std::string_view text, bool closing) const {
    auto made = root_.make_directory(kSshdDropInDirectory, {.mode = 0755});
    if (!made) return fail(std::move(made.error()));
    // First the new one, so that there is no moment without any.
    auto written = root_.write(sshd_drop_in_path(name), text, kAttributes);
    if (!written) return fail(std::move(written.error()));
    bool any = *written;
    for (std::size_t i = closing ? kClosing : 0; i < kSshdDropIns.size(); ++i) {
      if (kSshdDropIns.at(i) == name) continue;
      auto removed = root_.remove(sshd_drop_in_path(kSshdDropIns.at(i)));
      if (!removed) return fail(std::move(removed.error()));
      any = any || *removed;
    }
    return any;
  }

  /// Brings back what was remembered.
  Result<void> restore() const {
    for (const auto& [name, content] : before_) {
      const std::string path = sshd_drop_in_path(name);
      auto done = content ? root_.write(path, *content, kAttributes) : root_.remove(path);
      if (!done) return fail(std::move(done.error()), "taking back the drop-in of sshd");
    }
    return {};
  }

  static constexpr std::size_t kClosing = 2;  ///< in kSshdDropIns, the first that closes

 private:
  static constexpr FileAttributes kAttributes{.mode = 0600, .owner = 0, .group = 0};
  const Root& root_;
  std::map<std::string, std::optional<std::string>> before_;
};

/// Takes the drop-in back and says whether that helped.
std::unexpected<Error> take_back(const DropIns& drop_ins, Judge& judge, const std::string& words) {
  if (auto restored = drop_ins.restore(); !restored) {
    return fail_tool(Reason::kSshd, std::move(restored.error()));
  }
  const bool broken_anyway = check(judge).kind == Verdict::Kind::kRefused;
  return fail(Reason::kSshd, "sshd -t refuses its configuration" +
                                 std::string(broken_anyway ? ", also without our drop-in" : "") +
                                 ": " + words);
}

/// Whether one of AuthorizedKeysFile's names is the file that install_keys() writes.
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

std::string home_of(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  const Account* account = facts ? facts->find(user) : nullptr;
  return account != nullptr ? account->home : "/home/" + user;
}

/// A drop-in of somebody else that is read before ours.
std::string earlier_drop_in(const Root& root, std::string_view ours) {
  const auto names = root.list(kSshdDropInDirectory);
  if (!names || names->empty()) return "";
  for (const std::string& name : *names) {  // sorted
    if (name >= ours) return "";
    if (name.ends_with(".conf") && !name.starts_with('.')) return name;
  }
  return "";
}

std::string why_overruled(const Root& root, std::string_view ours) {
  const auto main_file = root.read_if_exists(kSshdConfig);
  if (!main_file) return "its main file cannot be read: " + main_file.error().to_string();
  std::string why = why_not_effective(main_file->value_or(""));
  if (!why.empty()) return why;
  const std::string earlier = earlier_drop_in(root, ours);
  if (!earlier.empty()) return sshd_drop_in_path(printable(earlier)) + " is read before ours";
  return "another file that it includes overrules the drop-in, perhaps by a Match block";
}

/// A Match block anywhere in sshd's files that allows passwords, to whomever; empty: there is none.
/// Only one that is about our user and an outside client is seen by sshd -T.
std::string find_exceptions(const Root& root) {
  std::vector<std::string> files = {std::string(kSshdConfig)};
  for (const std::string& name :
       root.list(kSshdDropInDirectory).value_or(std::vector<std::string>())) {
    if (name.ends_with(".conf") && !name.starts_with('.')) files.push_back(sshd_drop_in_path(name));
  }
  for (const std::string& file : files) {
    const auto text = root.read_if_exists(file);
    const int line = text && *text ? match_that_allows_passwords(**text) : 0;
    if (line != 0)
      return "the Match block in line " + std::to_string(line) + " of " + printable(file) +
             " allows logins by password to those whom it names";
  }
  return {};
}

/// Whom sshd -T is asked about. Match blocks by host, address and port are judged for an outside
/// client of the standard port (RFC 5737's TEST-NET-3 and TEST-NET-1).
std::string asked_about(const SshdWish& wish) { return wish.user.empty() ? "nobody" : wish.user; }
std::vector<std::string> extended_test(const SshdWish& wish) {
  return {"-T", "-C",
          "user=" + asked_about(wish) +
              ",host=client.invalid,addr=203.0.113.1,laddr=192.0.2.1,lport=22"};
}

/// What sshd -T's answer means for this user.
void judge_effect(const Root& root, const SshdAnswer& answer, const SshdWish& wish,
                  std::string_view name, SshdOutcome& outcome) {
  const std::string& user = wish.user;
  const bool wanted = wish.password_authentication;
  const bool any = answer.password || answer.keyboard_interactive;
  outcome.effective = wanted ? answer.password : !any;
  outcome.accepts_keys = answer.public_key && reads_our_keys(answer, user, home_of(root, user));
  if (!user.empty()) outcome.refused = why_refused(answer, user, wish.groups);
  if (!wanted && outcome.effective) outcome.exceptions = find_exceptions(root);
  const std::string who = " for '" + printable(asked_about(wish)) + "'";
  if (outcome.effective) {
    outcome.why =
        std::string("sshd -T says that logins by password are ") + (wanted ? "on" : "off") + who;
  } else {
    outcome.why = std::string("sshd would ") + (wanted ? "refuse" : "still accept") + " passwords" +
                  who + ": " + why_overruled(root, name);
  }
}

}  // namespace

Result<SshdOutcome> ensure_sshd(const Root& root, Processes& processes, const SshdWish& wish,
                                const Deadline& deadline) {
  const std::string context = "deciding sshd's logins by password";
  const auto present = root.list(kSshdDropInDirectory);
  if (!present) return fail(Error(present.error()), context);
  const std::string name = sshd_drop_in_name(*present, wish.closing);
  DropIns drop_ins(root);
  if (auto done = drop_ins.remember(); !done) return fail(std::move(done.error()), context);
  const auto changed =
      drop_ins.replace(name, sshd_drop_in(wish.password_authentication, wish.reason), wish.closing);
  if (!changed) return fail(Error(changed.error()), context);

  SshdOutcome outcome;
  outcome.changed = *changed;
  Judge judge(root, processes, deadline);
  if (const auto prepared = judge.prepare(); !prepared) {
    outcome.judged = false;
    outcome.why = "sshd could not be asked: " + prepared.error().to_string();
    return outcome;
  }
  // The extended test holds the plain one: where it succeeds there is nothing else to ask.
  const auto answer = judge.run(extended_test(wish));
  if (answer && answer->status == 0) {
    judge_effect(root, parse_sshd_answer(answer->out), wish, name, outcome);
    return outcome;
  }
  // It can also fail by what sshd itself does not mind: a Match block by something that it was not
  // told of the client.
  const Verdict verdict = check(judge);
  if (verdict.kind == Verdict::Kind::kRefused) {
    auto failure = take_back(drop_ins, judge, verdict.why);
    return fail(std::move(failure.error()), context);
  }
  outcome.judged = false;
  outcome.why = verdict.kind == Verdict::Kind::kUnknown
                    ? "sshd could not be asked: " + verdict.why
                    : "sshd -T gives no answer: " +
                          (answer ? judge.words(*answer) : answer.error().to_string());
  return outcome;
}

Result<bool> reopen_sshd(const Root& root) {
  bool any = false;
  for (std::size_t i = DropIns::kClosing; i < kSshdDropIns.size(); ++i) {
    auto removed = root.remove(sshd_drop_in_path(kSshdDropIns.at(i)));
    if (!removed) return fail(std::move(removed.error()), "opening sshd again");
    any = any || *removed;
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

  const auto states = split(answer->out, '\n');  // a line for each, in the order of the question
  for (std::size_t i = 0; i < std::min(states.size(), kUnits.size()); ++i) {
    if (trim(states[i]) != "active") continue;
    const std::string unit(kUnits[i]);  // Debian's sshd.service is another name of ssh.service
    auto done = processes.run({.argv = {"systemctl", "reload", unit}}, deadline);
    if (!done) return fail_tool(Reason::kSshd, std::move(done.error()), "reloading " + unit);
    return true;
  }
  return false;
}

}  // namespace azl::provision
