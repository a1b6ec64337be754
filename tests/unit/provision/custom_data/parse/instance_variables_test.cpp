// Expected values: cloud-init's documentation of instance-data ("Standardized instance-data v1
// keys"), and its DataSource and DataSourceAzure.
#include "provision/custom_data/parse/instance_variables.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/custom_data/parse/jinja.h"

using namespace azl::provision::custom_data;
using nlohmann::json;

namespace {

json imds() {
  return json::parse(R"({
    "compute": {"azEnvironment": "AzurePublicCloud", "location": "westeurope",
                "platformFaultDomain": "1", "name": "web", "zone": "", "userData": "aHVudGVyMg==",
                "customData": "hunter2", "vmSize": "Standard_D2s_v5",
                "tagsList": [{"name": "the-owner", "value": "me"}]},
    "network": {"interface": [{"macAddress": "000D3A123456"}]}
  })");
}

InstanceFacts sample() {
  return {.instance_id = "5f2a1c3e-0000-4000-8000-123456789abc",
          .host_name = "web.example.org",
          .seed = "/dev/sr0",
          .public_ssh_keys = {"ssh-ed25519 A me"},
          .os = {.id = "azurelinux", .version_id = "3.0", .version = "3.0.20240524"},
          .kernel_release = "6.6.57.1-2.azl3",
          .kernel_version = "#1 SMP",
          .machine = "x86_64",
          .system_platform = "Linux-6.6.57.1-2.azl3-x86_64-with-glibc2.38",
          .imds = imds()};
}

std::string render(std::string_view expression, const InstanceFacts& facts = sample()) {
  const auto rendered = render_jinja("## template: jinja\n{{ " + std::string(expression) + " }}",
                                     make_instance_variables(facts));
  REQUIRE(rendered);
  return std::string(rendered->text.reveal());
}

}  // namespace

TEST_CASE("templates see cloud-init's variables with its values for Azure") {
  struct Row {
    std::string_view expression;
    std::string_view value;
  };
  const Row rows[] = {
      {"v1.local_hostname", "web"},
      {"v1['local-hostname']", "web"},
      {"local_hostname", "web"},
      {"v1.instance_id", "5f2a1c3e-0000-4000-8000-123456789abc"},
      {"v1['instance-id']", "5f2a1c3e-0000-4000-8000-123456789abc"},
      {"instance_id", "5f2a1c3e-0000-4000-8000-123456789abc"},
      {"v1.region", "westeurope"},
      {"region", "westeurope"},
      {"v1.availability_zone", "1"},
      {"v1['availability-zone']", "1"},
      {"availability_zone", "1"},
      {"v1.cloud_name", "azure"},
      {"v1['cloud-name']", "azure"},
      {"v1.cloud_id", "azure"},
      {"cloud_id", "azure"},
      {"v1.platform", "azure"},
      {"v1.subplatform", "config-disk (/dev/sr0)"},
      {"v1._beta_keys", "['subplatform']"},
      {"v1.distro", "azurelinux"},
      {"v1.distro_version", "3.0"},
      {"v1.distro_release", ""},
      {"v1.variant", "azurelinux"},
      {"v1.kernel_release", "6.6.57.1-2.azl3"},
      {"v1.machine", "x86_64"},
      {"machine", "x86_64"},
      {"v1.system_platform", "Linux-6.6.57.1-2.azl3-x86_64-with-glibc2.38"},
      {"v1.public_ssh_keys", "['ssh-ed25519 A me']"},
      {"public_ssh_keys[0]", "ssh-ed25519 A me"},
      {"ds.meta_data.local_hostname", "web.example.org"},
      {"ds.meta_data[\"local-hostname\"]", "web.example.org"},
      {"ds.meta_data.local_hostname.split('.')[0]", "web"},
      {"ds.meta_data.instance_id", "5f2a1c3e-0000-4000-8000-123456789abc"},
      {"ds.meta_data['instance-id']", "5f2a1c3e-0000-4000-8000-123456789abc"},
      {"ds.meta_data.imds.compute.vmSize", "Standard_D2s_v5"},
      {"ds.meta_data.imds.compute.tagsList[0].value", "me"},
      {"ds.meta_data.imds.network.interface[0].macAddress", "000D3A123456"},
      {"sys_info.uname", "['Linux', 'web', '6.6.57.1-2.azl3', '#1 SMP', 'x86_64']"},
      {"sys_info.dist", "['azurelinux', '3.0', '']"},
      {"sys_info.release", "6.6.57.1-2.azl3"},
      {"sys_info.system", "Linux"},
      {"sys_info.platform", "Linux-6.6.57.1-2.azl3-x86_64-with-glibc2.38"},
      {"sys_info.variant", "azurelinux"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expression);
    CHECK(render(row.expression) == row.value);
  }
}

