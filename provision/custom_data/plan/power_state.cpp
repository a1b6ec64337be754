#include "provision/custom_data/plan/power_state.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "provision/custom_data/plan/commands.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "power-state";
constexpr auto kKeys =
    std::to_array<std::string_view>({"condition", "delay", "message", "mode", "timeout"});
constexpr std::int64_t kMostMinutes = 1'000'000;
constexpr std::size_t kLongestMessage = 4096;

/// Says why the system stays up.
void refuse(const YamlNode& at, const std::string& why, std::string advice, ModuleOutput& out) {
  out.remark(RemarkLevel::kError, kRule, out.place_of(at), why + ", so that the system stays up",
             std::move(advice));
}

std::optional<PowerMode> read_mode(const MapReader& reader) {
  const auto* node = reader.find("mode");
  for (const auto mode : {PowerMode::kReboot, PowerMode::kPoweroff, PowerMode::kHalt}) {
    if (node != nullptr && node->kind == YamlKind::kText && node->text.reveal() == to_string(mode))
      return mode;
  }
  refuse(node == nullptr ? reader.map() : *node,
         node == nullptr ? "power_state has no mode" : "the mode is unknown",
         "write 'mode: reboot', 'mode: poweroff' or 'mode: halt'", reader.out());
  return std::nullopt;
}

/// Returns nullopt for what is no whole number of minutes.
std::optional<std::int64_t> parse_minutes(const YamlNode& node) {
  if (node.kind == YamlKind::kInt) return node.integer;
  if (node.kind != YamlKind::kText) return std::nullopt;
  auto text = node.text.reveal();
  if (text == "now") return 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t minutes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minutes);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return minutes;
}

std::optional<std::uint32_t> read_delay(const MapReader& reader) {
  const auto* node = reader.find("delay");
  if (node == nullptr) return 0;
  const auto minutes = parse_minutes(*node);
  if (minutes && *minutes >= 0 && *minutes <= kMostMinutes)
    return static_cast<std::uint32_t>(*minutes);
  refuse(*node, "the delay is neither 'now' nor a number of minutes", "write 'delay: +5'",
         reader.out());
  return std::nullopt;
}

std::string read_message(const MapReader& reader) {
  auto message = reader.read_text("message");
  const auto usable = message.substr(0, std::min(message.find('\0'), kLongestMessage));
  if (usable.size() < message.size())
    reader.warn(*reader.find("message"), "the message is cut after 4096 bytes, or at a NUL byte");
  return usable;
}

struct Condition {
  bool holds = true;   ///< false: the system stays up in any case
  Secret script = {};  ///< empty: none
};

Condition read_condition(const MapReader& reader) {
  const auto* node = reader.find("condition");
  if (node == nullptr) return {};
  if (node->kind == YamlKind::kBool) {
    if (!node->boolean)
      reader.out().remark(RemarkLevel::kNote, "no-effect", reader.out().place_of(*node),
                          "the system stays up, because 'condition' is false");
    return {.holds = node->boolean};
  }
  const bool is_command = node->kind == YamlKind::kList || node->kind == YamlKind::kText;
  auto script = is_command ? read_command(kRule, *node, reader.out()) : std::nullopt;
  if (script) return {.script = std::move(*script)};
  refuse(*node, "the condition is neither true nor false nor a command",
         "write the command as text, or as a list of its words", reader.out());
  return {.holds = false};
}

std::string describe(const ChangePower& power) {
  std::string text =
      power.mode == PowerMode::kPoweroff ? "power off" : std::string(to_string(power.mode));
  if (power.minutes > 0)
    text += " " + std::to_string(power.minutes) + " min after everything has run";
  if (power.minutes == 0) text += " when everything has run";
  return text + (power.condition.empty() ? "" : ", if a command succeeds");
}

}  // namespace

void plan_power_state(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull)
    return out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
                      "'power_state' says nothing");
  if (value.kind != YamlKind::kMap)
    return refuse(value, describe_wrong_kind("power_state", value.kind, "a map"),
                  "write 'mode: reboot' below it", out);
  const MapReader reader(value, kRule, "power_state", out);
  reader.remark_unknown_keys("power_state", kKeys);
  const auto mode = read_mode(reader);
  const auto minutes = read_delay(reader);
  auto message = read_message(reader);
  auto condition = read_condition(reader);
  if (!mode || !minutes || !condition.holds) return;
  ChangePower power{.mode = *mode,
                    .minutes = *minutes,
                    .message = std::move(message),
                    .condition = std::move(condition.script)};
  Item item{.id = "power_state",
            .place = out.place_of(member),
            .phase = ItemPhase::kFinal,
            .what = describe(power)};
  item.action = std::move(power);
  out.add(std::move(item));
}

}  // namespace azl::provision::custom_data
