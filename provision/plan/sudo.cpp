#include "provision/plan/sudo.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/text.h"

namespace azl::provision {
namespace {

RootAccess access_wanted(SudoRule rule) {
  return rule == SudoRule::kNoPassword ? RootAccess::kWithoutPassword
         : rule == SudoRule::kPassword ? RootAccess::kWithPassword
                                       : RootAccess::kNone;
}

std::string place_of(const SudoersLine& line) {
  return printable(line.file) + ":" + std::to_string(line.number);
}

/// "FILE:LINE 'TEXT'".
std::string describe_line(const SudoersLine& line) {
  return place_of(line) + " '" + printable(line.text, 120, Quotes::kKept) + "'";
}

/// What the sudoers files say.
struct Reading {
  RootAccess access = RootAccess::kNone;
  bool has_ours = false;                       ///< sudo reads our file
  const SudoersLine* overruling = nullptr;     ///< the last line that takes the access away again
  std::vector<const SudoersLine*> later = {};  ///< lines after ours that name the user
};

Reading read_effects(const SudoUser& user, RootAccess wanted, const SudoersFiles& files) {
  Reading reading;
  const auto effects = find_effects(files.lines, user);
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const SudoersLine& line = files.lines[i];
    const LineEffect& effect = effects[i];
    const bool ours = line.file == kSudoersFile;
    if (ours) {
      reading.has_ours = true;
      reading.later.clear();
    } else if (reading.has_ours && effect.names_user) {
      reading.later.push_back(&line);
    }
    if (!effect.access) continue;
    reading.access = *effect.access;
    reading.overruling = !ours && reading.has_ours && *effect.access < wanted ? &line : nullptr;
  }
  return reading;
}

std::string describe_later(const Reading& reading) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> places;
  for (const auto* line : reading.later) {
    if (places.size() == kMost) {
      places.emplace_back("…");
      break;
    }
    places.push_back(describe_line(*line));
  }
  return places.empty() ? "" : "later lines name the user: " + join(places, ", ");
}

/// `complaints`: what sudo says; only of interest if no file or line explains the answer.
std::string describe_cause(const Reading& reading, const SudoersFiles& files,
                           const std::string& complaints) {
  if (!reading.has_ours) {
    if (!files.ignored.empty()) return join(files.ignored, "; ");
    return "/etc/sudoers has no line '@includedir /etc/sudoers.d', so sudo does not read " +
           std::string(kSudoersFile);
  }
  if (reading.overruling != nullptr) {
    const SudoersLine& line = *reading.overruling;
    return describe_line(line) + " overrules " + std::string(kSudoersFile) +
           (line.file.starts_with("/etc/sudoers.d/")
                ? ", because it comes later"
                : ", because it stands after the line that includes /etc/sudoers.d");
  }
  const std::string later = describe_later(reading);
  return (later.empty() ? "no line of the sudoers files explains that" : later) +
         (complaints.empty() ? ""
                             : "; sudo says '" + printable(complaints, 300, Quotes::kKept) + "'");
}

}  // namespace

bool is_enough(RootAccess access, SudoRule rule) { return access >= access_wanted(rule); }

SudoVerdict judge_sudo(const SudoUser& user, SudoRule rule, const SudoersFiles& files,
                       const std::optional<SudoAnswer>& answer) {
  if (rule == SudoRule::kNone) return {};
  if (answer && is_enough(answer->access, rule))
    return {.access = answer->access, .problem = {}, .why = "sudo obeys the rule"};
  const Reading reading = read_effects(user, access_wanted(rule), files);
  const auto access = answer ? answer->access : reading.access;
  SudoVerdict verdict;
  verdict.access = access;
  if (!is_enough(access, rule)) {
    std::string message = std::string(answer ? "sudo does" : "the sudoers files do") +
                          " not let user '" + printable(user.name) + "' become root" +
                          (access == RootAccess::kWithPassword ? " without a password: " : ": ") +
                          describe_cause(reading, files, answer ? answer->complaints : "");
    verdict.problem.emplace(Cause::kSudoOverruled, std::move(message));
  }
  if (!answer) {
    const std::string later = describe_later(reading);
    verdict.why =
        "sudo was not asked, because this is a root tree" + (later.empty() ? "" : "; " + later);
  }
  return verdict;
}

}  // namespace azl::provision