TEST_CASE("what may be a secret and what only Python knows is undefined") {
  for (const std::string_view name :
       {"userdata", "vendordata", "vendor_data", "merged_cfg", "merged_system_cfg",
        "v1.python_version", "python_version", "sys_info.python", "ds.meta_data.random_seed",
        "ds.meta_data.imds.compute.userData", "ds.meta_data.imds.compute.customData"}) {
    CAPTURE(name);
    CHECK(render(name).starts_with("CI_MISSING_JINJA_VAR/"));
    CHECK(is_left_out_variable(name));
  }
  const auto all = make_instance_variables(sample()).dump();
  CHECK(all.find("hunter2") == std::string::npos);
  CHECK(all.find("aHVudGVyMg") == std::string::npos);
}

TEST_CASE("only Azure China has a cloud id of its own") {
  for (const auto& [location, id] :
       std::vector<std::pair<std::string, std::string>>{{"westeurope", "azure"},
                                                        {"chinaeast2", "azure-china"},
                                                        {"chinanorth", "azure-china"},
                                                        {"southchina", "azure"},
                                                        {"usgovvirginia", "azure"},
                                                        {"", "azure"}}) {
    CAPTURE(location);
    auto facts = sample();
    facts.imds["compute"]["location"] = location;
    CHECK(render("v1.cloud_id", facts) == id);
    CHECK(render("v1.region", facts) == location);
  }
}

TEST_CASE("without IMDS its values are none") {
  for (const json& answer : {json(nullptr), json::object(), json::array({1}), json("x"),
                             json{{"compute", nullptr}}, json{{"compute", "x"}}}) {
    CAPTURE(answer.dump());
    auto facts = sample();
    facts.imds = answer;
    CHECK(render("v1.region", facts) == "None");
    CHECK(render("v1.availability_zone", facts) == "None");
    CHECK(render("v1.cloud_id", facts) == "azure");
    CHECK(render("ds.meta_data.local_hostname", facts) == "web.example.org");
  }
  auto facts = sample();
  facts.imds = nullptr;
  CHECK(render("ds.meta_data.imds", facts) == "{}");
}

TEST_CASE("values that are not known are undefined or empty") {
  CHECK(render("v1.local_hostname", {}) == "");
  CHECK(render("ds.meta_data.local_hostname", {}) == "CI_MISSING_JINJA_VAR/local_hostname");
  CHECK(render("v1.system_platform", {}) == "CI_MISSING_JINJA_VAR/system_platform");
  CHECK(render("sys_info.platform", {}) == "CI_MISSING_JINJA_VAR/platform");
  CHECK(render("v1.public_ssh_keys", {}) == "[]");
  CHECK(render("v1.subplatform", {}) == "unknown (None)");
}

TEST_CASE("the host name of v1 ends before the first dot, and an address becomes a name") {
  for (const auto& [name, local] :
       std::vector<std::pair<std::string, std::string>>{{"web", "web"},
                                                        {"web.example.org", "web"},
                                                        {"web.", "web"},
                                                        {"10.0.0.4", "ip-10-0-0-4"},
                                                        {"10.0.0", "10"},
                                                        {"10.0.0.4.5", "10"}}) {
    CAPTURE(name);
    CHECK(render("v1.local_hostname", {.host_name = name}) == local);
    CHECK(render("ds.meta_data.local_hostname", {.host_name = name}) == name);
  }
}

TEST_CASE("the subplatform says what gave the provisioning data") {
  for (const auto& [seed, text] : std::vector<std::pair<std::string, std::string>>{
           {"/dev/sr0", "config-disk (/dev/sr0)"},
           {"IMDS", "imds (IMDS)"},
           {"/var/lib/waagent", "seed-dir (/var/lib/waagent)"}}) {
    CHECK(render("v1.subplatform", {.seed = seed}) == text);
  }
}

