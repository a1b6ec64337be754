// The keys hostname, fqdn, prefer_fqdn_over_hostname and preserve_hostname.
#pragma once

#include <string>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// The names that a document gives the machine.
struct HostNames {
  std::string name = {};  ///< the first label, or what `hostname` says; empty: none is given
  std::string fqdn = {};  ///< with a domain; empty: none is given
};

/// Reads `hostname` and `fqdn` as cloud-init does: `fqdn` without `hostname` gives its first label
/// as the name, and a `hostname` with a dot counts as the fqdn. What is not valid counts as not
/// given. Source: cloudinit/util.py, get_hostname_fqdn().
[[nodiscard]] HostNames read_host_names(const ModuleOutput& out);

/// Plans one item that sets the host name: the fqdn if there is one, as cloud-init on Azure Linux,
/// unless prefer_fqdn_over_hostname is false. Plans nothing if preserve_hostname is true.
void plan_host_name(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
