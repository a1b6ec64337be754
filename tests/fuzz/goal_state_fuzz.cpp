// Goal states and documents of certificates of any bytes, and health reports for any goal state and
// failure.
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "imds/certificates/certificate_file.h"
#include "imds/goal_state.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

void check_part(const std::string& part) {
  require(!part.empty() && part.size() <= 256, "a part is bounded");
  for (const char c : part) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a part has no control characters");
  }
}

void check_url(const std::string& url) {
  require(url.size() <= 2048, "a URL is bounded");
  for (const char c : url)
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a URL has no control characters");
}

/// Reads the report with another XML reader.
void check_xml(const GoalState& goal, std::string_view description) {
  const auto xml = health_xml(goal, Health::kProvisioningFailed, description);
  pugi::xml_document document;
  require(static_cast<bool>(document.load_string(xml.c_str())), "a health report is XML");
  require(document.document_element().first_child().next_sibling().next_sibling().empty(),
          "text does not break out of its element");
  const auto container = document.child("Health").child("Container");
  const auto role = container.child("RoleInstanceList").child("Role");
  const std::string state = role.child("Health").child("State").text().get();
  require(state == "NotReady", "a failure is NotReady");
  const std::string told = role.child("Health").child("Details").child("Description").text().get();
  require(told.size() <= description.size() && told.size() <= 4 * kDescriptionLimit,
          "the description is bounded");
  require(xml.size() < 1'000 + 6 * (kDescriptionLimit + std::size_t{3} * 256),
          "the report is bounded");
}

void check_json(std::string_view description) {
  const auto json = health_json(Health::kProvisioningFailed, description);
  require(nlohmann::json::accept(json), "a JSON health report is JSON");
}

/// Requires that valid UTF-8 of the goal state is unchanged in the report.
void check_round_trip(const GoalState& goal) {
  pugi::xml_document document;
  require(static_cast<bool>(document.load_string(health_xml(goal, Health::kReady, "").c_str())),
          "a health report is XML");
  const std::string incarnation =
      document.child("Health").child("GoalStateIncarnation").text().get();
  const bool ascii = goal.incarnation.find_first_not_of("0123456789") == std::string::npos;
  require(!ascii || incarnation == goal.incarnation, "the incarnation is unchanged");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  const std::string any(text);
  // The description is libFuzzer's own buffer. A std::string has a NUL past its end, which would
  // hide a read beyond the end.
  check_xml({any, any, any, std::nullopt}, text);
  check_json(text);
  if (const auto bytes = parse_certificate_file(text))
    require(!bytes->empty() && bytes->size() < size, "the bytes are fewer than their base64");
  const auto goal = parse_goal_state(text);
  if (!goal) return 0;
  for (const auto* part : {&goal->incarnation, &goal->container_id, &goal->instance_id}) {
    check_part(*part);
  }
  if (goal->certificates_url) check_url(*goal->certificates_url);
  check_round_trip(*goal);
  return 0;
}
