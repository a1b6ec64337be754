#include "imds/instance.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "imds/identity.h"

namespace azl::imds {
namespace {

using nlohmann::json;

// Bound the memory that an answer can take.
constexpr JsonCaps kCaps = {.keys = 2'000, .elements = 4'096, .values = 100'000};
constexpr std::size_t kMaxInterfaces = 256;
constexpr std::size_t kMaxAddresses = 4'096;  // of all interfaces together
constexpr std::size_t kMaxSubnets = 64;       // of one interface and family
constexpr std::size_t kMaxVersions = 64;
constexpr std::size_t kMaxWarnings = 64;  // also of lost parts
constexpr std::size_t kNameLimit = 256;
constexpr std::size_t kPathLimit = 4'096;
// Of values that the plan judges. If a long user name were dropped here, the VM would count as
// specialized.
constexpr std::size_t kWhole = kInstanceLimit;

/// Collects what is wrong with single values, which are then ignored, and with whole parts, which
/// are then lost.
class Warnings {
 public:
  Warnings(std::vector<std::string>& ignored, std::vector<LostPart>& lost)
      : ignored_(ignored), lost_(lost) {}
  void add(const std::string& where, const std::string& what) {
    if (ignored_.size() < kMaxWarnings) {
      ignored_.push_back("IMDS " + where + " " + what + ": ignored");
    } else if (ignored_.size() == kMaxWarnings) {
      ignored_.emplace_back("IMDS has more faults, which are not listed");
    }
  }
  void lose(const std::string& where, const std::string& what) {
    if (lost_.size() < kMaxWarnings) {
      lost_.push_back({.key = where, .what = "IMDS " + where + " " + what});
    } else if (lost_.size() == kMaxWarnings) {
      lost_.push_back(
          {.key = "answer", .what = "IMDS has more parts that cannot be used and are not listed"});
    }
  }

 private:
  std::vector<std::string>& ignored_;
  std::vector<LostPart>& lost_;
};

/// One value of the document, with its path for warnings. Absent and null are the same.
class Value {
 public:
  Value(const json* value, std::string path, Warnings& warnings)
      : value_(value && !value->is_null() ? value : nullptr),
        path_(std::move(path)),
        warnings_(warnings) {}

  [[nodiscard]] bool present() const { return value_ != nullptr; }
  [[nodiscard]] bool is_object() const { return value_ && value_->is_object(); }
  /// Whether it is a string, or a number, which counts as its digits.
  [[nodiscard]] bool is_text() const {
    return value_ && (value_->is_string() || value_->is_number_integer());
  }
  void warn(const std::string& what) const { warnings_.add(path_, what); }
  /// Records that this part of the answer cannot be used.
  void lose(const std::string& what) const { warnings_.lose(path_, what); }

  /// Returns a member of an object; absent if this is not an object.
  [[nodiscard]] Value operator[](const char* key) const {
    const auto path = path_.empty() ? std::string(key) : path_ + "." + key;
    if (!is_object()) {
      if (value_) warn("is not an object");
      return {nullptr, path, warnings_};
    }
    return {find_member(*value_, key), path, warnings_};
  }

  /// Returns the elements of an array; none if this is not an array.
  [[nodiscard]] std::vector<Value> elements() const {
    if (value_ && !value_->is_array()) warn("is not an array");
    return array();
  }
  /// The same for an array that is a part of its own: records that the part is lost if it is not an
  /// array.
  [[nodiscard]] std::vector<Value> parts() const {
    if (value_ && !value_->is_array()) lose("is not an array");
    return array();
  }
  /// Returns this if it is an object. Otherwise returns an absent value, and records that a part of
  /// the answer is lost, unless it is absent.
  [[nodiscard]] Value part(const std::string& consequence) const {
    if (value_ && !is_object()) lose("is not an object, so " + consequence);
    return {is_object() ? value_ : nullptr, path_, warnings_};
  }

  /// Returns text of at most `limit` bytes; a whole number counts as its digits. Empty if absent.
  [[nodiscard]] std::string text(std::size_t limit) const {
    if (!value_) return {};
    if (value_->is_number_integer()) return value_->dump();
    if (!value_->is_string()) {
      warn("is not a string");
      return {};
    }
    const auto& text = value_->get_ref<const std::string&>();
    if (text.size() <= limit) return text;
    warn("is longer than " + std::to_string(limit) + " bytes");
    return {};
  }

  /// Reads true, "true", "True", "1", 1 and so on. Returns nullopt if absent.
  [[nodiscard]] std::optional<bool> boolean() const {
    if (value_ && value_->is_boolean()) return value_->get<bool>();
    const auto word = text(kNameLimit);
    if (trim(word).empty()) return {};
    const auto meant = parse_boolean(trim(word));
    if (!meant) warn("is not a boolean");
    return meant;
  }

 private:
  [[nodiscard]] std::vector<Value> array() const {
    std::vector<Value> all;
    if (!value_ || !value_->is_array()) return all;
    for (const auto& element : *value_) {
      all.emplace_back(&element, path_ + "[" + std::to_string(all.size()) + "]", warnings_);
    }
    return all;
  }

  const json* value_;
  std::string path_;
  Warnings& warnings_;
};

std::string read_vm_id(const Value& value) {
  const auto text = value.text(kNameLimit);
  if (text.empty()) return {};
  // byte_swapped returns an empty string unless this is a UUID.
  if (byte_swapped(trim(text)).empty()) {
    value.warn("is not a UUID");
    return {};
  }
  return lower(trim(text));
}

/// Returns "000D3A123456", "00-0d-3a-12-34-56" or "00:0d:…" as "00:0d:3a:12:34:56"; empty for
/// anything else.
std::string canonical_mac(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c))) {
      digits += c;
    } else if (c != ':' && c != '-') {
      return {};
    }
  }
  if (digits.size() != 12) return {};
  for (std::size_t place = 10; place > 0; place -= 2) digits.insert(place, ":");
  return lower(digits);
}

