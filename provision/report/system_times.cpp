#include "provision/report/system_times.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace azl::provision {
namespace {

constexpr std::size_t kLimit = 64 << 10;
constexpr std::size_t kMostUnits = 64;
constexpr std::size_t kLongestName = 256;  // UNIT_NAME_MAX of systemd
constexpr auto kLatest = std::int64_t{1} << 52;

Result<std::optional<std::int64_t>> read_time(const nlohmann::json& json, const char* key) {
  const auto* value = find_member(json, key);
  if (value == nullptr) return std::nullopt;
  const auto time = number_member(json, key);
  if (time < 1 || time > kLatest)
    return fail(Reason::kInvalidInput, std::string(key) + " is not a number of microseconds");
  return time;
}

Result<UnitTimes> read_unit(const nlohmann::json& json) {
  UnitTimes unit{.unit = text_member(json, "unit")};
  if (unit.unit.empty() || unit.unit.size() > kLongestName)
    return fail(Reason::kInvalidInput, "a unit has no name of at most 256 bytes");
  unit.started = OR_RETURN(read_time(json, "started_us"));
  unit.active = OR_RETURN(read_time(json, "active_us"));
  return unit;
}

}  // namespace

Result<SystemTimes> parse_system_times(std::string_view text) {
  const auto json = OR_RETURN(parse_json(text, kLimit, Reason::kInvalidInput));
  if (!json.is_object()) return fail(Reason::kInvalidInput, "there is no JSON object");
  SystemTimes times;
  times.initrd = OR_RETURN(read_time(json, "initrd_us"));
  times.userspace = OR_RETURN(read_time(json, "userspace_us"));
  const auto* units = find_member(json, "units");
  if (units == nullptr) return times;
  if (!units->is_array() || units->size() > kMostUnits)
    return fail(Reason::kInvalidInput, "units is not a list of at most 64");
  for (const auto& unit : *units) times.units.push_back(OR_RETURN(read_unit(unit)));
  return times;
}

std::string to_json(const SystemTimes& times) {
  auto json = nlohmann::ordered_json::object();
  const auto add = [](auto& object, const char* key, std::optional<std::int64_t> time) {
    if (time) object[key] = *time;
  };
  add(json, "initrd_us", times.initrd);
  add(json, "userspace_us", times.userspace);
  json["units"] = nlohmann::ordered_json::array();
  for (const auto& each : times.units) {
    nlohmann::ordered_json unit = {{"unit", each.unit}};
    add(unit, "started_us", each.started);
    add(unit, "active_us", each.active);
    json["units"].push_back(std::move(unit));
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
