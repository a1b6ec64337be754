#include "tests/platform/scenario.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <sstream>

#include <arpa/inet.h>

#include "tests/platform/object_reader.h"
#include "tests/platform/ovf_document.h"

namespace azl::platform {
namespace {

constexpr std::string_view kSampleKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIoMbtqA6O+am+KNdCRytwafgH1Pb90kOKVZPx9RniL3 user@example";

constexpr std::array<std::string_view, 4> kPpsTypes = {"None", "Running", "Savable",
                                                       "PreprovisionedOSDisk"};

/// Returns all of a stream's content, copied in blocks.
std::string read_all(std::istream& stream) {
  std::ostringstream text;
  if (stream.peek() != std::istream::traits_type::eof()) text << stream.rdbuf();
  return std::move(text).str();
}

/// Returns nullopt if the file cannot be read.
std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto text = read_all(file);
  if (!file.is_open() || file.bad()) return std::nullopt;
  return text;
}

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(family, text.c_str(), ignored.data()) == 1;
}

bool is_subnet(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos || !is_address(AF_INET, text.substr(0, slash))) return false;
  unsigned length = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, length);
  return error == std::errc{} && end == last && length <= 32;
}

/// Converts any usual spelling to 12 upper-case hex digits. Returns an empty string if `text` is
/// not a MAC address.
std::string normal_mac(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':' || c == '-') continue;
    if (!is_hex(c)) return {};
    digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return digits.size() == 12 ? digits : std::string{};
}

/// Calls read(element, path) for each element of a list of objects.
template <class Read>
void for_each_element(ObjectReader& parent, std::string_view key, Read read) {
  const Json* list = parent.member(key);
  if (list == nullptr) return;
  if (!list->is_array()) return parent.complain(key, "must be a list of objects");
  for (std::size_t i = 0; i < list->size(); ++i) {
    read((*list)[i], parent.path_of(key) + "[" + std::to_string(i) + "]");
  }
}

Interface read_interface(const Json& value, const std::string& path, Problems& problems) {
  Interface interface;
  ObjectReader reader(value, path, problems);
  reader.read("mac", interface.mac);
  reader.read("ipv4", interface.ipv4);
  reader.read("subnet", interface.subnet);
  reader.read("ipv6", interface.ipv6);
  reader.finish();

  interface.mac = normal_mac(interface.mac);
  if (interface.mac.empty()) reader.complain("mac", "must be a MAC address like 00:0d:3a:5c:7e:10");
  if (!is_subnet(interface.subnet)) reader.complain("subnet", "must be like 10.0.0.0/24");
  for (const std::string& address : interface.ipv4) {
    if (!is_address(AF_INET, address)) reader.complain("ipv4", address + " is not an IPv4 address");
  }
  for (const std::string& address : interface.ipv6) {
    if (!is_address(AF_INET6, address))
      reader.complain("ipv6", address + " is not an IPv6 address");
  }
  return interface;
}

void read_range(ObjectReader& reader, std::string_view key, RequestRange& range) {
  const Json* value = reader.member(key);
  if (value == nullptr) return;
  const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  const auto parsed = parse_request_range(text);
  if (!parsed) return reader.complain(key, R"(must be a number from 1, "2-4", "5-" or "all")");
  range = *parsed;
}

Fault read_fault(const Json& value, const std::string& path, Problems& problems) {
  Fault fault;
  ObjectReader reader(value, path, problems);
  std::string action;
  auto status = static_cast<unsigned>(fault.status);
  unsigned delay_ms = 0;
  std::optional<unsigned> retry_after;
  reader.read("do", action);
  read_range(reader, "request", fault.request);
  read_range(reader, "nth", fault.nth);
  reader.read("match", fault.match);
  reader.read("status", status);
  reader.read("retry_after", retry_after);
  reader.read("delay_ms", delay_ms);
  reader.read("body", fault.body);
  reader.read("chunked", fault.chunked);
  reader.finish();

  if (const auto known = parse_fault_action(action)) {
    fault.action = *known;
  } else {
    reader.complain("do", "must be one of " + fault_action_names());
  }
  if (status < 200 || status > 599) reader.complain("status", "must be from 200 to 599");
  fault.status = static_cast<int>(status);
  if (retry_after) fault.retry_after = static_cast<int>(std::min(*retry_after, 1'000'000U));
  fault.delay = std::chrono::milliseconds(delay_ms);
  return fault;
}

