#include "tests/platform/attested_service.h"

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "tests/platform/imds_service.h"
#include "tests/platform/object_reader.h"

namespace azl::platform {
namespace {

constexpr std::time_t kLifetime = std::time_t{6} * 60 * 60;
constexpr std::size_t kLongestNonce = 10;

/// "11/28/26 06:16:17 -0000"
std::string attested_time(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%m/%d/%y %H:%M:%S -0000", &parts);
  return text.data();
}

std::string attested_document(const Scenario& scenario, const std::string& nonce) {
  const auto& options = scenario.attested;
  const std::time_t created = std::time(nullptr) - static_cast<std::time_t>(options.age_s);
  const Json document = {
      {"nonce", options.nonce.value_or(nonce)},
      {"plan", {{"name", ""}, {"product", ""}, {"publisher", ""}}},
      {"sku", ""},
      {"subscriptionId", options.subscription_id},
      {"timeStamp",
       {{"createdOn", attested_time(created)}, {"expiresOn", attested_time(created + kLifetime)}}},
      {"vmId", options.vm_id.value_or(scenario.vm.vm_id)}};
  return document.dump();
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return std::unexpected("could not write " + path);
  return {};
}

}  // namespace

AttestedService::AttestedService(const Scenario& scenario)
    : scenario_(scenario),
      authority_({.service = scenario.attested.service, .self_made = scenario.attested.self_made}) {
}

Answer AttestedService::answer(const Request& request) const {
  if (auto refused = refuse_request(scenario_.imds, request)) return *refused;
  const auto nonce = request.parameter("nonce").value_or("");
  if (nonce.size() > kLongestNonce) return refuse(400, "Bad request. The nonce is too long");
  auto message = authority_.sign(attested_document(scenario_, nonce),
                                 {.intermediate = scenario_.attested.intermediate});
  // The last byte belongs to the signature.
  if (scenario_.attested.damaged) message.back() = static_cast<char>(message.back() ^ 1);
  return {.content_type = "application/json; charset=utf-8",
          .body = Json{{"encoding", "pkcs7"}, {"signature", base64_encode(message)}}.dump()};
}

Result<void> AttestedService::write_authority(const std::string& directory) const {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return std::unexpected("could not make " + directory + ": " + error.message());
  if (auto written = write_file(directory + "/root.pem", authority_.root_pem()); !written)
    return written;
  return write_file(directory + "/intermediate.pem", authority_.intermediate_pem());
}

}  // namespace azl::platform
