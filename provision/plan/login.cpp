#include "provision/plan/login.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/accounts/key_size.h"
#include "provision/accounts/keys_file.h"

namespace azl::provision {
namespace {

using Arguments = std::vector<std::string>;

/// A keyword of sshd_config that decides logins.
struct Keyword {
  std::string_view name;                      ///< as sshd_config(5) writes it
  std::array<std::string_view, 2> spellings;  ///< in lower case; the second may be empty
};
constexpr Keyword kPubkey = {"PubkeyAuthentication", {"pubkeyauthentication", ""}};
constexpr Keyword kAlgorithms = {"PubkeyAcceptedAlgorithms",
                                 {"pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"}};
constexpr Keyword kPam = {"UsePAM", {"usepam", ""}};
constexpr Keyword kRsaSize = {"RequiredRSASize", {"requiredrsasize", "rsaminsize"}};
constexpr Keyword kKeysFile = {"AuthorizedKeysFile", {"authorizedkeysfile", ""}};
constexpr Keyword kMethods = {"AuthenticationMethods", {"authenticationmethods", ""}};

/// The keywords of a Match block that decide whether a user can log in.
constexpr std::array<std::string_view, 14> kDecisive = {"allowgroups",
                                                        "allowusers",
                                                        "authenticationmethods",
                                                        "authorizedkeysfile",
                                                        "challengeresponseauthentication",
                                                        "denygroups",
                                                        "denyusers",
                                                        "kbdinteractiveauthentication",
                                                        "passwordauthentication",
                                                        "pubkeyacceptedalgorithms",
                                                        "pubkeyacceptedkeytypes",
                                                        "pubkeyauthentication",
                                                        "requiredrsasize",
                                                        "rsaminsize"};

bool is_any(const Arguments&) { return true; }
bool is_no(const Arguments& arguments) {
  return !arguments.empty() && lower(arguments.front()) == "no";
}

/// Returns "KEYWORD in line N of FILE", or "KEYWORD" if no file has it.
std::string describe_keyword(const LoginQuestion& question, const Keyword& keyword,
                             const std::function<bool(const Arguments&)>& is_value = is_any) {
  const SshdSetting* setting = find_setting(question.settings, keyword.spellings, is_value);
  const std::string name(keyword.name);
  return setting == nullptr ? name : name + " in " + describe_place(*setting);
}

/// Whether a list of patterns accepts a name: match_pattern_list() of OpenSSH.
bool accepts(const std::vector<std::string>& patterns, std::string_view name) {
  bool accepted = false;
  const std::string text(name);
  for (const std::string& pattern : patterns) {
    const bool excludes = pattern.starts_with('!');
    if (fnmatch(pattern.c_str() + (excludes ? 1 : 0), text.c_str(), 0) != 0) continue;
    if (excludes) return false;
    accepted = true;
  }
  return accepted;
}

/// Whether sshd accepts a key's algorithm. An RSA key can sign with any of three (RFC 8332).
bool accepts_algorithm(const SshdAnswer& answer, const SshKey& key) {
  const auto& patterns = answer.key_algorithms;
  if (patterns.empty() || accepts(patterns, key.type)) return true;
  return key.type == "ssh-rsa" &&
         (accepts(patterns, "rsa-sha2-256") || accepts(patterns, "rsa-sha2-512"));
}

/// Says why sshd refuses a key. Empty if it accepts it.
std::string describe_refused_key(const LoginQuestion& question, const SshKey& key) {
  if (!accepts_algorithm(question.answer, key)) {
    const std::string type = key.type == "ssh-rsa" ? "rsa-sha2-256 or rsa-sha2-512" : key.type;
    return describe_keyword(question, kAlgorithms) + " does not list " + type;
  }
  const int least = question.answer.rsa_bits;
  const std::size_t bits = rsa_bits(key);
  if (bits == 0 || bits >= static_cast<std::size_t>(std::max(least, 0))) return {};
  return "it has " + std::to_string(bits) + " bits, and " +
         describe_keyword(question, kRsaSize,
                          [least](const Arguments& arguments) {
                            return !arguments.empty() && arguments.front() == std::to_string(least);
                          }) +
         " requires " + std::to_string(least);
}

/// The given keys that sshd refuses, a sentence for each.
std::vector<std::string> describe_refused_keys(const LoginQuestion& question) {
  std::vector<std::string> refused;
  for (const PlannedKey& planned : question.keys) {
    const std::string why = describe_refused_key(question, planned.key);
    if (!why.empty()) {
      refused.push_back("sshd refuses the " + planned.key.type + " key " + planned.key.fingerprint +
                        ": " + why);
    }
  }
  return refused;
}

/// Whether the user can complete a list of AuthenticationMethods, such as "publickey,password".
bool can_complete(std::string_view list, bool by_key, bool by_password) {
  return std::ranges::all_of(split(list, ','), [&](std::string_view method) {
    const std::string_view name = method.substr(0, method.find(':'));
    if (name == "publickey") return by_key;
    return (name == "password" || name == "keyboard-interactive") && by_password;
  });
}

bool is_decisive(const SshdSetting& setting) {
  return std::ranges::find(kDecisive, setting.keyword) != kDecisive.end();
}

/// Collects the findings.
class Judge {
 public:
  Judge(const LoginQuestion& question, Findings& findings)
      : question_(question),
        findings_(findings),
        user_("'" + printable(question.account.name) + "'"),
        refused_keys_(question.answer.public_key ? describe_refused_keys(question)
                                                 : std::vector<std::string>()) {}