/// The differences between the two families.
struct Family {
  int id;
  const char* key;
  int longest_prefix;
  int default_prefix;
};
constexpr Family kIpv4 = {AF_INET, "ipv4", 32, 24};
constexpr Family kIpv6 = {AF_INET6, "ipv6", 128, 128};

/// An address in network byte order; IPv4 uses the first four bytes.
using AddressBytes = std::array<unsigned char, sizeof(in6_addr)>;

std::optional<AddressBytes> parse_address(const std::string& text, const Family& family) {
  AddressBytes parsed{};
  // inet_pton would stop at a NUL.
  if (text.find('\0') != std::string::npos ||
      inet_pton(family.id, text.c_str(), parsed.data()) != 1)
    return std::nullopt;
  return parsed;
}

/// One subnet[] of an interface.
struct Subnet {
  std::optional<AddressBytes> address;  ///< nullopt if IMDS does not say
  int prefix;
};

/// Returns whether the first `prefix` bits of both are equal.
bool share_prefix(const AddressBytes& one, const AddressBytes& other, int prefix) {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(whole), other.begin()))
    return false;
  const int rest = prefix % 8;
  return rest == 0 || (one[whole] >> (8 - rest)) == (other[whole] >> (8 - rest));
}

/// Returns the prefix length of a subnet; the family's default if it is absent or invalid.
int read_prefix(const Value& value, const Family& family) {
  const auto raw = value.text(kNameLimit);
  const auto text = trim(raw);
  if (text.empty()) return family.default_prefix;
  int prefix = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), prefix);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && prefix > 0 && prefix <= family.longest_prefix) return prefix;
  value.warn("is not a prefix length");
  return family.default_prefix;
}

