#include "provision/custom_data/plan/ca_certs.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "ca-certs";
constexpr std::size_t kMostCertificates = 1000;

/// Whether text looks like certificates in PEM. The system's own program reads them later.
bool is_pem(std::string_view text) {
  return text.contains("-----BEGIN CERTIFICATE-----") ||
         text.contains("-----BEGIN TRUSTED CERTIFICATE-----") ||
         text.contains("-----BEGIN X509 CERTIFICATE-----");
}

/// Appends the certificate, or gives a remark.
void read_certificate(const YamlNode& node, const MapReader& reader,
                      std::vector<std::string>& certificates) {
  const auto text = node.text.reveal();
  if (node.kind != YamlKind::kText || !is_pem(text) || text.contains('\0')) {
    reader.out().remark(RemarkLevel::kError, kRule, reader.out().place_of(node),
                        "an item of 'trusted' is no certificate in PEM; it is left out",
                        "write '- |' and the lines from '-----BEGIN CERTIFICATE-----' to "
                        "'-----END CERTIFICATE-----' below it");
    return;
  }
  if (text.contains("PRIVATE KEY-----"))
    reader.warn(node,
                "an item of 'trusted' has a private key, which everybody on the VM can read then",
                "remove the key from it");
  if (certificates.size() < kMostCertificates)
    return certificates.push_back(std::string(trim(text)) + "\n");
  reader.warn(node, "there are more than " + std::to_string(kMostCertificates) +
                        " certificates; this one is left out");
}

std::vector<std::string> read_certificates(const MapReader& reader) {
  std::vector<std::string> certificates;
  const auto* trusted = reader.find("trusted");
  if (trusted == nullptr) return certificates;
  if (trusted->kind != YamlKind::kList) {
    read_certificate(*trusted, reader, certificates);
  } else {
    for (const auto& item : trusted->items) read_certificate(item, reader, certificates);
  }
  return certificates;
}

/// Whether certificates were given, and all of them are wrong.
bool are_all_wrong(const MapReader& reader, const std::vector<std::string>& certificates) {
  const auto* trusted = reader.find("trusted");
  return certificates.empty() && trusted != nullptr &&
         (trusted->kind != YamlKind::kList || !trusted->items.empty());
}

std::string describe(const TrustCertificates& trust) {
  auto added = "trust " + describe_count(trust.certificates.size(), "certificate");
  if (!trust.remove_defaults) return added;
  constexpr std::string_view kRemoved = "stop trusting the certificates that the system trusts";
  return trust.certificates.empty() ? std::string(kRemoved)
                                    : std::string(kRemoved) + ", and " + added;
}

}  // namespace

void plan_ca_certs(const YamlMember& member, ModuleOutput& out) {
  if (member.name == "ca-certs" && out.find_key("ca_certs") != nullptr) {
    out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
               "'ca-certs' is ignored, because the document has 'ca_certs', too",
               "write everything below 'ca_certs'");
    return;
  }
  if (member.value.kind != YamlKind::kMap) {
    out.remark(
        RemarkLevel::kError, kRule, out.place_of(member),
        describe_wrong_kind(member.name, member.value.kind, "a map") + "; no certificate is added",
        "write 'trusted:' and the list of certificates below it");
    return;
  }
  constexpr auto kKeys = std::to_array<std::string_view>({"remove_defaults", "trusted"});
  const MapReader reader(member.value, kRule, member.name, out);
  reader.remark_unknown_keys(member.name, kKeys);
  TrustCertificates trust{.certificates = read_certificates(reader),
                          .remove_defaults = reader.read_flag("remove_defaults").value_or(false)};
  if (trust.certificates.empty() && !trust.remove_defaults) return;
  if (are_all_wrong(reader, trust.certificates)) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(*reader.find("remove_defaults")),
               "ca_certs: no item of 'trusted' can be used, so that 'remove_defaults' is ignored "
               "and the system's certificates stay",
               "correct 'trusted', or remove it to trust no certificate at all");
    return;
  }
  if (trust.remove_defaults)
    reader.warn(
        *reader.find("remove_defaults"),
        "without the system's certificates, programs accept no server on the Internet, and on "
        "most systems no package can be installed",
        "leave it out to trust the certificates in addition to those of the system");
  auto what = describe(trust);
  out.add({.id = "ca_certs",
           .place = out.place_of(member),
           .phase = ItemPhase::kEarly,
           .what = std::move(what),
           .action = std::move(trust)});
}

}  // namespace azl::provision::custom_data