TEST_CASE("distributions have cloud-init's names and releases") {
  struct Row {
    OsRelease os;
    std::string dist;
    std::string variant;
  };
  const Row rows[] = {
      {{.id = "azurelinux", .version_id = "3.0", .version = "3.0.20240524"},
       "['azurelinux', '3.0', '']",
       "azurelinux"},
      {{.id = "mariner", .version_id = "2.0"}, "['mariner', '2.0', '']", "mariner"},
      {{.id = "debian", .version_id = "12", .version = "12 (bookworm)"},
       "['debian', '12', 'bookworm']",
       "debian"},
      {{.id = "debian", .version_id = "13", .version = "13 (x)", .version_codename = "trixie"},
       "['debian', '13', 'trixie']",
       "debian"},
      {{.id = "rhel", .version_id = "9.4", .version = "9.4 (Plow)"},
       "['redhat', '9.4', 'Plow']",
       "rhel"},
      {{.id = "sles", .version_id = "15.6", .version_codename = "x"},
       "['sles', '15.6', 'aarch64']",
       "suse"},
      {{.id = "opensuse-leap", .version_id = "15.6"},
       "['opensuse-leap', '15.6', 'aarch64']",
       "suse"},
      {{.id = "photon", .version_id = "5.0", .version_codename = "x", .pretty_name = "Photon 5"},
       "['photon', '5.0', 'Photon 5']",
       "photon"},
      {{.id = "ubuntu", .version_id = "24.04", .version = "24.04.1 LTS (Noble Numbat)"},
       "['ubuntu', '24.04', '']",
       "ubuntu"},
      {{.id = "fedora", .version = "41 (Cloud Edition"}, "['fedora', '', '']", "fedora"},
      {{.id = "fedora", .version = "41()"}, "['fedora', '', '']", "fedora"},
      {{.id = "nixos"}, "['nixos', '', '']", "linux"},
      {{}, "['', '', '']", "linux"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.dist);
    const InstanceFacts facts = {.os = row.os, .machine = "aarch64"};
    CHECK(render("sys_info.dist", facts) == row.dist);
    CHECK("['" + render("v1.distro", facts) + "', '" + render("v1.distro_version", facts) + "', '" +
              render("v1.distro_release", facts) + "']" ==
          row.dist);
    CHECK(render("v1.variant", facts) == row.variant);
  }
}

TEST_CASE("names with operators of Jinja have an alias") {
  for (const auto& [name, alias] :
       std::vector<std::pair<std::string, std::string>>{{"instance-id", "instance_id"},
                                                        {"v1.0", "v1_0"},
                                                        {"a/b", "a_b"},
                                                        {"a//b", "a_b"},
                                                        {"a**b!=c", "a_b_c"},
                                                        {"a--b", "a__b"},
                                                        {"a|b:c;d,e", "a_b_c_d_e"},
                                                        {"(x)[y]{z}", "_x__y__z_"},
                                                        {"a!b?c d@e_f", "a!b?c d@e_f"},
                                                        {"", ""}}) {
    CAPTURE(name);
    CHECK(find_alias(name) == alias);
  }
}

TEST_CASE("aliases are added in maps at every level, not over other names and not for maps") {
  auto facts = sample();
  facts.imds = json::parse(R"({"a-b": 1, "x": {"c.d": [{"e-f": 2}]}, "g-h": {"i": 3},
                               "j-k": 4, "j_k": 5})");
  const json seen = make_instance_variables(facts)["ds"]["meta_data"]["imds"];
  CHECK(seen == json::parse(R"({"a-b": 1, "a_b": 1, "g-h": {"i": 3}, "j-k": 4, "j_k": 5,
                                "x": {"c.d": [{"e-f": 2}], "c_d": [{"e-f": 2}]}})"));
}

TEST_CASE("the system's platform is what Python calls it") {
  // platform.platform()
  CHECK(describe_system_platform("6.6.57.1-2.azl3", "x86_64", "2.38") ==
        "Linux-6.6.57.1-2.azl3-x86_64-with-glibc2.38");
}