std::vector<Subnet> read_subnets(const Value& addresses, const Family& family) {
  std::vector<Subnet> subnets;
  for (const auto& element : addresses["subnet"].elements()) {
    if (!element.present()) continue;
    if (subnets.size() == kMaxSubnets) {
      element.warn("is one of too many subnets");
      break;
    }
    const auto value = element["address"];
    const auto text = value.text(kNameLimit);
    Subnet subnet = {.address = parse_address(text, family),
                     .prefix = read_prefix(element["prefix"], family)};
    if (!text.empty() && !subnet.address) value.warn("is not the address of a subnet");
    const bool overlaps =
        subnet.address && std::ranges::any_of(subnets, [&](const Subnet& other) {
          return other.address && share_prefix(*other.address, *subnet.address,
                                               std::min(other.prefix, subnet.prefix));
        });
    if (overlaps) element.warn("overlaps another one; for addresses in both, the wider one is");
    subnets.push_back(subnet);
  }
  return subnets;
}

/// Returns the prefix length of the smallest subnet that contains the address. A single subnet
/// without an address contains all addresses.
int prefix_of(const AddressBytes& address, const std::vector<Subnet>& subnets,
              const Family& family) {
  if (subnets.size() == 1 && !subnets.front().address) return subnets.front().prefix;
  int longest = 0;
  for (const auto& subnet : subnets) {
    if (subnet.address && share_prefix(*subnet.address, address, subnet.prefix))
      longest = std::max(longest, subnet.prefix);
  }
  return longest > 0 ? longest : family.default_prefix;
}

/// `left` is the number of addresses that may still be kept; counts down.
std::vector<InterfaceAddress> read_addresses(const Value& interface, const Family& family,
                                             std::size_t& left) {
  const auto addresses = interface[family.key];
  const auto subnets = read_subnets(addresses, family);
  std::vector<InterfaceAddress> kept;
  for (const auto& element : addresses["ipAddress"].elements()) {
    const auto value = element["privateIpAddress"];
    const auto text = value.text(kNameLimit);
    if (text.empty()) continue;
    const auto bytes = parse_address(text, family);
    if (!bytes) {
      value.warn(std::string("is not an ") + (family.id == AF_INET ? "IPv4" : "IPv6") + " address");
    } else if (left == 0) {
      value.warn("is one of too many addresses");
      break;
    } else {
      --left;
      kept.push_back({text, prefix_of(*bytes, subnets, family)});
    }
  }
  return kept;
}

