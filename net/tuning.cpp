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

#include "base/text.h"
#include "net/ethtool.h"

namespace azl::net {
namespace {

constexpr int kMostProcessors = 8192;  // CONFIG_NR_CPUS of x86-64 and arm64 distributions at most
constexpr int kWordBits = 32;
constexpr std::size_t kAttributeLimit = 4096;  // a page

std::optional<int> parse_processor(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value >= kMostProcessors)
    return std::nullopt;
  return value;
}

/// What is written to an attribute takes effect as it is written; there is nothing to replace.
Result<void> put_attribute(const Root& root, const std::string& path, const std::string& value) {
  auto file = root.open_file(path, O_WRONLY);
  if (!file) return std::unexpected(std::move(file.error()));
  if (::write(file->get(), value.data(), value.size()) < 0)
    return fail_errno(errno, "writing '" + value + "' to " + path);
  return {};
}

/// Leading zeros and the case of a mask mean nothing.
std::string plain_mask(std::string_view mask) {
  const auto digits = mask.find_first_not_of("0,");
  return digits == std::string_view::npos ? "0" : lower(mask.substr(digits));
}

/// The attribute as it is to be. `same` makes two ways to write one value equal.
template <class Same>
void tune_attribute(const Root& root, const std::string& path, const std::string& what,
                    const std::string& value, Same same, Tuned& tuned) {
  auto text = root.read(path, kAttributeLimit);
  if (!text) {
    tuned.refused.push_back(std::move(text.error()));
    return;
  }
  const auto before = trim(*text);
  if (same(before) == same(value)) return;
  if (auto put = put_attribute(root, path, value); !put)
    tuned.refused.push_back(std::move(put.error()));
  else
    tuned.changes.push_back(what + " " + printable(before) + " -> " + value);
}

/// One ring's new size, or the one that it has.
std::uint32_t wanted_ring(int wanted, std::uint32_t now, std::uint32_t most) {
  if (wanted == 0 || most == 0) return now;
  return std::min(static_cast<std::uint32_t>(wanted), most);
}

void tune_rings(const std::string& link, const RingSizes& wanted, Tuned& tuned) {
  if (wanted.receive == 0 && wanted.transmit == 0) return;
  ethtool_ringparam rings{};
  rings.cmd = ETHTOOL_GRINGPARAM;
  if (auto asked = ask_ethtool(link, &rings); !asked) {
    tuned.refused.push_back(
        std::move(asked.error()).with_context("its ring sizes are as they were"));
    return;
  }
  const auto before = rings;
  rings.rx_pending = wanted_ring(wanted.receive, rings.rx_pending, rings.rx_max_pending);
  rings.tx_pending = wanted_ring(wanted.transmit, rings.tx_pending, rings.tx_max_pending);
  if (rings.rx_pending == before.rx_pending && rings.tx_pending == before.tx_pending) return;
  rings.cmd = ETHTOOL_SRINGPARAM;
  if (auto set = ask_ethtool(link, &rings); !set) {
    tuned.refused.push_back(std::move(set.error()).with_context("its ring sizes are as they were"));
    return;
  }
  // A driver may round: what it has now is what is told.
  auto after = rings;
  after.cmd = ETHTOOL_GRINGPARAM;
  if (!ask_ethtool(link, &after)) after = rings;
  const auto tell = [&](const char* what, std::uint32_t from, std::uint32_t to) {
    if (from != to)
      tuned.changes.push_back(std::string(what) + " ring " + std::to_string(from) + " -> " +
                              std::to_string(to));
  };
  tell("receive", before.rx_pending, after.rx_pending);
  tell("transmit", before.tx_pending, after.tx_pending);
}

/// Names of the receive queues: "rx-0", "rx-1".
std::vector<std::string> receive_queues(const Root& root, const std::string& link) {
  auto names = root.list("/sys/class/net/" + link + "/queues").value_or(std::vector<std::string>());
  std::erase_if(names, [](const auto& name) { return !name.starts_with("rx-"); });
  return names;
}

std::vector<int> online_processors(const Root& root) {
  const auto text = root.read("/sys/devices/system/cpu/online", kAttributeLimit).value_or("");
  return parse_processors(trim(text)).value_or(std::vector<int>());
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
  // With a queue for each processor the adapter spreads the packets itself:
  // Documentation/networking/ scaling.rst.
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
                               "'" + printable(link) + "' is no name of a link");
    return tuned;
  }
  const auto before = plan_tuning(options, role, 0, {});
  tune_rings(link, before.rings, tuned);
  // Only now: a driver may make its queues anew with its rings.
  const auto queues = receive_queues(root, link);
  const auto wanted = plan_tuning(options, role, queues.size(), online_processors(root));
  const std::string directory = "/sys/class/net/" + link;
  if (wanted.transmit_queue != 0)
    tune_attribute(
        root, directory + "/tx_queue_len", "transmit queue", std::to_string(wanted.transmit_queue),
        [](std::string_view text) { return std::string(text); }, tuned);
  if (wanted.steering_cpus.empty()) return tuned;
  for (const auto& queue : queues)
    tune_attribute(root, directory + "/queues/" + queue + "/rps_cpus", queue + " steers to",
                   wanted.steering_cpus, plain_mask, tuned);
  return tuned;
}

}  // namespace azl::net
