// Which .network files are written, kept and removed, and which changes a later boot detects.
#include "provision/apply/network_files.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/engine/decide.h"
#include "provision/plan/network.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using azl::net::MacAddress;
using azl::test::Bench;
using azl::test::kVm;

namespace {

constexpr MacAddress kA{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0a};
constexpr MacAddress kB{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0b};
constexpr const char* kFileA = "etc/systemd/network/50-azl-provision-000d3a00000a.network";
constexpr const char* kFileB = "etc/systemd/network/50-azl-provision-000d3a00000b.network";

/// A machine with NICs in /sys and networkd enabled.
struct NetworkBench : Bench {
  NetworkBench() {
    tree.write("usr/lib/systemd/system/systemd-networkd.service", "[Service]\n")
        .symlink("/usr/lib/systemd/system/systemd-networkd.service",
                 "etc/systemd/system/multi-user.target.wants/systemd-networkd.service");
    plug("eth0", 2, "00:0d:3a:00:00:0a");
    plug("eth1", 3, "00:0d:3a:00:00:0b");
  }
  void plug(const std::string& name, int index, const std::string& mac) {
    const std::string directory = "sys/class/net/" + name + "/";
    tree.write(directory + "ifindex", std::to_string(index) + "\n")
        .write(directory + "type", "1\n")
        .write(directory + "address", mac + "\n")
        .write(directory + "flags", "0x1003\n")
        .symlink("/sys/bus/vmbus/drivers/hv_netvsc", directory + "device/driver");
  }
  void unplug(const std::string& name) {
    std::filesystem::remove_all(tree.path("sys/class/net/" + name));
  }

  /// A boot in which IMDS lists NICs A and B, and A is the primary.
  std::unique_ptr<StageRun> first_boot() {
    auto boot = run(Stage::kMain);
    REQUIRE(read_sysfs(*boot));
    boot->facts.primary = azl::net::Primary{.link = 2, .certain = true, .why = "a test says so"};
    boot->facts.imds = azl::imds::ImdsAnswer{.instance = {}, .api_version = "2025-04-07"};
    boot->facts.imds->instance.interfaces = {
        {.mac = "00:0d:3a:00:00:0a", .ipv4 = {{"10.0.0.4", 24}}, .ipv6 = {}},
        {.mac = "00:0d:3a:00:00:0b", .ipv4 = {{"10.0.1.4", 24}}, .ipv6 = {}}};
    decide_network(boot->facts, boot->config, boot->plan);
    return boot;
  }
  static bool read_sysfs(StageRun& run) {
    auto links = azl::net::read_sysfs_links(run.context.root());
    if (links) run.facts.network.links = std::move(*links);
    return links.has_value();
  }
  /// The link stage of a later boot, without an answer from IMDS.
  std::unique_ptr<StageRun> later_boot(const Config& config = {}) {
    auto boot = run(Stage::kLink, config);
    REQUIRE(read_sysfs(*boot));
    auto known = load_known_network(root, kVm);
    REQUIRE(known);
    boot->facts.known_network = std::move(*known);
    return boot;
  }
  [[nodiscard]] bool exists(const char* path) const { return tree.exists(path); }
  [[nodiscard]] std::string read(const char* path) const { return tree.read(path); }
  [[nodiscard]] NetworkNews news(const Config& config = {}) const {
    return look_for_network_news(root, config, provisioned());
  }
  static State provisioned() {
    State state;
    state.vm_id = kVm;
    state.provisioned = Provisioned{.at = "2026-01-01", .by = "azl-provision", .boot_id = "b"};
    return state;
  }
};

/// Configures the network as the run's stage does.
StepEnd configure(StageRun& run) {
  if (run.context.stage == Stage::kLink)
    decide_network_anew(run.context, run.facts, run.plan, run.recorder);
  auto result = configure_network(run.context, run.facts, run.plan.network, run.recorder);
  if (!result) FAIL(result.error().to_string());
  return *result;
}

}  // namespace