  void judge() {
    judge_lock();
    judge_lists();
    judge_key_policy();
    judge_methods();
    judge_keys();
    record_policies();
    note_unjudged();
  }

 private:
  [[nodiscard]] const SshdAnswer& answer() const { return question_.answer; }
  [[nodiscard]] bool has_keys() const { return !question_.keys.empty(); }
  [[nodiscard]] bool refuses_all_keys() const {
    return has_keys() && refused_keys_.size() == question_.keys.size();
  }

  /// sshd without PAM refuses an account with a locked password, even by key (OpenSSH auth.c,
  /// allowed_user).
  void judge_lock() {
    if (answer().pam || !question_.locked) return;
    add(Severity::kFatal, Cause::kSshdWithoutPam,
        "sshd does not let " + user_ + " log in by any method: its password is locked, and " +
            describe_keyword(question_, kPam, is_no) + " is no");
  }

  /// DenyUsers, AllowUsers, DenyGroups, AllowGroups.
  void judge_lists() {
    const auto refusal = find_refusal(answer(), question_.account.name, question_.groups);
    if (!refusal) return;
    const std::string spelling = lower(refusal->keyword);
    const Keyword keyword = {refusal->keyword, {spelling, ""}};
    const SshdSetting* setting = find_setting(question_.settings, keyword.spellings, is_any);
    policies_.push_back("sshd does not let " + user_ + " log in by any method: " + refusal->why +
                        (setting == nullptr ? "" : ", " + describe_place(*setting)));
    refused_ = true;
  }

  void judge_key_policy() {
    if (!has_keys()) return;
    const std::string useless = "the SSH keys of " + user_ + " cannot be used: ";
    if (!answer().public_key) {
      policies_.push_back(useless + describe_keyword(question_, kPubkey, is_no) + " is no");
    } else if (find_keys_files(answer(), question_.account).empty()) {
      policies_.push_back(useless + describe_keyword(question_, kKeysFile) +
                          (answer().authorized_keys_files.empty()
                               ? " is none"
                               : " names no file for this user alone"));
    } else {
      by_key_ = !refuses_all_keys();
    }
  }

