#include "provision/custom_data/run/stored_system.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "provision/custom_data/run/stored_json.h"

namespace azl::provision::custom_data {
namespace {

using nlohmann::json;

Result<std::vector<std::string>> read_certificates(const json& action) {
  auto certificates = read_texts(action, "certificates");
  for (auto& certificate : certificates) {
    auto bytes = base64_decode(certificate);
    if (!bytes) return damaged("a certificate is not base64");
    certificate = std::move(*bytes);
  }
  return certificates;
}

std::string_view to_word(TimeClient client) {
  if (client == TimeClient::kChrony) return "chrony";
  return client == TimeClient::kTimesyncd ? "systemd-timesyncd" : "auto";
}

TimeClient read_client(std::string_view word) {
  if (word == "chrony") return TimeClient::kChrony;
  return word == "systemd-timesyncd" ? TimeClient::kTimesyncd : TimeClient::kAuto;
}

}  // namespace

json to_json(const SetHostName& name) { return {{"kind", "set-host-name"}, {"name", name.name}}; }

json to_json(const WriteHosts& hosts) {
  return {
      {"kind", "write-hosts"}, {"whole", hosts.whole}, {"name", hosts.name}, {"fqdn", hosts.fqdn}};
}

json to_json(const SetTimeZone& zone) { return {{"kind", "set-time-zone"}, {"zone", zone.zone}}; }

json to_json(const SetLocale& locale) { return {{"kind", "set-locale"}, {"name", locale.name}}; }

json to_json(const AddRepository& repository) {
  return {{"kind", "add-repository"},
          {"id", repository.id},
          {"text", base64_encode(repository.text.reveal())}};
}

json to_json(const AddAptSource& source) {
  return {{"kind", "add-apt-source"},
          {"file", source.file},
          {"text", base64_encode(source.text.reveal())},
          {"append", source.append},
          {"key_file", source.key_file},
          {"key", base64_encode(source.key)}};
}

json to_json(const AddAptConfiguration& configuration) {
  return {{"kind", "add-apt-configuration"},
          {"file", configuration.file},
          {"text", base64_encode(configuration.text.reveal())}};
}

json to_json(const TrustCertificates& trust) {
  json certificates = json::array();
  for (const auto& certificate : trust.certificates)
    certificates.push_back(base64_encode(certificate));
  return {{"kind", "trust-certificates"},
          {"certificates", std::move(certificates)},
          {"remove_defaults", trust.remove_defaults}};
}

json to_json(const SetTimeServers& servers) {
  return {{"kind", "set-time-servers"}, {"client", to_word(servers.client)},
          {"servers", servers.servers}, {"pools", servers.pools},
          {"peers", servers.peers},     {"allow", servers.allow}};
}

Result<std::optional<Action>> read_system_action(const json& action) {
  const auto kind = text_member(action, "kind");
  if (kind == "set-host-name") return SetHostName{.name = text_member(action, "name")};
  if (kind == "write-hosts")
    return WriteHosts{.whole = bool_member(action, "whole"),
                      .name = text_member(action, "name"),
                      .fqdn = text_member(action, "fqdn")};
  if (kind == "set-time-zone") return SetTimeZone{.zone = text_member(action, "zone")};
  if (kind == "set-locale") return SetLocale{.name = text_member(action, "name")};
  if (kind == "add-repository")
    return AddRepository{.id = text_member(action, "id"),
                         .text = Secret(OR_RETURN(read_bytes(action, "text")))};
  if (kind == "add-apt-source")
    return AddAptSource{.file = text_member(action, "file"),
                        .text = Secret(OR_RETURN(read_bytes(action, "text"))),
                        .append = bool_member(action, "append"),
                        .key_file = text_member(action, "key_file"),
                        .key = OR_RETURN(read_bytes(action, "key"))};
  if (kind == "add-apt-configuration")
    return AddAptConfiguration{.file = text_member(action, "file"),
                               .text = Secret(OR_RETURN(read_bytes(action, "text")))};
  if (kind == "trust-certificates")
    return TrustCertificates{.certificates = OR_RETURN(read_certificates(action)),
                             .remove_defaults = bool_member(action, "remove_defaults")};
  if (kind == "set-time-servers")
    return SetTimeServers{.client = read_client(text_member(action, "client")),
                          .servers = read_texts(action, "servers"),
                          .pools = read_texts(action, "pools"),
                          .peers = read_texts(action, "peers"),
                          .allow = read_texts(action, "allow")};
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