TEST_CASE("a secondary NIC gets a file and is remembered") {
  NetworkBench bench;
  auto boot = bench.first_boot();
  const auto first = configure(*boot);
  CHECK(first.outcome == StepOutcome::kDone);
  CHECK(first.why == "wrote 1 file; networkd is not asked to read them: root tree");
  CHECK_FALSE(bench.exists(kFileA));
  CHECK(bench.read(kFileB) == boot->plan.network.files.front().content);
  CHECK(boot->record.findings.empty());
  const auto known = load_known_network(bench.root, kVm);
  REQUIRE(known);
  CHECK(known->places == azl::net::Places{{kA, 0}, {kB, 1}});
  CHECK(known->answered_for.size() == 2);
  REQUIRE(known->listed);
  CHECK(known->listed->size() == 2);
  CHECK(bench.news().why.empty());

  const auto again = configure(*boot);
  CHECK(again.outcome == StepOutcome::kUnchanged);
  CHECK(again.why == "1 file were right already");
}

TEST_CASE("a file that is not ours is kept, and a note reports it") {
  NetworkBench bench;
  bench.tree.write(kFileB, "[Match]\nName=eth1\n");
  auto boot = bench.first_boot();
  CHECK(configure(*boot).outcome == StepOutcome::kUnchanged);
  CHECK(bench.read(kFileB) == "[Match]\nName=eth1\n");
  REQUIRE(boot->record.findings.size() == 1);
  CHECK(boot->record.findings[0].severity == Severity::kNote);
  CHECK(boot->record.findings[0].chain.front() ==
        std::string("/") + kFileB + " is not from azl-provision, so it stays as it is");
  CHECK(bench.news().why.empty());
}

TEST_CASE("a file that cannot be written is a degraded finding, and the other NIC gets its file") {
  NetworkBench bench;
  bench.plug("eth2", 4, "00:0d:3a:00:00:0c");
  bench.tree.mkdir(kFileB);
  auto boot = bench.first_boot();
  CHECK(configure(*boot).outcome == StepOutcome::kDone);
  CHECK(bench.exists("etc/systemd/network/50-azl-provision-000d3a00000c.network"));
  REQUIRE(boot->record.findings.size() == 1);
  CHECK(boot->record.findings[0].severity == Severity::kDegraded);
  CHECK(boot->record.findings[0].reason == "network");
  CHECK(boot->record.findings[0].chain.front() == "the NIC 00:0d:3a:00:00:0b is not configured");
}

TEST_CASE("a NIC's file is removed with the NIC and restored with it, without IMDS") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  const auto content = bench.read(kFileB);

  bench.unplug("eth1");
  CHECK(bench.news().why == std::string("/") + kFileB + " is no longer needed");
  CHECK_FALSE(bench.news().ask);
  CHECK_FALSE(bench.news().write);
  auto without = bench.later_boot();
  CHECK(configure(*without).why == "removed 1 file; networkd is not asked to read them: root tree");
  CHECK_FALSE(bench.exists(kFileB));
  CHECK(bench.news().why.empty());

  bench.plug("eth7", 9, "00:0d:3a:00:00:0b");
  CHECK(bench.news().why == std::string("/") + kFileB + " is missing or differs");
  CHECK_FALSE(bench.news().ask);
  CHECK(bench.news().write);
  auto back = bench.later_boot();
  (void)configure(*back);
  CHECK(bench.read(kFileB) == content);
  CHECK(bench.news().why.empty());
}

TEST_CASE("a NIC that is missing while udev handles devices is no news: it may only be late") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  bench.tree.write("run/udev/queue", "");
  SUBCASE("the second NIC") { bench.unplug("eth1"); }
  SUBCASE("the primary") { bench.unplug("eth0"); }
  CHECK(bench.news().why.empty());
  std::filesystem::remove(bench.tree.path("run/udev/queue"));
  CHECK_FALSE(bench.news().why.empty());
}

TEST_CASE("another NIC's news does not remove the file of a NIC that may only be late") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  bench.tree.write("run/udev/queue", "");
  bench.unplug("eth1");
  bench.plug("eth2", 4, "00:0d:3a:00:00:0c");
  CHECK(bench.news().ask);
  auto boot = bench.later_boot();
  (void)configure(*boot);
  CHECK(bench.exists(kFileB));
  std::filesystem::remove(bench.tree.path("run/udev/queue"));
  auto later = bench.later_boot();
  (void)configure(*later);
  CHECK_FALSE(bench.exists(kFileB));
}

TEST_CASE("a file that is missing is news, also while udev handles devices") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  bench.tree.write("run/udev/queue", "");
  std::filesystem::remove(bench.tree.path(kFileB));
  CHECK(bench.news().write);
}

