// The keys ca_certs and ca-certs.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item. `ca-certs` is the older name; if a document has both, it is ignored. What is no
/// certificate costs only itself, but defaults are removed only if a certificate is left, or
/// none was given. Source: cloud-init's module reference, "CA Certificates".
void plan_ca_certs(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