  void judge_methods() {
    const auto& methods = answer().methods;
    const bool by_password = question_.password;
    works_ = methods.empty() ? by_key_ || by_password
                             : std::ranges::any_of(methods, [&](const std::string& list) {
                                 return can_complete(list, by_key_, by_password);
                               });
    if (!works_ && (by_key_ || by_password)) {
      policies_.push_back(
          describe_keyword(question_, kMethods,
                           [&](const Arguments& arguments) { return arguments == methods; }) +
          " asks for '" + printable(join(methods, " ")) + "', and " + user_ + " has only " +
          (by_key_ && by_password ? "an SSH key and a password"
           : by_key_              ? "an SSH key"
                                  : "a password"));
    }
    works_ = works_ && !refused_;
  }

  void judge_keys() {
    if (!refuses_all_keys() || question_.password) {
      for (const std::string& refused : refused_keys_)
        add(Severity::kDegraded, Cause::kKeyRefusedBySshd, refused);
      return;
    }
    constexpr std::size_t kMostNamed = 3;
    std::vector<std::string> named(refused_keys_.begin(),
                                   refused_keys_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                               kMostNamed, refused_keys_.size())));
    if (refused_keys_.size() > kMostNamed)
      named.push_back("and " + std::to_string(refused_keys_.size() - kMostNamed) + " more");
    findings_.push_back(
        {Severity::kFatal,
         Error(Cause::kKeysRefusedBySshd, join(named, "; "))
             .with_context("nobody could log in as " + user_ +
                           ", because no password works and sshd refuses " +
                           (refused_keys_.size() == 1 ? "the only SSH key" : "every SSH key"))});
  }

  void record_policies() {
    const bool fatal = question_.required && !works_;
    if (fatal && policies_.empty() && !refuses_all_keys()) {
      add(Severity::kFatal, Reason::kNoWayIn,
          user_ +
              " cannot log in over SSH ([Ssh] RequireLogin=yes): there is no usable SSH key, and "
              "sshd does not accept passwords");
    }
    for (const std::string& policy : policies_) {
      if (fatal) {
        add(Severity::kFatal, Cause::kSshdPolicy, policy + " ([Ssh] RequireLogin=yes)");
      } else {
        add(Severity::kDegraded, Cause::kSshdPolicy, policy);
      }
    }
  }

  /// The host's sshd knows neither the tree's groups nor the network of the machine.
  void note_unjudged() {
    if (question_.knows_accounts) return;
    std::string last;
    for (const SshdSetting& setting : question_.settings) {
      if (!is_decisive(setting) || !depends_on_machine(setting.match)) continue;
      const std::string what = "whether 'Match " + printable(setting.match) + "' in line " +
                               std::to_string(setting.match_line) + " of " +
                               printable(setting.match_file, 200) + " applies to " + user_;
      if (what == last) continue;
      last = what;
      add(Severity::kNote, Cause::kSshdNotChecked,
          "not checked: " + what + "; it sets " + setting.keyword);
    }
  }

  /// Whether the criteria of a Match block are about groups, or about the client's connection.
  static bool depends_on_machine(std::string_view criteria) {
    constexpr std::array<std::string_view, 5> kWords = {"group", "host", "address", "localaddress",
                                                        "localport"};
    return std::ranges::any_of(split(criteria, ' '), [&](std::string_view word) {
      return std::ranges::find(kWords, lower(word)) != kWords.end();
    });
  }

  /// `why`: a Reason or a Cause.
  void add(Severity severity, auto why, std::string what) {
    findings_.push_back({severity, Error(why, std::move(what))});
  }

  const LoginQuestion& question_;
  Findings& findings_;
  std::string user_;
  std::vector<std::string> refused_keys_;
  std::vector<std::string> policies_;
  bool refused_ = false;  ///< by one of the lists of users and groups
  bool by_key_ = false;   ///< sshd accepts one of the keys
  bool works_ = false;    ///< the user can log in
};

}  // namespace

void judge_login(const LoginQuestion& question, Findings& findings) {
  Judge(question, findings).judge();
}

}  // namespace azl::provision
