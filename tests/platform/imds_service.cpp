#include "tests/platform/imds_service.h"

#include <algorithm>
#include <charconv>

#include "tests/platform/imds_document.h"
#include "tests/platform/ovf_document.h"

namespace azl::platform {
namespace {

constexpr const char* kJson = "application/json; charset=utf-8";
constexpr std::string_view kInstance = "/metadata/instance";
constexpr std::string_view kReprovision = "/metadata/reprovisiondata";

/// The answer to an api-version that is unknown or missing: it names the three newest versions.
Answer refuse_version(const ImdsOptions& imds) {
  constexpr std::size_t kNewest = 3;
  const auto& versions = imds.api_versions;
  const std::vector<std::string> newest(
      versions.begin(),
      versions.begin() + static_cast<std::ptrdiff_t>(std::min(kNewest, versions.size())));
  const Json body = {
      {"error", "Bad request. api-version is invalid or was not specified in the request."},
      {"newest-versions", newest}};
  return {.status = 400, .content_type = kJson, .body = body.dump()};
}

bool has_known_version(const ImdsOptions& imds, const Request& request) {
  const auto version = request.parameter("api-version");
  return version && std::ranges::find(imds.api_versions, *version) != imds.api_versions.end();
}

/// Finds the element at a path like "compute/publicKeys/0/keyData". Returns null if there is none.
const Json* find_node(const Json* node, std::string_view path) {
  while (node != nullptr && !path.empty()) {
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty()) continue;  // a trailing slash, or two slashes in a row
    if (node->is_object()) {
      const auto found = node->find(name);
      node = found == node->end() ? nullptr : &*found;
    } else if (node->is_array()) {
      std::size_t index = 0;
      const char* const end = name.data() + name.size();
      const auto parsed = std::from_chars(name.data(), end, index);
      const bool valid = parsed.ec == std::errc{} && parsed.ptr == end && index < node->size();
      node = valid ? &(*node)[index] : nullptr;
    } else {
      node = nullptr;
    }
  }
  return node;
}

/// The answer to format=text: the value of a leaf, or the names below a node, one for each line.
Answer text_answer(const Json& node) {
  std::string text;
  if (node.is_structured()) {
    for (const auto& [key, value] : node.items()) {
      text += key + (value.is_structured() ? "/\n" : "\n");
    }
    if (!text.empty()) text.pop_back();
  } else {
    text = node.is_string() ? node.get<std::string>() : node.dump();
  }
  return {.content_type = "text/plain; charset=utf-8", .body = text};
}

/// Answers /metadata/instance and the paths below it. `below` is empty or starts with a slash.
Answer answer_instance(const Scenario& scenario, const Request& request, std::string_view below) {
  if (!has_known_version(scenario.imds, request)) return refuse_version(scenario.imds);
  const std::string format = request.parameter("format").value_or("json");
  const bool whole = below.find_first_not_of('/') == std::string_view::npos;
  if (scenario.imds.body && whole) return {.content_type = kJson, .body = *scenario.imds.body};

  const bool extended = request.parameter("extended") == "true";
  const Json document = scenario.imds.body ? Json::parse(*scenario.imds.body, nullptr, false)
                                           : imds_document(scenario, extended);
  const Json* node = find_node(&document, below);
  if (node == nullptr) return refuse(404, "Not found");
  if (format == "text") return text_answer(*node);
  if (format != "json") return refuse(400, "Bad request. Format is invalid");
  if (!node->is_structured()) {
    return refuse(400, "Bad request. A leaf is available as text only: add format=text");
  }
  // Without `replace`, an invalid UTF-8 byte in the scenario would throw and end the simulator.
  return {.content_type = kJson,
          .body = node->dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

namespace {

/// The rules that hold for every request. Returns nullopt if it keeps them.
std::optional<Answer> refuse_request(const Request& request) {
  if (request.headers.contains("x-forwarded-for")) {
    return refuse(
        400, "Bad request. X-Forwarded-For is not allowed: IMDS can't be used through a proxy");
  }
  if (request.header("metadata") != "true" && request.header("metadata") != "True") {
    return refuse(400, "Bad request. Required metadata header not specified");
  }
  if (request.method != "GET") return refuse(405, "Method not allowed");
  return std::nullopt;
}

}  // namespace

Answer refuse(int status, const std::string& message) {
  return {.status = status, .content_type = kJson, .body = Json{{"error", message}}.dump()};
}

std::optional<Answer> refuse_request(const ImdsOptions& imds, const Request& request) {
  if (auto refused = refuse_request(request)) return refused;
  if (!has_known_version(imds, request)) return refuse_version(imds);
  return std::nullopt;
}

Answer answer_imds(const Scenario& scenario, const Request& request) {
  if (auto refused = refuse_request(request)) return *refused;
  const std::string_view path = request.path;
  if (path == "/metadata/versions") {
    std::vector<std::string> versions(scenario.imds.api_versions.rbegin(),
                                      scenario.imds.api_versions.rend());
    return {.content_type = kJson, .body = Json{{"apiVersions", versions}}.dump()};
  }
  const std::string_view below = path.starts_with(kInstance) ? path.substr(kInstance.size()) : "?";
  if (!below.empty() && !below.starts_with('/')) return refuse(404, "Not found");
  return answer_instance(scenario, request, below);
}

PoolImds::PoolImds(const Scenario& scenario)
    : pool_(in_pool(scenario)),
      user_(scenario.pps.enabled ? with_user(scenario) : scenario),
      stale_(scenario.pps.stale) {}

Answer PoolImds::answer(const Request& request) {
  if (!pool_.pps.enabled) return answer_imds(user_, request);
  if (request.path == kReprovision) return answer_reprovision(request);
  return answer_imds(describes_pool() ? pool_ : user_, request);
}

Answer PoolImds::answer_reprovision(const Request& request) {
  if (auto refused = refuse_request(request)) return *refused;
  if (request.parameter("api-version") != "2019-06-01") return refuse_version(user_.imds);
  const std::lock_guard lock(mutex_);
  if (asked_ < pool_.pps.not_yet) {
    ++asked_;
    return refuse(static_cast<int>(pool_.pps.status), "there is no document yet");
  }
  given_ = true;
  return {.content_type = "text/xml; charset=utf-8", .body = ovf_document(user_)};
}

bool PoolImds::describes_pool() {
  const std::lock_guard lock(mutex_);
  if (!given_) return true;
  if (stale_ == 0) return false;
  --stale_;
  return true;
}

}  // namespace azl::platform