TEST_CASE("IMDS is asked about a NIC that it has not listed yet") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  bench.plug("eth2", 4, "00:0d:3a:00:00:0c");
  CHECK(bench.news().ask);
  CHECK(bench.news().why == "IMDS has not yet listed the NIC 00:0d:3a:00:00:0c");
  // IMDS does not answer: the NIC gets a file without addresses, and IMDS is asked again.
  auto boot = bench.later_boot();
  CHECK(configure(*boot).why == "wrote 1 file; networkd is not asked to read them: root tree");
  CHECK(bench.exists("etc/systemd/network/50-azl-provision-000d3a00000c.network"));
  CHECK(bench.news().ask);
}

TEST_CASE("nothing is written outside the tree if the directory is a symbolic link") {
  azl::test::TemporaryTree outside;
  NetworkBench bench;
  bench.tree.symlink(outside.path(), "etc/systemd/network");
  auto boot = bench.first_boot();
  CHECK(configure(*boot).why == "1 file could not be changed");
  CHECK(std::filesystem::is_empty(outside.path()));
  REQUIRE(boot->record.findings.size() == 1);
  CHECK(boot->record.findings[0].severity == Severity::kDegraded);
}

TEST_CASE("files move to another directory if the configuration says so") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  Config config;
  config.network.options.files = azl::net::NetworkOptions::Where::kRun;
  CHECK(bench.news(config).write);
  const auto local = bench.run(Stage::kLocal, config);
  const auto result = write_remembered_files(local->context, local->recorder);
  REQUIRE(result);
  const auto& written = *result;
  CHECK(written.outcome == StepOutcome::kDone);
  CHECK(written.why == "wrote 1 file, from what is remembered");
  CHECK(bench.exists("run/systemd/network/50-azl-provision-000d3a00000b.network"));
  CHECK(bench.exists(kFileB));  // the local stage does not remove files
  auto link = bench.later_boot(config);
  (void)configure(*link);
  CHECK_FALSE(bench.exists(kFileB));
  CHECK(bench.news(config).why.empty());
}

TEST_CASE(
    "network changes are detected only with networkd, and only if this agent provisioned the VM") {
  NetworkBench bench;
  CHECK_FALSE(bench.news().why.empty());  // nothing is remembered yet
  CHECK(look_for_network_news(bench.root, {}, State{}).why.empty());
  auto adopted = NetworkBench::provisioned();
  adopted.provisioned->by = "cloud-init";
  CHECK(look_for_network_news(bench.root, {}, adopted).why.empty());
  std::filesystem::remove(
      bench.tree.path("etc/systemd/system/multi-user.target.wants/systemd-networkd.service"));
  CHECK(bench.news().why.empty());
}

TEST_CASE("IMDS is asked again if network.json cannot be read") {
  NetworkBench bench;
  bench.tree.write("var/lib/azl-provision/network.json", "{");
  CHECK(bench.news().ask);
  CHECK(bench.news().why ==
        "reading /var/lib/azl-provision/network.json: it is not JSON (line 1, column 2)");
}

TEST_CASE("without networkd no file is written or removed") {
  NetworkBench bench;
  auto first = bench.first_boot();
  (void)configure(*first);
  std::filesystem::remove(
      bench.tree.path("etc/systemd/system/multi-user.target.wants/systemd-networkd.service"));
  bench.unplug("eth1");
  auto boot = bench.later_boot();
  CHECK(configure(*boot).outcome == StepOutcome::kSkipped);
  CHECK(bench.exists(kFileB));
}

TEST_CASE("no file is written if the primary NIC is not known") {
  NetworkBench bench;
  auto boot = bench.first_boot();
  SUBCASE("no link leads to Azure") { boot->facts.primary.reset(); }
  SUBCASE("the primary is only a guess") { boot->facts.primary->certain = false; }
  boot->plan = {};
  decide_network(boot->facts, boot->config, boot->plan);
  const auto skipped = configure(*boot);
  CHECK(skipped.outcome == StepOutcome::kSkipped);
  CHECK_FALSE(bench.exists(kFileB));
  CHECK_FALSE(bench.exists("var/lib/azl-provision/network.json"));
  REQUIRE(boot->plan.findings.size() == 1);
  CHECK(boot->plan.findings[0].severity == Severity::kDegraded);
}