std::vector<Interface> read_interfaces(const Value& list) {
  std::vector<Interface> interfaces;
  std::size_t addresses_left = kMaxAddresses;
  for (const auto& element : list.parts()) {
    const auto nic = element.part("this NIC is not known");
    if (!nic.present()) continue;
    if (interfaces.size() == kMaxInterfaces) {
      nic.lose("is one of too many interfaces");
      break;
    }
    const auto mac = nic["macAddress"];
    Interface interface = {
        .mac = mac.is_text() ? canonical_mac(mac.text(kNameLimit)) : "", .ipv4 = {}, .ipv6 = {}};
    if (interface.mac.empty()) {
      nic.lose("has no valid macAddress, so this NIC is not known");
      continue;
    }
    interface.ipv4 = read_addresses(nic, kIpv4, addresses_left);
    interface.ipv6 = read_addresses(nic, kIpv6, addresses_left);
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

std::vector<ImdsPublicKey> read_public_keys(const Value& list) {
  std::vector<ImdsPublicKey> keys;
  for (const auto& element : list.parts()) {
    const auto part = element.part("this SSH key is not installed");
    const auto data = part["keyData"];
    if (data.present() && !data.is_text()) {
      data.lose("is not a string, so this SSH key is not installed");
      continue;
    }
    ImdsPublicKey key = {.key_data = data.text(kWhole), .path = part["path"].text(kPathLimit)};
    if (!key.key_data.empty()) keys.push_back(std::move(key));
  }
  return keys;
}

/// The answer without what may be a secret.
std::string without_secrets(nlohmann::json document) {
  auto& compute = document["compute"];
  compute.erase("userData");
  compute.erase("customData");
  return document.dump();
}

void read_user_data(const Secret& encoded, Instance& instance) {
  auto decoded = base64_decode(encoded.reveal());
  instance.user_data_bad = !decoded;
  if (decoded) instance.user_data = Secret(std::move(*decoded));
}

void read_compute(const Value& compute, Instance& instance) {
  instance.vm_id = read_vm_id(compute["vmId"]);
  instance.name = compute["name"].text(kNameLimit);
  instance.location = compute["location"].text(kNameLimit);
  instance.vm_size = compute["vmSize"].text(kNameLimit);
  const auto given = compute["osProfile"];
  const auto profile = given.part("it names no user");
  const auto user = profile["adminUsername"];
  instance.admin_username = user.text(kWhole);
  instance.user_unreadable =
      given.present() != profile.present() || (user.present() && !user.is_text());
  instance.computer_name = profile["computerName"].text(kWhole);
  instance.disable_password_authentication = profile["disablePasswordAuthentication"].boolean();
  instance.public_keys = read_public_keys(compute["publicKeys"]);
  read_user_data(Secret(compute["userData"].text(kInstanceLimit)), instance);
}

std::unexpected<Error> invalid_key(const char* key) {
  return std::unexpected(Error(Cause::kImdsIncomplete, std::string("the answer has no object '") +
                                                           key + "', so it is incomplete")
                             .with_detail(key));
}

Result<Instance> read_instance(const CappedJson& document) {
  Instance instance;
  Warnings warnings(instance.warnings, instance.lost);
  const Value top(&document.value, "", warnings);
  if (!top.is_object()) return fail(Reason::kImdsMalformed, "the answer is not a JSON object");
  if (!top["compute"].is_object()) return invalid_key("compute");
  if (document.shortened) warnings.add("answer", "has too many values; the last ones are");
  if (const auto network = top["network"]; network.is_object()) {
    instance.interfaces = read_interfaces(network["interface"]);
  } else {
    network.lose(network.present() ? "is not an object, so the NICs are not known"
                                   : "is missing, so the NICs are not known");
  }
  read_compute(top["compute"], instance);
  const auto extended = top["extended"]["compute"];
  const auto pps_type = extended["ppsType"].text(kNameLimit);
  instance.pps_type = pps_type.empty() ? "None" : pps_type;
  instance.has_custom_data = extended["hasCustomData"].boolean();
  instance.document = without_secrets(document.value);
  return instance;
}

/// "2023-11-15"
bool is_date(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != '-') return false;
  }
  return text.substr(5, 2) >= "01" && text.substr(5, 2) <= "12" && text.substr(8) >= "01" &&
         text.substr(8) <= "31";
}

}  // namespace

bool Instance::lost_network() const {
  return std::ranges::find(lost, "network", &LostPart::key) != lost.end();
}

Result<Instance> parse_instance(std::string_view text) {
  return read_instance(OR_RETURN(parse_json(text, kInstanceLimit, Reason::kImdsMalformed, kCaps),
                                 "reading the answer of IMDS"));
}

std::vector<std::string> parse_newest_versions(std::string_view text) {
  const auto document = parse_json(text, kInstanceLimit, Reason::kImdsMalformed, kCaps);
  const auto* list = document ? find_member(document->value, "newest-versions") : nullptr;
  if (list == nullptr || !list->is_array()) return {};
  std::vector<std::string> versions;
  for (const auto& element : *list) {
    if (versions.size() == kMaxVersions) break;
    if (element.is_string() && is_date(element.get_ref<const std::string&>())) {
      versions.push_back(element.get<std::string>());
    }
  }
  return versions;
}

}  // namespace azl::imds
