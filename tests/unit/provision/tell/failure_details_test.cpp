#include "provision/tell/failure_details.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;

namespace {

using Lines = std::vector<std::string>;

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

/// A VM with a synthetic NIC, its virtual function and a lease.
FailureDetails usual() {
  FailureDetails details;
  details.network.links = {{.index = 1, .name = "lo", .type = azl::net::kLoopbackType, .up = true},
                           {.index = 2,
                            .name = "eth0",
                            .mac = {0, 0x0d, 0x3a, 1, 2, 3},
                            .driver = "hv_netvsc",
                            .up = true,
                            .carrier = true},
                           {.index = 3,
                            .name = "enP1",
                            .mac = {0, 0x0d, 0x3a, 1, 2, 3},
                            .driver = "mlx5_core",
                            .master = 2}};
  details.network.addresses = {{.link = 1, .ip = ip(127, 0, 0, 1), .prefix = 8},
                               {.link = 2, .ip = ip(10, 0, 0, 4), .prefix = 24, .dynamic = true}};
  details.network.ipv6_addresses = {{.link = 2, .text = "fe80::1", .prefix = 64}};
  details.network.routes = {
      {.link = 2, .to = 0, .prefix = 0, .dhcp = true, .source = ip(10, 0, 0, 4), .metric = 100},
      {.link = 9, .to = ip(168, 63, 129, 16), .prefix = 32}};
  details.leases = {{.link = "eth0",
                     .text = "# This is private data\nADDRESS=10.0.0.4\nNETMASK=255.255.255.0\n"
                             "CLIENTID=ff00\nOPTION_245=a83f8110\n"}};
  details.journal = "[ 1.0] systemd-networkd[5]: eth0: Gained carrier\n[ 2.0] sshd[6]: bye\n";
  return details;
}

std::size_t bytes_of(const Lines& lines) {
  std::size_t bytes = 0;
  for (const auto& line : lines) bytes += line.size() + 2;
  return bytes;
}

bool has_beginning(const Lines& lines, const std::string& beginning) {
  return std::ranges::any_of(lines, [&](const auto& line) { return line.starts_with(beginning); });
}

}  // namespace

TEST_CASE("the details have links, routes, leases and the journal") {
  CHECK((describe_details(usual()) ==
         Lines{"azl-provision: the network and the journal at the failure:",
               "link eth0 00:0d:3a:01:02:03 hv_netvsc up, carrier, 10.0.0.4/24 dynamic, fe80::1/64",
               "link enP1 00:0d:3a:01:02:03 mlx5_core down, no carrier, under eth0",
               "route default on eth0, by DHCP, metric 100, from 10.0.0.4",
               "route 168.63.129.16/32 on link 9",
               "lease of eth0: ADDRESS=10.0.0.4, NETMASK=255.255.255.0, OPTION_245=a83f8110",
               "[ 1.0] systemd-networkd[5]: eth0: Gained carrier", "[ 2.0] sshd[6]: bye"}));
}

TEST_CASE("what is absent is named") {
  FailureDetails nothing;
  nothing.unread = {"journalctl: no such program"};
  CHECK((describe_details(nothing) ==
         Lines{"azl-provision: the network and the journal at the failure:", "no links",
               "no routes", "no leases", "not read: journalctl: no such program"}));
}

TEST_CASE("the details are bounded, and the end of the journal stays") {
  struct Row {
    const char* what;
    std::size_t lines;   ///< of the journal
    std::size_t length;  ///< of each
    std::size_t links;
  };
  const Row rows[] = {{"many lines", 10'000, 20, 1},
                      {"long lines", 100, 100'000, 1},
                      {"one line without an end", 1, 1 << 20, 1},
                      {"many links", 1000, 200, 1000},
                      {"links with long names", 1000, 200, 12}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    FailureDetails details;
    for (std::size_t i = 0; i < row.links; ++i) {
      details.network.links.push_back(
          {.index = static_cast<int>(i) + 1, .name = std::string(200, 'n')});
      details.network.routes.push_back({.link = static_cast<int>(i) + 1, .to = 0, .prefix = 0});
      details.leases.push_back({.link = std::string(200, 'l'), .text = "DNS=10.0.0.1\n"});
    }
    details.unread = Lines(100, std::string(300, 'u'));
    for (std::size_t i = 0; i < row.lines; ++i)
      details.journal += "line " + std::to_string(i) + " " + std::string(row.length, 'x') + "\n";
    const auto lines = describe_details(details);
    CHECK(lines.size() <= 60);
    CHECK(bytes_of(lines) <= 8192);
    CHECK(has_beginning(lines, "link "));
    CHECK(has_beginning(lines, "further links: ") == (row.links > 12));
  }
  auto long_journal = usual();
  long_journal.journal.clear();
  for (int i = 0; i < 500; ++i) long_journal.journal += "line " + std::to_string(i) + "\n";
  const auto lines = describe_details(long_journal);
  CHECK(lines.size() == 60);
  CHECK(lines.back() == "line 499");
  CHECK(lines[6] == "line 446");
}

TEST_CASE("each line is printable and has no secret") {
  auto details = usual();
  details.network.links[1].name = "eth\x1b[2J";
  details.network.links[1].driver = "a\nb";
  details.leases[0].text = "HOSTNAME=\xe2\x80\xae\x01\r\nADDRESS=10.0.0.4\n";
  details.journal = "password=hunter2\n\x1b]0;title\x07\n";
  details.unread = {"x\ny"};
  const auto lines = describe_details(details);
  for (const auto& line : lines) {
    CAPTURE(line);
    CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(line.find("hunter2") == std::string::npos);
  }
  CHECK(has_beginning(lines, "password=[removed]"));
  CHECK(has_beginning(lines, "not read: x\\x0ay"));
}

TEST_CASE("gathering asks journalctl within a deadline, and goes on without it") {
  azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::test::FakeClock clock;
  std::vector<std::string> argv;
  azl::test::PlayedProcesses played(
      [&](const azl::Command& command) -> azl::Result<azl::ProcessOutput> {
        argv = command.argv;
        return azl::ProcessOutput{.status = 0, .out = "one\ntwo\n", .err_tail = {}};
      });
  CHECK(gather_details(*root, played, clock).journal == "one\ntwo\n");
  REQUIRE(!argv.empty());
  CHECK(argv[0] == "journalctl");
  // Programs of custom data may print secrets.
  for (const auto& word : argv) CHECK(word.find("custom-data") == std::string::npos);
  CHECK(std::ranges::find(argv, "--unit=azl-provision.service") != argv.end());

  azl::test::PlayedProcesses broken([](const azl::Command&) -> azl::Result<azl::ProcessOutput> {
    return azl::fail(azl::Reason::kTimeout, "journalctl did not end in time");
  });
  const auto details = gather_details(*root, broken, clock);
  CHECK(details.journal.empty());
  CHECK((details.unread == Lines{"journalctl did not end in time"}));
}
