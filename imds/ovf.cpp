#include "imds/ovf.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "imds/xml.h"

namespace azl::imds {
namespace {

constexpr std::array<std::string_view, 2> kNamespaces = {
    "http://schemas.dmtf.org/ovf/environment/1", "http://schemas.microsoft.com/windowsazure"};
constexpr XmlDialect kDialect = {.name = "ovf-env.xml",
                                 .limit = kOvfLimit,
                                 .malformed = Reason::kOvfMalformed,
                                 .unexpected = Reason::kOvfUnexpected,
                                 .namespaces = kNamespaces};
constexpr std::array<std::string_view, 2> kPasswordElements = {"UserPassword", "AdminPassword"};
constexpr std::string_view kCustomDataElement = "CustomData";
constexpr char kRedacted[] = "REDACTED";

/// Returns whether another agent has replaced a secret by this text.
bool is_redacted(std::string_view text) {
  return trim(text) == kRedacted || trim(text) == "*REDACTED*";
}

/// Reads the single-valued children of one element and keeps the first error, so that the code
/// reads as a list of the parts.
class Section {
 public:
  explicit Section(pugi::xml_node node) : node_(node) {}

  [[nodiscard]] bool present() const { return static_cast<bool>(node_); }
  [[nodiscard]] const pugi::xml_node& node() const { return node_; }
  /// The first error of the children read so far, also of sections below.
  [[nodiscard]] std::optional<Error>& error() { return error_; }

  /// Returns the child of this name; null after an error.
  pugi::xml_node child(std::string_view name) {
    auto found = only_child(node_, name, kDialect);
    if (found) return *found;
    if (!error_) error_ = std::move(found.error());
    return {};
  }
  std::string raw_text(std::string_view name) { return text_of(child(name)); }
  std::string text(std::string_view name) { return std::string(trim(raw_text(name))); }
  /// Returns nullopt if the child is missing or empty; Azure Stack has an empty
  /// ProvisionGuestAgent.
  std::optional<bool> boolean(std::string_view name) {
    const auto value = lower(text(name));
    if (value.empty()) return {};
    return value == "true" || value == "1" || value == "on" || value == "yes";
  }
  /// Takes the error of a section below.
  void absorb(Section& below) {
    if (!error_) error_ = std::move(below.error());
  }

 private:
  pugi::xml_node node_;
  std::optional<Error> error_;
};

/// The two sections that are read. The second may be absent.
struct Sections {
  pugi::xml_node linux_set;
  pugi::xml_node platform_settings;
};

Result<Sections> find_sections(const pugi::xml_node& top) {
  Section environment(top);
  Section provisioning(environment.child("ProvisioningSection"));
  Section linux_set(provisioning.child("LinuxProvisioningConfigurationSet"));
  Section outer_settings(environment.child("PlatformSettingsSection"));
  Section settings(outer_settings.child("PlatformSettings"));
  for (auto* section : {&provisioning, &outer_settings}) environment.absorb(*section);
  if (environment.error()) return std::unexpected(std::move(*environment.error()));
  if (!provisioning.present()) {
    return xml_fail(Reason::kOvfUnexpected, kDialect,
                    "there is no ProvisioningSection, so it is not Azure's");
  }
  if (!linux_set.present()) {
    return xml_fail(Reason::kOvfUnexpected, kDialect,
                    "there is no LinuxProvisioningConfigurationSet in ProvisioningSection");
  }
  return Sections{linux_set.node(), settings.node()};
}

/// Ignores a password of white space, which is an empty element after pretty-printing.
Secret read_password(Section& linux_set) {
  for (const auto* name : {"UserPassword", "AdminPassword"}) {
    Secret password(linux_set.raw_text(name));
    if (!trim(password.reveal()).empty() && !is_redacted(password.reveal())) return password;
  }
  return {};
}

Result<Secret> read_custom_data(Section& linux_set) {
  const Secret encoded(linux_set.raw_text(kCustomDataElement));
  // Checked here, because "REDACTED" is valid base64.
  if (trim(encoded.reveal()).empty() || is_redacted(encoded.reveal())) return Secret();
  auto decoded = base64_decode(encoded.reveal());
  if (!decoded) return xml_fail(Reason::kOvfMalformed, kDialect, "CustomData is not base64");
  return Secret(std::move(*decoded));
}

std::vector<OvfPublicKey> read_public_keys(Section& linux_set) {
  Section ssh(linux_set.child("SSH"));
  std::vector<OvfPublicKey> keys;
  for (const auto& node : children(ssh.child("PublicKeys"), "PublicKey", kDialect)) {
    Section key(node);
    OvfPublicKey read = {.fingerprint = key.text("Fingerprint"),
                         .path = key.text("Path"),
                         .value = key.text("Value")};
    linux_set.absorb(key);
    if (!read.fingerprint.empty() || !read.value.empty()) keys.push_back(std::move(read));
  }
  linux_set.absorb(ssh);
  return keys;
}

/// Ignores case. Keeps an unknown type for the plan.
std::string read_preprovisioned_type(Section& settings) {
  auto type = settings.text("PreprovisionedVMType");
  const bool preprovisioned = settings.boolean("PreprovisionedVm").value_or(false);
  if (type.empty()) return preprovisioned ? "Running" : "None";
  for (const auto* known : {"None", "Running", "Savable", "PreprovisionedOSDisk"}) {
    if (lower(type) == lower(known)) return known;
  }
  return type;
}

Result<Ovf> read_ovf(const Sections& sections) {
  Ovf ovf;
  Section linux_set(sections.linux_set);
  ovf.host_name = linux_set.text("HostName");
  ovf.user_name = linux_set.text("UserName");
  ovf.password = read_password(linux_set);
  ovf.disable_ssh_password_authentication = linux_set.boolean("DisableSshPasswordAuthentication");
  ovf.public_keys = read_public_keys(linux_set);
  ovf.custom_data = OR_RETURN(read_custom_data(linux_set));

  Section settings(sections.platform_settings);
  ovf.provision_guest_agent = settings.boolean("ProvisionGuestAgent");
  ovf.provision_guest_proxy_agent = settings.boolean("ProvisionGuestProxyAgent").value_or(false);
  ovf.preprovisioned_type = read_preprovisioned_type(settings);

  linux_set.absorb(settings);
  if (linux_set.error()) return std::unexpected(std::move(*linux_set.error()));
  return ovf;
}

Result<Ovf> read_ovf(const XmlDocument& document) {
  return read_ovf(OR_RETURN(find_sections(document.top())));
}

/// Writes the document that is left for other agents, element by element. The prefixes are Azure's
/// own: WALinuxAgent looks for the elements in its namespace.
class Redacted {
 public:
  void open(std::string_view name) {
    text_ += "<wa:" + std::string(name) + ">";
    open_.push_back(name);
  }
  void close() {
    text_ += "</wa:" + std::string(open_.back()) + ">";
    open_.pop_back();
  }
  void add(std::string_view name, std::string_view value) {
    open(name);
    text_ += xml_content(value, kOvfLimit);
    close();
  }
  void add_if_given(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  void add_if_given(std::string_view name, std::optional<bool> value) {
    if (value) add(name, *value ? "true" : "false");
  }
  /// Says that there was a secret.
  void add_secret(std::string_view name, const pugi::xml_node& section) {
    const auto found = only_child(section, name, kDialect);
    if (found && !trim(text_of(*found)).empty()) add(name, kRedacted);
  }
  /// Adds the text of an element as it is given.
  void add_text(std::string_view name, const pugi::xml_node& section) {
    const auto found = only_child(section, name, kDialect);
    if (found) add_if_given(name, trim(text_of(*found)));
  }
  [[nodiscard]] std::string take() {
    return R"(<?xml version="1.0" encoding="utf-8"?><Environment xmlns=")" +
           std::string(kNamespaces[0]) + R"(" xmlns:wa=")" + std::string(kNamespaces[1]) + "\">" +
           std::move(text_) + "</Environment>\n";
  }

