#include "provision/custom_data/run/certificates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/find_program.h"
#include "base/text.h"
#include "provision/apply/tool_time.h"

namespace azl::provision::custom_data {
namespace {

/// How a kind of system keeps the certificates that it trusts.
struct TrustStore {
  std::string_view base;       ///< is there if the system keeps its certificates so
  std::string_view directory;  ///< of certificates that are added
  std::string_view program;    ///< makes the bundles of what is trusted
};

// Source: update-ca-trust(8), update-ca-certificates(8).
constexpr TrustStore kP11Kit = {.base = "/etc/pki/ca-trust",
                                .directory = "/etc/pki/ca-trust/source/anchors",
                                .program = "update-ca-trust"};
constexpr TrustStore kDebian = {.base = "/etc/ssl/certs",
                                .directory = "/usr/local/share/ca-certificates",
                                .program = "update-ca-certificates"};
/// These programs read every certificate, some 150, and on a slow VM that takes minutes. Killed,
/// they leave the new ones untrusted.
constexpr Duration kTrustTime = std::chrono::minutes(10);
constexpr std::string_view kDebianConfig = "/etc/ca-certificates.conf";
/// Where p11-kit looks for certificates: those of the package ca-certificates, and those that were
/// added to the image.
constexpr auto kP11KitDirectories = std::to_array<std::string_view>(
    {"/usr/share/pki/ca-trust-source", "/usr/share/pki/ca-trust-source/anchors",
     "/etc/pki/ca-trust/source", "/etc/pki/ca-trust/source/anchors"});
/// Begins the names of files. Documents name them, as cloud-init calls them, in runcmd.
constexpr std::string_view kFileName = "cloud-init-ca-cert-";

const TrustStore* find_store(const Root& root) {
  for (const auto* store : {&kP11Kit, &kDebian}) {
    if (root.exists(store->base) && !find_program(root, store->program).empty()) return store;
  }
  return nullptr;
}

/// Whether a certificate of custom data can have this name.
bool is_own_name(std::string_view name) {
  if (!name.starts_with(kFileName) || !name.ends_with(".crt")) return false;
  name.remove_prefix(kFileName.size());
  name.remove_suffix(std::string_view(".crt").size());
  return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Removes the files of a directory, and nothing below its directories. `is_kept` gets the names.
template <class Predicate>
Result<void> remove_files(const Root& root, std::string_view directory, const Predicate& is_kept) {
  for (const auto& name : OR_RETURN(root.list(directory))) {
    if (is_kept(name)) continue;
    const auto path = std::string(directory) + "/" + name;
    const auto info = OR_RETURN(root.stat(path));
    if (info && info->is_directory()) continue;
    OR_RETURN(root.remove(path));
  }
  return {};
}

/// Writes the certificates, and removes those of an earlier document. Returns the names.
Result<std::vector<std::string>> write_certificates(const Root& root, const TrustStore& store,
                                                    const TrustCertificates& item) {
  OR_RETURN(root.make_directory(store.directory));
  std::vector<std::string> names;
  for (const auto& certificate : item.certificates) {
    names.push_back(std::string(kFileName) + std::to_string(names.size() + 1) + ".crt");
    OR_RETURN(root.write(std::string(store.directory) + "/" + names.back(), certificate));
  }
  OR_RETURN(remove_files(root, store.directory, [&](const std::string& name) {
    return !is_own_name(name) || std::ranges::find(names, name) != names.end();
  }));
  return names;
}

/// Removes the system's certificates. `written`: names of files in the store, which stay.
Result<void> remove_defaults(const SystemRun& run, const TrustStore& store,
                             const std::vector<std::string>& written) {
  const Root& root = run.context.root();
  if (&store == &kP11Kit) {
    for (const auto directory : kP11KitDirectories)
      OR_RETURN(remove_files(root, directory, [&](const std::string& name) {
        return directory == store.directory && std::ranges::find(written, name) != written.end();
      }));
    return {};
  }
  const auto config = OR_RETURN(root.read_if_exists(kDebianConfig));
  if (config) OR_RETURN(root.write(kDebianConfig, disable_certificates(*config)));
  // An upgrade of the package asks debconf whether to trust new ones.
  OR_RETURN(run.context.machine.processes.run(
      {.argv = {"debconf-set-selections"},
       .input = Secret("ca-certificates ca-certificates/trust_new_crts select no\n")},
      run.context.within(kToolTime)));
  return {};
}

}  // namespace

Result<std::string> trust_certificates(const SystemRun& run, const TrustCertificates& item) {
  const Root& root = run.context.root();
  const auto* store = find_store(root);
  if (store == nullptr)
    return fail(Cause::kCustomDataCertificates,
                "the system has neither update-ca-trust nor update-ca-certificates");
  // The certificates are there before others are removed, so that no failure leaves the VM without
  // any.
  const auto written = OR_RETURN(write_certificates(root, *store, item));
  if (item.remove_defaults) {
    if (const auto removed = remove_defaults(run, *store, written); !removed)
      return fail(Cause::kCustomDataCertificates,
                  "could not remove the system's certificates: " + removed.error().to_string());
  }
  const auto updated = run.context.machine.processes.run({.argv = {std::string(store->program)}},
                                                         run.context.within(kTrustTime));
  if (!updated)
    return fail(Cause::kCustomDataCertificates,
                "the certificates are in " + std::string(store->directory) +
                    ", and are not trusted yet: " + updated.error().to_string());
  return std::string(item.remove_defaults ? "removed the system's certificates; " : "") + "wrote " +
         std::to_string(item.certificates.size()) + " to " + std::string(store->directory) +
         ", and ran " + std::string(store->program);
}

std::string disable_certificates(std::string_view config) {
  std::string text;
  for (const auto line : split(config, '\n')) {
    const bool is_on = line.front() != '#' && line.front() != '!';
    text += (is_on ? "!" : "") + std::string(line) + "\n";
  }
  return text;
}

}  // namespace azl::provision::custom_data
