#include "provision/config/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "base/text.h"
#include "disk/disk_words.h"

namespace azl::provision {
namespace {

/// Parses one word of DataDisk=. Returns what is wrong, or an empty text.
std::string set_data_word(disk::DataDisk& data, std::string_view word) {
  const auto key = word.substr(0, word.find('='));
  const auto value = key.size() < word.size() ? word.substr(key.size() + 1) : std::string_view();
  if (key == "lun" && small_number(value) >= 0) {
    data.lun = small_number(value);
  } else if (key == "fs" && (value == "ext4" || value == "xfs" || value == "btrfs")) {
    data.file_system = value;
  } else if (key == "label" && disk::is_label(value)) {
    data.label = value;
  } else if (key == "mount" && disk::is_mount_point(value)) {
    data.mount_point = value;
  } else if (key == "options" && disk::are_mount_options(value)) {
    data.options = value;
  } else if (const auto yes = parse_boolean(value); key == "overwrite" && yes) {
    data.overwrite = *yes;
  } else {
    return "has '" + printable(word) +
           "', which is not one of lun=NUMBER, fs=ext4|xfs|btrfs, label=NAME, mount=PATH, "
           "options=LIST, overwrite=yes|no";
  }
  return {};
}

}  // namespace

int small_number(std::string_view value) {
  const bool digits =
      !value.empty() && value.size() <= 5 &&
      std::ranges::all_of(value, [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits ? std::stoi(std::string(value)) : -1;
}

bool is_host_key_type(std::string_view type) {
  return type == "rsa" || type == "ecdsa" || type == "ed25519";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t kMost = 16ULL << 40U;
  constexpr std::string_view kUnits = "KMGT";
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > kMost) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.size() > 1) return std::nullopt;
  if (text.empty()) return number;
  const auto unit = kUnits.find(text.front());
  if (unit == std::string_view::npos) return std::nullopt;
  const auto shift = 10U * (static_cast<unsigned>(unit) + 1U);
  return number > (kMost >> shift) ? std::nullopt : std::optional(number << shift);
}

std::optional<Duration> parse_time_span(std::string_view text) {
  using namespace std::chrono;
  // systemd's month and year: 30.44 and 365.25 days.
  constexpr Duration kMonth = seconds(2'629'800);
  constexpr Duration kYear = seconds(31'557'600);
  static const std::map<std::string_view, Duration> kUnits = {
      {"us", 1us},        {"usec", 1us},    {"ms", 1ms},       {"msec", 1ms},   {"", 1s},
      {"s", 1s},          {"sec", 1s},      {"second", 1s},    {"seconds", 1s}, {"m", 1min},
      {"min", 1min},      {"minute", 1min}, {"minutes", 1min}, {"h", 1h},       {"hr", 1h},
      {"hour", 1h},       {"hours", 1h},    {"d", 24h},        {"day", 24h},    {"days", 24h},
      {"w", 168h},        {"week", 168h},   {"weeks", 168h},   {"M", kMonth},   {"month", kMonth},
      {"months", kMonth}, {"y", kYear},     {"year", kYear},   {"years", kYear}};
  text = trim(text);
  if (text == "infinity") return kYear;
  if (text.empty()) return std::nullopt;
  double sum = 0;  // in microseconds; a double is exact far beyond a year
  while (!text.empty()) {
    double number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool digit = text.front() >= '0' && text.front() <= '9';
    if (error != std::errc() || !digit) return std::nullopt;
    text = trim(text.substr(static_cast<std::size_t>(rest - text.data())));
    const auto letters = static_cast<std::size_t>(
        std::ranges::find_if(
            text, [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '\t'; }) -
        text.begin());
    const auto unit = kUnits.find(text.substr(0, letters));
    if (unit == kUnits.end()) return std::nullopt;
    sum += number * static_cast<double>(unit->second.count());
    if (sum > static_cast<double>(kYear.count())) return std::nullopt;
    text = trim(text.substr(letters));
  }
  return Duration(std::llround(sum));
}

std::string parse_data_disk(std::string_view text, disk::DataDisk& data) {
  for (const auto word : split(text, ' ')) {
    if (auto refusal = set_data_word(data, word); !refusal.empty()) return refusal;
  }
  return data.lun < 0 ? "has no lun=NUMBER" : std::string();
}

}  // namespace azl::provision