 private:
  std::string text_;
  std::vector<std::string_view> open_;
};

void write_public_keys(const std::vector<OvfPublicKey>& keys, Redacted& into) {
  if (keys.empty()) return;
  into.open("SSH");
  into.open("PublicKeys");
  for (const OvfPublicKey& key : keys) {
    into.open("PublicKey");
    into.add_if_given("Fingerprint", key.fingerprint);
    into.add_if_given("Path", key.path);
    into.add_if_given("Value", key.value);
    into.close();
  }
  into.close();
  into.close();
}

std::string write_redacted(const Ovf& ovf, const pugi::xml_node& linux_set,
                           OvfCustomData custom_data) {
  constexpr std::string_view kVersion = "1.0";  // of the format; WALinuxAgent requires it
  Redacted document;
  document.open("ProvisioningSection");
  document.add("Version", kVersion);
  document.open("LinuxProvisioningConfigurationSet");
  document.add("ConfigurationSetType", "LinuxProvisioningConfiguration");
  document.add_if_given("HostName", ovf.host_name);
  document.add_if_given("UserName", ovf.user_name);
  for (const std::string_view name : kPasswordElements) document.add_secret(name, linux_set);
  if (custom_data == OvfCustomData::kKeep)
    document.add_text(kCustomDataElement, linux_set);
  else
    document.add_secret(kCustomDataElement, linux_set);
  document.add_if_given("DisableSshPasswordAuthentication",
                        ovf.disable_ssh_password_authentication);
  write_public_keys(ovf.public_keys, document);
  document.close();
  document.close();
  document.open("PlatformSettingsSection");
  document.add("Version", kVersion);
  document.open("PlatformSettings");
  document.add_if_given("ProvisionGuestAgent", ovf.provision_guest_agent);
  document.add("ProvisionGuestProxyAgent", ovf.provision_guest_proxy_agent ? "true" : "false");
  document.add("PreprovisionedVMType", ovf.preprovisioned_type);
  document.close();
  document.close();
  return document.take();
}

}  // namespace

Result<Ovf> parse_ovf(std::string_view xml) {
  const auto document = OR_RETURN(XmlDocument::parse(xml, kDialect));
  return read_ovf(document);
}

Result<std::string> redact_ovf(std::string_view xml, OvfCustomData custom_data) {
  const auto document = OR_RETURN(XmlDocument::parse(xml, kDialect));
  const auto sections = OR_RETURN(find_sections(document.top()));
  const auto ovf = OR_RETURN(read_ovf(sections));
  return write_redacted(ovf, sections.linux_set, custom_data);
}

}  // namespace azl::imds
