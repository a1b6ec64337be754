// Host name, time, locale, repositories and certificates of custom data.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "provision/custom_data/run/certificates.h"
#include "provision/custom_data/run/host_name_items.h"
#include "provision/custom_data/run/repositories.h"
#include "provision/custom_data/run/time_and_locale.h"
#include "provision/custom_data/run/time_servers.h"
#include "tests/unit/provision/custom_data/run/item_machine.h"

namespace azl::provision::custom_data {
namespace {

using Words = std::vector<std::string>;

/// An empty tree with what a test adds.
struct Machine : azl::test::ItemMachine {
  /// Adds a file that can be executed.
  void add_program(const std::string& path) {
    tree.write(path, "");
    ::chmod(tree.path(path).c_str(), 0755);
  }
  /// Has the programs and directories of Azure Linux, or of Debian, for certificates.
  void add_trust(const std::string& directory, const std::string& program) {
    tree.mkdir(directory);
    add_program(program);
  }
};

}  // namespace

TEST_CASE("the host name is written as Azure's is, and handed to WALinuxAgent") {
  Machine machine;
  machine.tree.write("etc/hostname", "azure-1\n").write("etc/hosts", "127.0.0.1 localhost\n");
  machine.tree.write("var/lib/waagent/published_hostname", "azure-1\n");
  const auto said = machine.carry_out(&set_host_name, SetHostName{.name = "web.example.org"});
  REQUIRE(said);
  CHECK(*said == "'web.example.org' (custom data); not announced: root tree");
  CHECK(machine.tree.read("etc/hostname") == "web.example.org\n");
  CHECK(machine.tree.read("var/lib/waagent/published_hostname") == "web.example.org\n");
  CHECK(machine.tree.read("etc/hosts") == "127.0.0.1 localhost\n");
  CHECK(machine.record.hostname == "web.example.org");
}

TEST_CASE("nothing is made for WALinuxAgent where there is none") {
  Machine machine;
  machine.tree.mkdir("etc");
  REQUIRE(machine.carry_out(&set_host_name, SetHostName{.name = "web"}));
  CHECK_FALSE(machine.tree.exists("var/lib/waagent"));
}

TEST_CASE("/etc/hosts gets one line, or is written as a whole") {
  Machine machine;
  machine.tree.write("etc/hosts", "10.0.0.1 db\n").write("etc/hostname", "azure-1.internal\n");
  REQUIRE(machine.carry_out(&write_hosts, WriteHosts{.name = "web", .fqdn = "web.example.org"}));
  CHECK(machine.tree.read("etc/hosts") ==
        "10.0.0.1 db\n127.0.1.1\tweb.example.org web  # azl-provision\n");
  // Without a name in the document, that of the system.
  REQUIRE(machine.carry_out(&write_hosts, WriteHosts{}));
  CHECK(machine.tree.read("etc/hosts") ==
        "10.0.0.1 db\n127.0.1.1\tazure-1.internal azure-1  # azl-provision\n");
  const auto said = machine.carry_out(&write_hosts, WriteHosts{});
  REQUIRE(said);
  CHECK(*said == "/etc/hosts has 'azure-1.internal azure-1' already");
  REQUIRE(machine.carry_out(&write_hosts, WriteHosts{.whole = true, .name = "web"}));
  CHECK(machine.tree.read("etc/hosts") == whole_hosts("web"));
  machine.tree.write("etc/hostname", "\n");
  const auto failed = machine.carry_out(&write_hosts, WriteHosts{});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().known_cause() == Cause::kCustomDataHostName);
}

TEST_CASE("the whole of /etc/hosts has the lines of cloud-init's template") {
  CHECK(whole_hosts("web.example.org web") ==
        "# Written by azl-provision on each boot, because custom data has 'manage_etc_hosts: "
        "true'.\n"
        "127.0.0.1 web.example.org web\n"
        "127.0.0.1 localhost.localdomain localhost\n"
        "127.0.0.1 localhost4.localdomain4 localhost4\n"
        "::1 web.example.org web\n"
        "::1 localhost6.localdomain6 localhost6\n");
  CHECK(hosts_names("web", "web.example.org") == "web.example.org web");
  CHECK(hosts_names("web", "") == "web");
  CHECK(hosts_names("web", "web") == "web");
}