std::vector<Fault> read_faults(ObjectReader& parent, Problems& problems) {
  std::vector<Fault> faults;
  for_each_element(parent, "faults", [&](const Json& value, const std::string& path) {
    faults.push_back(read_fault(value, path, problems));
  });
  return faults;
}

void read_pps_type(ObjectReader& reader, std::string& type) {
  reader.read("pps_type", type);
  if (std::ranges::find(kPpsTypes, type) == kPpsTypes.end()) {
    reader.complain("pps_type", "must be one of None, Running, Savable, PreprovisionedOSDisk");
  }
}

void read_tags(ObjectReader& reader, std::vector<std::pair<std::string, std::string>>& tags) {
  const Json* value = reader.member("tags");
  if (value == nullptr) return;
  if (!value->is_object()) return reader.complain("tags", "must be an object of strings");
  for (const auto& [name, text] : value->items()) {
    if (!text.is_string()) return reader.complain("tags", "must be an object of strings");
    tags.emplace_back(name, text.get<std::string>());
  }
}

void read_vm(const Json& value, Vm& vm, Problems& problems) {
  ObjectReader reader(value, "vm", problems);
  reader.read("vm_id", vm.vm_id);
  reader.read("generation", vm.generation);
  reader.read("name", vm.name);
  vm.computer_name = vm.name;
  reader.read("location", vm.location);
  reader.read("zone", vm.zone);
  reader.read("size", vm.size);
  reader.read("computer_name", vm.computer_name);
  reader.read("admin_username", vm.admin_username);
  reader.read("disable_password_authentication", vm.disable_password_authentication);
  reader.read("password", vm.password);
  reader.read("ssh_keys", vm.ssh_keys);
  reader.read("custom_data", vm.custom_data);
  reader.read("user_data", vm.user_data);
  read_pps_type(reader, vm.pps_type);
  if (reader.member("interfaces") != nullptr) vm.interfaces.clear();
  for_each_element(reader, "interfaces", [&](const Json& element, const std::string& path) {
    vm.interfaces.push_back(read_interface(element, path, problems));
  });
  reader.read("data_disks", vm.data_disks);
  reader.read("resource_disk_kb", vm.resource_disk_kb);
  read_tags(reader, vm.tags);
  reader.read("provision_guest_agent", vm.provision_guest_agent);
  reader.read("provision_guest_proxy_agent", vm.provision_guest_proxy_agent);
  reader.read("specialized", vm.specialized);
  reader.finish();

  if (!is_uuid(vm.vm_id)) reader.complain("vm_id", "must be a UUID");
  std::ranges::transform(vm.vm_id, vm.vm_id.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (vm.generation != 1 && vm.generation != 2) reader.complain("generation", "must be 1 or 2");
}

void read_attested(const Json& value, AttestedOptions& attested, Problems& problems) {
  ObjectReader reader(value, "attested", problems);
  reader.read("service", attested.service);
  reader.read("subscription_id", attested.subscription_id);
  reader.read("vm_id", attested.vm_id);
  reader.read("nonce", attested.nonce);
  reader.read("age_s", attested.age_s);
  reader.read("self_made", attested.self_made);
  reader.read("intermediate", attested.intermediate);
  reader.read("damaged", attested.damaged);
  reader.finish();
}

void read_imds(const Json& value, ImdsOptions& imds, Problems& problems) {
  ObjectReader reader(value, "imds", problems);
  reader.read("enabled", imds.enabled);
  reader.read("api_versions", imds.api_versions);
  imds.faults = read_faults(reader, problems);
  reader.read("requests_per_second", imds.rate_limit.per_second);
  reader.read("spent_requests", imds.rate_limit.spent);
  reader.read("vm_id", imds.vm_id);
  reader.read("omit", imds.omit);
  if (const Json* body = reader.member("body")) {
    imds.body = body->is_string() ? body->get<std::string>() : body->dump(2);
  }
  std::optional<std::string> body_file;
  reader.read("body_file", body_file);
  reader.finish();
  if (body_file && imds.body) {
    reader.complain("body_file", "cannot be given beside body");
  } else if (body_file) {
    imds.body = read_file(*body_file);
    if (!imds.body) reader.complain("body_file", "could not be read");
  }
  if (imds.api_versions.empty()) reader.complain("api_versions", "must name at least one version");
  if (imds.rate_limit.spent > imds.rate_limit.per_second)
    reader.complain("spent_requests", "must be at most requests_per_second");
  if (imds.vm_id && !is_uuid(*imds.vm_id)) reader.complain("vm_id", "must be a UUID");
  for (const std::string& name : imds.omit) {
    if (name != "compute" && name != "network" && name != "extended")
      reader.complain("omit", "\"" + name + "\" is not one of compute, network, extended");
  }
}

void read_wireserver(const Json& value, WireServerOptions& wireserver, Problems& problems) {
  ObjectReader reader(value, "wireserver", problems);
  reader.read("enabled", wireserver.enabled);
  reader.read("json_health", wireserver.json_health);
  reader.read("incarnation", wireserver.incarnation);
  reader.read("new_incarnation_after", wireserver.new_incarnation_after);
  reader.read("container_id", wireserver.container_id);
  reader.read("role_instance_id", wireserver.role_instance_id);
  wireserver.faults = read_faults(reader, problems);
  reader.finish();

  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string& text = wireserver.incarnation;
  if (text.empty() || text.size() > 9 || !std::ranges::all_of(text, is_digit)) {
    reader.complain("incarnation", "must be a string of 1 to 9 digits");
  }
}

void read_ovf(const Json& value, OvfOptions& ovf, Problems& problems) {
  ObjectReader reader(value, "ovf", problems);
  reader.read("enabled", ovf.enabled);
  reader.read("body", ovf.body);
  reader.read("omit", ovf.omit);
  reader.read("host_name", ovf.host_name);
  reader.read("user_name", ovf.user_name);
  reader.read("password", ovf.password);
  reader.read("disable_password_authentication", ovf.disable_password_authentication);
  reader.read("ssh_keys", ovf.ssh_keys);
  reader.read("custom_data", ovf.custom_data);
  reader.read("custom_data_base64", ovf.custom_data_base64);
  if (reader.member("pps_type") != nullptr) read_pps_type(reader, ovf.pps_type.emplace());
  reader.read("provision_guest_agent", ovf.provision_guest_agent);
  reader.read("provision_guest_proxy_agent", ovf.provision_guest_proxy_agent);
  reader.finish();
  for (const std::string& name : ovf.omit) {
    if (!is_ovf_element(name)) {
      reader.complain("omit", "\"" + name +
                                  "\" is not an element of ovf-env.xml; the elements are " +
                                  ovf_element_names());
    }
  }
}

void read_pps(const Json& value, PpsOptions& pps, Problems& problems) {
  ObjectReader reader(value, "pps", problems);
  reader.read("not_yet", pps.not_yet);
  reader.read("status", pps.status);
  reader.read("stale", pps.stale);
  reader.read("body", pps.body);
  reader.read("vm_id", pps.vm_id);
  reader.finish();
  if (pps.status < 200 || pps.status > 599) reader.complain("status", "must be from 200 to 599");
  if (pps.vm_id && !is_uuid(*pps.vm_id)) reader.complain("vm_id", "must be a UUID");
}

/// Adds a problem unless `value` is one of `known`.
void require_one_of(ObjectReader& reader, std::string_view key, const std::string& value,
                    std::initializer_list<std::string_view> known) {
  if (std::ranges::find(known, value) != known.end()) return;
  std::string list;
  for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
  reader.complain(key, "must be one of " + list);
}

void read_certificates(const Json& value, CertificateOptions& certificates, Problems& problems) {
  ObjectReader reader(value, "certificates", problems);
  std::vector<std::string> pems;
  reader.read("pem", pems);
  reader.read("fingerprint", certificates.fingerprint);
  reader.read("key_transport", certificates.key_transport);
  reader.read("content", certificates.content);
  reader.read("ciphers", certificates.ciphers);
  reader.read("format", certificates.format);
  reader.read("pfx_cipher", certificates.pfx.cipher);
  reader.read("mac", certificates.pfx.mac);
  reader.read("rounds", certificates.pfx.rounds);
  reader.read("no_password", certificates.pfx.no_password);
  reader.read("cut", certificates.cut);
  reader.read("other_recipient", certificates.other_recipient);
  reader.read("url", certificates.url);
  reader.finish();
  for (const auto& pem : pems) {
    auto read = read_certificate(pem);
    if (!read) reader.complain("pem", read.error());
    if (read) certificates.list.push_back(std::move(*read));
  }
  if (pems.empty()) reader.complain("pem", "must have at least one certificate");
  if (certificates.pfx.rounds == 0) reader.complain("rounds", "must be at least 1");
  require_one_of(reader, "key_transport", certificates.key_transport, {"rsaes-pkcs1", "oaep"});
  require_one_of(reader, "content", certificates.content.value_or("aes128"),
                 {"aes128", "des3", "aes256"});
  require_one_of(reader, "pfx_cipher", certificates.pfx.cipher,
                 {"none", "des3", "aes128", "aes256"});
  require_one_of(reader, "mac", certificates.pfx.mac, {"none", "sha1", "sha256", "sha512"});
}

Scenario read_scenario(const Json& document, Problems& problems) {
  Scenario scenario;
  scenario.vm.ssh_keys = {std::string(kSampleKey)};
  scenario.imds.api_versions = {"2025-04-07", "2024-07-17", "2023-11-15",
                                "2021-12-13", "2021-08-01", "2021-02-01",
                                "2020-09-01", "2019-06-01", "2018-02-01"};
  const Json nothing = Json::object();
  const auto section = [&](ObjectReader& reader, std::string_view key) -> const Json& {
    const Json* found = reader.member(key);
    return found == nullptr ? nothing : *found;
  };
  ObjectReader reader(document, "", problems);
  read_vm(section(reader, "vm"), scenario.vm, problems);
  read_imds(section(reader, "imds"), scenario.imds, problems);
  read_wireserver(section(reader, "wireserver"), scenario.wireserver, problems);
  read_ovf(section(reader, "ovf"), scenario.ovf, problems);
  if (const Json* attested = reader.member("attested"))
    read_attested(*attested, scenario.attested, problems);
  if (const Json* pps = reader.member("pps")) {
    scenario.pps.enabled = true;
    read_pps(*pps, scenario.pps, problems);
    if (scenario.vm.pps_type == "None" && scenario.ovf.pps_type.value_or("None") == "None")
      reader.complain("pps", "needs a vm.pps_type other than None");
  }
  if (const Json* certificates = reader.member("certificates"))
    read_certificates(*certificates, scenario.certificates, problems);
  reader.finish();
  return scenario;
}

}  // namespace

