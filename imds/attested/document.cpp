#include "imds/attested/document.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace azl::imds {
namespace {

using Json = nlohmann::json;

/// Returns the number of two digits at the beginning of `text`, and removes them and `separator`,
/// which follows. Returns nullopt if there are none.
std::optional<unsigned> take_two_digits(std::string_view& text, std::string_view separator) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return std::nullopt;
  const auto number = static_cast<unsigned>((text[0] - '0') * 10 + (text[1] - '0'));
  if (!text.substr(2).starts_with(separator)) return std::nullopt;
  text.remove_prefix(2 + separator.size());
  return number;
}

/// Parses "11/28/26 06:16:17 -0000".
std::optional<WallTime> parse_time(std::string_view text) {
  constexpr int kCentury = 2000;
  constexpr std::array<std::string_view, 6> kSeparators = {"/", "/", " ", ":", ":", " -0000"};
  std::array<unsigned, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = take_two_digits(text, kSeparators[i]);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  const auto [month, day, year, hour, minute, second] = numbers;
  const std::chrono::year_month_day date(std::chrono::year(kCentury + static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day));
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

Result<WallTime> read_time(const Json& document, std::string_view key) {
  const auto* times = find_member(document, "timeStamp");
  const auto text = times != nullptr ? text_member(*times, key) : std::string();
  const auto time = parse_time(text);
  if (time) return *time;
  return fail(Reason::kImdsMalformed,
              "the attested document has no usable timeStamp." + std::string(key));
}

std::string read_plan(const Json& document) {
  const auto* plan = find_member(document, "plan");
  if (plan == nullptr) return {};
  std::string text;
  for (const auto* const key : {"publisher", "product", "name"}) {
    const auto part = text_member(*plan, key);
    if (!part.empty()) text += (text.empty() ? "" : "/") + part;
  }
  return text;
}

}  // namespace

Result<std::string> parse_attested_answer(std::string_view json) {
  const auto answer = OR_RETURN(parse_json(json, kAttestedLimit, Reason::kImdsMalformed),
                                "reading the answer with the attested document");
  if (const auto encoding = text_member(answer, "encoding"); encoding != "pkcs7")
    return fail(Reason::kImdsMalformed, "the attested document has the encoding '" +
                                            printable(encoding) + "', not 'pkcs7'");
  auto signature = base64_decode(text_member(answer, "signature"));
  if (signature && !signature->empty()) return std::move(*signature);
  return fail(Reason::kImdsMalformed, "the attested document has no signature in base64");
}

Result<AttestedDocument> parse_attested_document(std::string_view json) {
  const auto document = OR_RETURN(parse_json(json, kAttestedLimit, Reason::kImdsMalformed),
                                  "reading the attested document");
  AttestedDocument parsed{.vm_id = text_member(document, "vmId"),
                          .subscription_id = text_member(document, "subscriptionId"),
                          .nonce = text_member(document, "nonce"),
                          .plan = read_plan(document),
                          .sku = text_member(document, "sku")};
  if (parsed.vm_id.empty())
    return fail(Reason::kImdsMalformed, "the attested document has no vmId");
  parsed.created = OR_RETURN(read_time(document, "createdOn"));
  parsed.expires = OR_RETURN(read_time(document, "expiresOn"));
  return parsed;
}

}  // namespace azl::imds