TEST_CASE("time zone and locale are set by systemd's programs") {
  Machine machine;
  REQUIRE(machine.carry_out(&set_time_zone, SetTimeZone{.zone = "Europe/Vienna"}));
  REQUIRE(machine.carry_out(&set_locale, SetLocale{.name = "C.UTF-8"}));
  CHECK(machine.commands() == Words{"timedatectl --no-ask-password set-timezone Europe/Vienna",
                                    "localectl --no-ask-password set-locale LANG=C.UTF-8"});
  machine.programs_fail = true;
  CHECK(machine.carry_out(&set_time_zone, SetTimeZone{.zone = "X"}).error().known_cause() ==
        Cause::kCustomDataTimeZone);
  CHECK(machine.carry_out(&set_locale, SetLocale{.name = "x"}).error().known_cause() ==
        Cause::kCustomDataLocale);
}

TEST_CASE("a repository is written unless its file exists, or the system has apt") {
  const auto shop = [] { return AddRepository{.id = "shop", .text = Secret("[shop]\n")}; };
  Machine machine;
  CHECK(machine.carry_out(&add_repository, shop()).value() == "wrote /etc/yum.repos.d/shop.repo");
  CHECK(machine.tree.read("etc/yum.repos.d/shop.repo") == "[shop]\n");
  machine.tree.write("etc/yum.repos.d/shop.repo", "mine\n");
  CHECK(machine.carry_out(&add_repository, shop()).value() ==
        "kept /etc/yum.repos.d/shop.repo, which exists");
  CHECK(machine.tree.read("etc/yum.repos.d/shop.repo") == "mine\n");
  Machine debian;
  debian.tree.write("usr/bin/apt-get", "");
  ::chmod(debian.tree.path("usr/bin/apt-get").c_str(), 0755);
  CHECK(debian.carry_out(&add_repository, shop()).value() ==
        "did not write /etc/yum.repos.d/shop.repo, because the system has apt");
  CHECK_FALSE(debian.tree.exists("etc/yum.repos.d"));
}

TEST_CASE("certificates are written where the system's program looks for them") {
  Machine azure_linux;
  azure_linux.add_trust("etc/pki/ca-trust", "usr/bin/update-ca-trust");
  CHECK(azure_linux.carry_out(&trust_certificates, {.certificates = {"A\n", "B\n"}}).value() ==
        "wrote 2 to /etc/pki/ca-trust/source/anchors, and ran update-ca-trust");
  CHECK(azure_linux.tree.read("etc/pki/ca-trust/source/anchors/cloud-init-ca-cert-1.crt") == "A\n");
  CHECK(azure_linux.tree.read("etc/pki/ca-trust/source/anchors/cloud-init-ca-cert-2.crt") == "B\n");
  CHECK(azure_linux.commands() == Words{"update-ca-trust"});

  Machine debian;
  debian.add_trust("etc/ssl/certs", "usr/sbin/update-ca-certificates");
  REQUIRE(debian.carry_out(&trust_certificates, {.certificates = {"A\n"}}));
  CHECK(debian.tree.read("usr/local/share/ca-certificates/cloud-init-ca-cert-1.crt") == "A\n");
  CHECK(debian.commands() == Words{"update-ca-certificates"});

  debian.programs_fail = true;
  Machine other;
  for (auto* machine : {&debian, &other}) {
    const auto failed = machine->carry_out(&trust_certificates, {.certificates = {"A\n"}});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().known_cause() == Cause::kCustomDataCertificates);
  }
}

TEST_CASE("the system's certificates are not trusted any more if the document says so") {
  Machine azure_linux;
  azure_linux.add_trust("etc/pki/ca-trust/source/anchors/directory", "usr/bin/update-ca-trust");
  azure_linux.tree.write("etc/pki/ca-trust/source/README", "x")
      .write("etc/pki/ca-trust/source/anchors/image.pem", "x")
      .write("etc/pki/ca-trust/source/blocklist/x.pem", "x")
      .write("usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit", "x")
      .write("usr/share/pki/ca-trust-source/anchors/x.pem", "x")
      .write("usr/share/pki/ca-trust-source/README", "x")
      .write("usr/share/pki/other", "x");
  REQUIRE(azure_linux.carry_out(&trust_certificates,
                                {.certificates = {"A\n"}, .remove_defaults = true}));
  CHECK_FALSE(azure_linux.tree.exists("usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit"));
  CHECK_FALSE(azure_linux.tree.exists("usr/share/pki/ca-trust-source/anchors/x.pem"));
  CHECK_FALSE(azure_linux.tree.exists("etc/pki/ca-trust/source/README"));
  CHECK_FALSE(azure_linux.tree.exists("etc/pki/ca-trust/source/anchors/image.pem"));
  CHECK(azure_linux.tree.read("etc/pki/ca-trust/source/anchors/cloud-init-ca-cert-1.crt") == "A\n");
  CHECK(azure_linux.tree.exists("etc/pki/ca-trust/source/anchors/directory"));
  CHECK(azure_linux.tree.exists("etc/pki/ca-trust/source/blocklist/x.pem"));
  CHECK(azure_linux.tree.exists("usr/share/pki/other"));

  Machine debian;
  debian.add_trust("etc/ssl/certs", "usr/sbin/update-ca-certificates");
  debian.tree.write("usr/local/share/ca-certificates/image.crt", "x")
      .write("etc/ca-certificates.conf", "# a\nmozilla/A.crt\n!mozilla/B.crt\n");
  REQUIRE(debian.carry_out(&trust_certificates, {.certificates = {}, .remove_defaults = true}));
  CHECK(debian.tree.read("etc/ca-certificates.conf") == "# a\n!mozilla/A.crt\n!mozilla/B.crt\n");
  CHECK(debian.commands() == Words{"debconf-set-selections", "update-ca-certificates"});
  CHECK(debian.tree.exists("usr/local/share/ca-certificates/image.crt"));
}

