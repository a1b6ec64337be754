#include "provision/plan/host_name.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "provision/plan/sources.h"

namespace azl::provision {
namespace {

constexpr std::size_t kHostNameLimit = 64;  // HOST_NAME_MAX of Linux
constexpr std::size_t kLabelLimit = 63;     // RFC 1035

/// Cuts a first label of 64 characters to 63: Azure accepts it as a computer name, DNS does not.
/// Returns `label` if it is of another length.
std::string_view cut_label(std::string_view label) {
  if (label.size() != kHostNameLimit) return label;
  label.remove_suffix(1);
  while (label.ends_with('-')) label.remove_suffix(1);
  return label;
}

Named find_host_name(const Facts& facts) {
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->computer_name.empty())
    return {imds->computer_name, "IMDS osProfile.computerName"};
  if (facts.ovf && !facts.ovf->host_name.empty())
    return {facts.ovf->host_name, "HostName in ovf-env.xml"};
  return {};
}

}  // namespace

std::optional<PlannedHostName> decide_host_name(const Facts& facts, Findings& findings) {
  const auto name = find_host_name(facts);
  if (name.value.empty()) return std::nullopt;
  auto valid = valid_host_name(name.value);
  if (!valid) {
    findings.push_back({Severity::kDegraded,
                        std::move(valid.error())
                            .with_context("the host name stays '" + printable(facts.hostname) +
                                          "', because " + name.why + " is invalid")});
    return std::nullopt;
  }
  if (*valid != name.value) {
    findings.push_back({Severity::kNote,
                        Error(Reason::kHostName,
                              "the host name from " + name.why + " was shortened to '" + *valid +
                                  "' (at most " + std::to_string(kHostNameLimit) + " characters, " +
                                  std::to_string(kLabelLimit) + " in a label)")});
  }
  return PlannedHostName{std::move(*valid), name.why};
}

std::optional<PlannedHostName> early_host_name(const Facts& facts) {
  if (!facts.ovf || facts.ovf->host_name.empty() || !preprovisioned_type(facts).empty())
    return std::nullopt;
  auto valid = valid_host_name(facts.ovf->host_name);
  if (!valid) return std::nullopt;  // make_plan() reports it; IMDS may still give a valid one
  return PlannedHostName{std::move(*valid), "HostName in ovf-env.xml"};
}

Result<std::string> valid_host_name(std::string_view given) {
  const auto refuse = [&](const std::string& why) {
    return fail(Reason::kHostName, "'" + printable(given) + "' is not a valid host name: " + why);
  };
  if (given.size() > 4096) return refuse("it has " + std::to_string(given.size()) + " characters");
  auto labels = split(given, '.');
  if (labels.empty()) return refuse("it has no letters or digits");
  if (given.starts_with('.') || given.ends_with('.') || given.find("..") != std::string_view::npos)
    return refuse("it has an empty label");
  std::string name;
  for (const auto label : labels) {
    const auto good = [](unsigned char c) {
      return c < 0x80 && (std::isalnum(c) != 0 || c == '-');
    };
    if (!std::ranges::all_of(label, good))
      return refuse("only letters, digits, hyphens and dots are allowed");
    if (label.starts_with('-') || label.ends_with('-'))
      return refuse("a label begins or ends with a hyphen");
    const bool is_first = label.data() == labels.front().data();
    if ((is_first ? cut_label(label) : label).size() > kLabelLimit)
      return refuse("a label has more than " + std::to_string(kLabelLimit) + " characters");
  }
  labels.front() = cut_label(labels.front());
  for (const auto label : labels) {
    const auto longer = name.size() + (name.empty() ? 0 : 1) + label.size();
    if (longer > kHostNameLimit) break;
    name += (name.empty() ? "" : ".") + std::string(label);
  }
  return name;
}

}  // namespace azl::provision
