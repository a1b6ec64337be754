#include "base/host_name.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace azl {
namespace {

/// Cuts a first label of 64 characters to 63: Azure accepts it as a computer name, DNS does not.
/// Returns `label` if it is of another length.
std::string_view cut_label(std::string_view label) {
  if (label.size() != kHostNameLimit) return label;
  label.remove_suffix(1);
  while (label.ends_with('-')) label.remove_suffix(1);
  return label;
}

}  // namespace

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

}  // namespace azl