TEST_CASE("no certificate is removed where the program that trusts others is missing") {
  constexpr const char* kDefault = "usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit";
  Machine machine;
  machine.tree.mkdir("etc/pki/ca-trust/source/anchors").write(kDefault, "x");
  machine.tree.write("usr/bin/update-ca-trust", "");  // cannot be executed
  const auto failed =
      machine.carry_out(&trust_certificates, {.certificates = {"A\n"}, .remove_defaults = true});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().known_cause() == Cause::kCustomDataCertificates);
  CHECK(machine.tree.exists(kDefault));
  CHECK(machine.commands() == Words{});
  // Where a certificate cannot be written, the others stay, too.
  machine.add_program("usr/bin/update-ca-trust");
  machine.tree.mkdir("etc/pki/ca-trust/source/anchors/cloud-init-ca-cert-1.crt");
  CHECK_FALSE(
      machine.carry_out(&trust_certificates, {.certificates = {"A\n"}, .remove_defaults = true}));
  CHECK(machine.tree.exists(kDefault));
}

TEST_CASE("certificates of an earlier document are removed") {
  const std::string directory = "etc/pki/ca-trust/source/anchors/";
  Machine machine;
  machine.add_trust(directory, "usr/sbin/update-ca-trust");
  for (const auto* name : {"cloud-init-ca-cert-1.crt", "cloud-init-ca-cert-2.crt",
                           "cloud-init-ca-cert-10.crt", "cloud-init-ca-cert-x.crt", "mine.crt"})
    machine.tree.write(directory + name, "old\n");
  REQUIRE(machine.carry_out(&trust_certificates, {.certificates = {"A\n"}}));
  CHECK(machine.root.list("/" + directory).value() ==
        Words{"cloud-init-ca-cert-1.crt", "cloud-init-ca-cert-x.crt", "mine.crt"});
  CHECK(machine.tree.read(directory + "cloud-init-ca-cert-1.crt") == "A\n");
}

TEST_CASE("chrony gets the servers, and keeps the clock of Azure's host") {
  const SetTimeServers servers{.servers = {"a"}, .pools = {"b"}, .peers = {"c"}, .allow = {"d/8"}};
  const std::string text =
      "refclock PHC /dev/ptp_hyperv poll 3\n"
      "# azl-provision: turned off by custom data: pool 2.pool.ntp.org iburst\n"
      "# server x\n"
      "makestep 1.0 -1\n"
      "# azl-provision: turned off by custom data:   Server y\n"
      "# azl-provision: ntp of custom data begins\n"
      "server a iburst\n"
      "pool b iburst\n"
      "peer c\n"
      "allow d/8\n"
      "# azl-provision: ntp of custom data ends\n";
  CHECK(chrony_config_with("refclock PHC /dev/ptp_hyperv poll 3\n"
                           "pool 2.pool.ntp.org iburst\n"
                           "# server x\n"
                           "makestep 1.0 -1\n"
                           "  Server y",
                           servers) == text);
  CHECK(chrony_config_with(text, servers) == text);
  Machine machine;
  machine.tree.write("etc/chrony.conf", "refclock PHC /dev/ptp_hyperv\n");
  CHECK(machine.carry_out(&set_time_servers, servers).value() ==
        "configured chrony in /etc/chrony.conf");
  CHECK(machine.tree.read("etc/chrony.conf").starts_with("refclock PHC /dev/ptp_hyperv\n# azl"));
  CHECK(machine.commands() == Words{});  // a root tree
}

