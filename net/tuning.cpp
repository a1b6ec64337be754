#include "net/tuning.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ranges>
#include <utility>

#include <fcntl.h>
#include <linux/ethtool.h>
#include <unistd.h>

#include "base/sysfs.h"
#include "base/text.h"
#include "net/ethtool.h"
#include "net/link.h"

namespace azl::net {
namespace {

constexpr int kMostProcessors = 8192;  // the largest CONFIG_NR_CPUS of x86-64 and arm64
constexpr int kWordBits = 32;

std::optional<int> parse_processor(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value >= kMostProcessors)
    return std::nullopt;
  return value;
}

/// Writes in place: an attribute of sysfs cannot be replaced by another file, as Root::write()
/// does.
Result<void> write_attribute(const Root& root, const std::string& path, const std::string& value) {
  const auto file = OR_RETURN(root.open_file(path, O_WRONLY));
  if (::write(file.get(), value.data(), value.size()) < 0)
    return fail_errno(errno, "writing '" + value + "' to " + path);
  return {};
}

/// Returns a mask without leading zeros and in lower case, for comparison.
std::string normalize_mask(std::string_view mask) {
  const auto digits = mask.find_first_not_of("0,");
  return digits == std::string_view::npos ? "0" : lower(mask.substr(digits));
}

/// Gives an attribute its value. `normalize` makes two spellings of one value equal.
template <class Normalize>
void tune_attribute(const Root& root, const std::string& path, const std::string& what,
                    const std::string& value, Normalize normalize, Tuned& tuned) {
  const auto before = read_attribute(root, path);
  if (normalize(before) == normalize(value)) return;
  if (auto written = write_attribute(root, path, value); !written)
    tuned.refused.push_back(std::move(written.error()));
  else
    tuned.changes.push_back(what + " " + printable(before) + " -> " + value);
}

/// Returns the new size of a ring; `now` if it is to stay, or the driver names no largest size.
std::uint32_t decide_ring(int wanted, std::uint32_t now, std::uint32_t most) {
  if (wanted == 0 || most == 0) return now;
  return std::min(static_cast<std::uint32_t>(wanted), most);
}

void tune_rings(const std::string& link, const RingSizes& wanted, Tuned& tuned) {
  if (wanted.receive == 0 && wanted.transmit == 0) return;
  ethtool_ringparam rings{};
  rings.cmd = ETHTOOL_GRINGPARAM;
  if (auto read = call_ethtool(link, &rings); !read) {
    tuned.refused.push_back(std::move(read.error()).with_context("its ring sizes are unchanged"));
    return;
  }
  const auto before = rings;
  rings.rx_pending = decide_ring(wanted.receive, rings.rx_pending, rings.rx_max_pending);
  rings.tx_pending = decide_ring(wanted.transmit, rings.tx_pending, rings.tx_max_pending);
  if (rings.rx_pending == before.rx_pending && rings.tx_pending == before.tx_pending) return;
  rings.cmd = ETHTOOL_SRINGPARAM;
  if (auto set = call_ethtool(link, &rings); !set) {
    tuned.refused.push_back(std::move(set.error()).with_context("its ring sizes are unchanged"));
    return;
  }
  // A driver may round the sizes, so the report shows what it has now.
  auto after = rings;
  after.cmd = ETHTOOL_GRINGPARAM;
  if (!call_ethtool(link, &after)) after = rings;
  const auto report = [&](const char* what, std::uint32_t from, std::uint32_t to) {
    if (from != to)
      tuned.changes.push_back(std::string(what) + " ring " + std::to_string(from) + " -> " +
                              std::to_string(to));
  };
  report("receive", before.rx_pending, after.rx_pending);
  report("transmit", before.tx_pending, after.tx_pending);
}

/// Reads the names of the receive queues: "rx-0", "rx-1".
std::vector<std::string> read_receive_queues(const Root& root, const std::string& link) {
  auto names = root.list("/sys/class/net/" + link + "/queues").value_or(std::vector<std::string>());
  std::erase_if(names, [](const auto& name) { return !name.starts_with("rx-"); });
  return names;
}

std::vector<int> read_online_processors(const Root& root) {
  return parse_processors(read_attribute(root, "/sys/devices/system/cpu/online"))
      .value_or(std::vector<int>());
}

}  // namespace

bool TuningOptions::any() const {
  return synthetic.receive != 0 || synthetic.transmit != 0 || hardware.receive != 0 ||
         hardware.transmit != 0 || transmit_queue != 0 || packet_steering;
}

LinkTuning plan_tuning(const TuningOptions& options, Role role, std::size_t queues,
                       const std::vector<int>& processors) {
  const bool hardware = role == Role::kVirtualFunction || role == Role::kStandalone;
  if (!hardware && role != Role::kSynthetic) return {};
  LinkTuning tuning{.rings = hardware ? options.hardware : options.synthetic};
  tuning.transmit_queue = options.transmit_queue;
  // With a queue for each processor, the adapter itself spreads the packets: see
  // Documentation/networking/scaling.rst of the kernel.
  if (options.packet_steering && queues < processors.size())
    tuning.steering_cpus = processor_mask(processors);
  return tuning;
}

std::optional<std::vector<int>> parse_processors(std::string_view text) {
  std::vector<int> processors;
  for (const auto range : split(text, ',')) {
    const auto dash = range.find('-');
    const auto first = parse_processor(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_processor(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int each = *first; each <= *last; ++each) processors.push_back(each);
  }
  std::ranges::sort(processors);
  const auto twice = std::ranges::unique(processors);
  processors.erase(twice.begin(), twice.end());
  return processors;
}

std::string processor_mask(const std::vector<int>& processors) {
  if (processors.empty()) return "0";
  std::vector<std::uint32_t> words(
      static_cast<std::size_t>(std::ranges::max(processors) / kWordBits) + 1);
  for (const int each : processors)
    words[static_cast<std::size_t>(each / kWordBits)] |= std::uint32_t{1} << (each % kWordBits);
  std::string mask;
  for (const auto word : std::views::reverse(words)) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), mask.empty() ? "%x" : "%08x", word);
    mask += (mask.empty() ? "" : ",") + std::string(digits.data());
  }
  return mask;
}

Tuned tune_link(const Root& root, const std::string& link, Role role,
                const TuningOptions& options) {
  Tuned tuned;
  if (!is_link_name(link)) {
    tuned.refused.emplace_back(Reason::kInvalidInput,
                               "'" + printable(link) + "' is not a valid link name");
    return tuned;
  }
  const auto before = plan_tuning(options, role, 0, {});
  tune_rings(link, before.rings, tuned);
  // Read after the rings are set: a driver may create its queues again with its rings.
  const auto queues = read_receive_queues(root, link);
  const auto wanted = plan_tuning(options, role, queues.size(), read_online_processors(root));
  const std::string directory = "/sys/class/net/" + link;
  if (wanted.transmit_queue != 0)
    tune_attribute(
        root, directory + "/tx_queue_len", "transmit queue", std::to_string(wanted.transmit_queue),
        [](std::string_view text) { return std::string(text); }, tuned);
  if (wanted.steering_cpus.empty()) return tuned;
  for (const auto& queue : queues)
    tune_attribute(root, directory + "/queues/" + queue + "/rps_cpus", queue + " steers to",
                   wanted.steering_cpus, normalize_mask, tuned);
  return tuned;
}

}  // namespace azl::net
