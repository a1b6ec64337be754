#include "provision/custom_data/plan/host_name.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

/// "name NAME" and "hosts WHOLE NAME FQDN" of the items.
Lines settings_of(const CustomDataPlan& plan) {
  Lines lines;
  for (const auto& item : plan.items) {
    if (const auto* name = std::get_if<SetHostName>(&item.action)) {
      CHECK(item.id == "hostname");
      CHECK(item.repeat == ItemRepeat::kOnce);
      lines.push_back("name " + name->name);
    }
    if (const auto* hosts = std::get_if<WriteHosts>(&item.action)) {
      CHECK(item.repeat == ItemRepeat::kEachBoot);
      lines.push_back(std::string(hosts->whole ? "hosts whole " : "hosts line ") + hosts->name +
                      " " + hosts->fqdn);
    }
    CHECK(item.phase == ItemPhase::kEarly);
  }
  return lines;
}

struct Row {
  std::string_view text;
  Lines settings;
  Lines remarks = {};
};

void check(const Row& row) {
  CAPTURE(row.text);
  const auto plan = plan_of("#cloud-config\n" + std::string(row.text) + "\n");
  CHECK(settings_of(plan) == row.settings);
  CHECK(remarks_of(plan) == row.remarks);
}

TEST_CASE("the host name is the fqdn, else the hostname") {
  // cloudinit/util.py, get_hostname_fqdn(), and prefer_fqdn of cloudinit/distros/rhel.py, of which
  // Azure Linux is a child.
  const Row rows[] = {
      {"hostname: web", {"name web"}},
      {"hostname: 12", {"name 12"}},
      {"hostname: ' web '", {"name web"}},
      {"fqdn: web.example.org", {"name web.example.org"}},
      {"hostname: a\nfqdn: web.example.org", {"name web.example.org"}},
      {"fqdn: web.example.org\nhostname: a", {"name web.example.org"}},
      {"hostname: web.example.org", {"name web.example.org"}},
      {"prefer_fqdn_over_hostname: false\nhostname: a\nfqdn: web.example.org", {"name a"}},
      {"prefer_fqdn_over_hostname: false\nfqdn: web.example.org", {"name web"}},
      {"prefer_fqdn_over_hostname: false\nhostname: web.example.org", {"name web"}},
      {"prefer_fqdn_over_hostname: true", {}},
      {"preserve_hostname: false\nhostname: web", {"name web"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("a name that cannot be used leaves the host name as it is") {
  const std::string long_label(64, 'a');
  const Row rows[] = {
      {"hostname: 'a b'", {}, {"e 2:1 hostname"}},
      {R"(hostname: "a\n127.0.0.1 b")", {}, {"e 2:1 hostname"}},
      {"hostname: web_1", {}, {"e 2:1 hostname"}},
      {"hostname: -a", {}, {"e 2:1 hostname"}},
      {"hostname: [a]", {}, {"e 2:1 hostname"}},
      {"hostname: {a: b}", {}, {"e 2:1 hostname"}},
      {"hostname:", {}, {"w 2:1 no-value"}},
      {"hostname: ' '", {}, {"w 2:1 no-value"}},
      {"hostname: a b\nfqdn: web.example.org", {"name web.example.org"}, {"e 2:1 hostname"}},
      {"hostname: web\nfqdn: a..b", {"name web"}, {"e 3:1 hostname"}},
      {"prefer_fqdn_over_hostname: 7x\nhostname: a", {"name a"}, {"w 2:1 hostname"}},
  };
  for (const auto& row : rows) check(row);
  const auto plan = plan_of("#cloud-config\nhostname: " + long_label + ".example.org\n");
  CHECK(settings_of(plan) == Lines{"name " + std::string(63, 'a')});
  CHECK(remarks_of(plan) == Lines{"w 2:1 hostname"});
}

TEST_CASE("preserve_hostname keeps the host name, and a warning says which one") {
  const Row rows[] = {
      {"preserve_hostname: true", {}, {"w 2:1 preserve-hostname"}},
      {"preserve_hostname: true\nhostname: web", {}, {"w 2:1 preserve-hostname"}},
      {"hostname: web\npreserve_hostname: yes", {}, {"w 3:1 preserve-hostname"}},
      {"preserve_hostname: true\nhostname: web\nmanage_etc_hosts: true",
       {"hosts whole web "},
       {"w 2:1 preserve-hostname"}},
      {"preserve_hostname: x\nhostname: web", {"name web"}, {"w 2:1 hostname"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("/etc/hosts is written on each boot if the document says so") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#update-etc-hosts
  const Row rows[] = {
      {"manage_etc_hosts: true", {"hosts whole  "}},
      {"manage_etc_hosts: template", {"hosts whole  "}},
      {"manage_etc_hosts: localhost", {"hosts line  "}},
      {"manage_etc_hosts: localhost\nhostname: web", {"name web", "hosts line web "}},
      {"manage_etc_hosts: true\nfqdn: web.example.org",
       {"name web.example.org", "hosts whole web web.example.org"}},
      {"manage_etc_hosts: false", {}},
      {"manage_etc_hosts:", {}},
      {"manage_etc_hosts: x", {}, {"w 2:1 manage-etc-hosts"}},
      {"manage_etc_hosts: [true]", {}, {"w 2:1 manage-etc-hosts"}},
  };
  for (const auto& row : rows) check(row);
}

}  // namespace
}  // namespace azl::provision::custom_data