TEST_CASE("only a block with an end is replaced in chrony.conf, whose mode stays") {
  const std::string begin = "# azl-provision: ntp of custom data begins\n";
  const std::string end = "# azl-provision: ntp of custom data ends\n";
  const std::string block = begin + "server a iburst\n" + end;
  const SetTimeServers servers{.servers = {"a"}};
  CHECK(chrony_config_with(begin + "refclock PHC\n\nmakestep 1 -1\n", servers) ==
        "refclock PHC\n\nmakestep 1 -1\n" + block);
  CHECK(chrony_config_with(begin + "refclock PHC\n" + begin + "peer x\n" + end, servers) ==
        "refclock PHC\n" + block);
  CHECK(chrony_config_with("refclock PHC\n" + end + "keys\n", servers) ==
        "refclock PHC\nkeys\n" + block);
  Machine machine;
  machine.tree.write("etc/chrony.conf", "refclock PHC\n");
  ::chmod(machine.tree.path("etc/chrony.conf").c_str(), 0640);
  const auto before = machine.root.stat("/etc/chrony.conf").value().value();
  REQUIRE(machine.carry_out(&set_time_servers, servers));
  const auto after = machine.root.stat("/etc/chrony.conf").value().value();
  CHECK((after.mode & 07777U) == 0640);
  CHECK(after.uid == before.uid);
  CHECK(after.gid == before.gid);
}

TEST_CASE("a service that does not start with the servers gets its configuration back") {
  Machine machine;
  machine.tree.write("etc/chrony.conf", "old\n");
  Words seen;
  bool starts_with_old = true;
  const auto replace = [&](const std::string& path) {
    seen.clear();
    return replace_configuration(machine.root, path, "new\n", [&]() -> Result<void> {
      const auto text = machine.root.read_if_exists(path).value();
      seen.push_back(text.value_or("none"));
      if (seen.size() == 2 && starts_with_old) return {};
      return fail(Cause::kCustomDataTimeServers, "no start");
    });
  };
  const auto failed = replace("/etc/chrony.conf");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().known_cause() == Cause::kCustomDataTimeServers);
  CHECK(failed.error().to_string() == "no start; /etc/chrony.conf is as it was before");
  CHECK(seen == Words{"new\n", "old\n"});
  CHECK(machine.tree.read("etc/chrony.conf") == "old\n");
  CHECK_FALSE(replace("/etc/new.conf"));
  CHECK(seen == Words{"new\n", "none"});
  CHECK_FALSE(machine.tree.exists("etc/new.conf"));
  starts_with_old = false;
  CHECK(replace("/etc/chrony.conf").error().to_string().ends_with("restarted with it either"));
}

TEST_CASE("systemd-timesyncd is configured if it is asked for, or there is no chrony") {
  constexpr const char* kFile = "etc/systemd/timesyncd.conf.d/90-azl-provision-custom-data.conf";
  Machine machine;
  machine.tree.write("usr/lib/systemd/systemd-timesyncd", "");
  CHECK(machine.carry_out(&set_time_servers, {.servers = {"a"}, .pools = {"b"}, .allow = {"c"}})
            .value()
            .ends_with("; it has no use for 'peers' and 'allow'"));
  CHECK(machine.tree.read(kFile) ==
        "# Written by azl-provision for ntp of custom data.\n[Time]\nNTP=\nNTP=a b\n");
  REQUIRE(
      machine.carry_out(&set_time_servers, {.client = TimeClient::kTimesyncd, .servers = {"z"}}));
  CHECK(machine.tree.read(kFile).ends_with("\nNTP=z\n"));
  // chronyd starts again on the next boot, and stops systemd-timesyncd.
  machine.tree.write("etc/chrony/chrony.conf", "");
  const auto refused =
      machine.carry_out(&set_time_servers, {.client = TimeClient::kTimesyncd, .servers = {"y"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().known_cause() == Cause::kNoTimeClient);
  CHECK(refused.error().to_string().contains("has chrony"));
  CHECK(machine.tree.read(kFile).ends_with("\nNTP=z\n"));
  const std::pair<TimeClient, std::string> missing[] = {
      {TimeClient::kAuto, "the system has neither chrony nor systemd-timesyncd"},
      {TimeClient::kChrony, "the system has no chrony"},
      {TimeClient::kTimesyncd, "the system has no systemd-timesyncd"},
  };
  Machine bare;
  for (const auto& [client, why] : missing) {
    const auto failed = bare.carry_out(&set_time_servers, {.client = client, .servers = {"a"}});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().to_string() == why);
    CHECK(failed.error().known_cause() == Cause::kNoTimeClient);
  }
}

}  // namespace azl::provision::custom_data