Scenario in_pool(Scenario scenario) {
  if (!scenario.pps.enabled) return scenario;
  Vm& vm = scenario.vm;
  vm.computer_name = "pool-vm";
  vm.admin_username = "pool";
  vm.ssh_keys.clear();
  vm.password.reset();
  vm.custom_data.clear();
  vm.user_data.clear();
  vm.tags.clear();
  // The values that the media has of its own are the user's too, but not the type.
  OvfOptions ovf;
  ovf.enabled = scenario.ovf.enabled;
  ovf.pps_type = scenario.ovf.pps_type;
  scenario.ovf = std::move(ovf);
  scenario.certificates = {};
  return scenario;
}

Scenario with_user(Scenario scenario) {
  scenario.vm.pps_type = "None";
  scenario.ovf.pps_type.reset();
  scenario.ovf.enabled = true;  // the document comes by IMDS
  if (scenario.pps.body) scenario.ovf.body = scenario.pps.body;
  if (scenario.pps.vm_id) scenario.imds.vm_id = scenario.pps.vm_id;
  return scenario;
}

Result<Scenario> parse_scenario(std::string_view text) {
  Json document;
  try {
    constexpr bool kThrow = true;
    constexpr bool kCommentsAllowed = true;
    document = Json::parse(text, nullptr, kThrow, kCommentsAllowed);
  } catch (const Json::parse_error& error) {
    return std::unexpected(std::string("not JSON: ") + error.what());
  }
  Problems problems;
  Scenario scenario = read_scenario(document, problems);
  if (problems.empty()) return scenario;
  std::string message;
  for (const std::string& problem : problems) message += (message.empty() ? "" : "\n") + problem;
  return std::unexpected(message);
}

Result<std::string> read_scenario_file(const std::string& path) {
  if (path == "-") return read_all(std::cin);
  auto text = read_file(path);
  if (!text) return std::unexpected(path + ": could not be read");
  return std::move(*text);
}

Result<Scenario> load_scenario(const std::string& path) {
  const auto text = read_scenario_file(path);
  if (!text) return std::unexpected(text.error());
  auto scenario = parse_scenario(*text);
  if (!scenario) return std::unexpected(path + ":\n" + scenario.error());
  return scenario;
}

}  // namespace azl::platform
