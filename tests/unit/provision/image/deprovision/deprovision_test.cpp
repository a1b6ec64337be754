#include "provision/image/deprovision/deprovision.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;
using enum RemovalAction;

namespace {

using Lines = std::vector<std::string>;

/// "remove /etc/x", and "! keep /etc/y" for a warning.
Lines lines_of(const std::vector<Removal>& removals) {
  Lines lines;
  for (const auto& each : removals) {
    CHECK_FALSE(each.why.empty());
    lines.push_back((each.warning ? "! " : "") + std::string(to_string(each.action)) + " " +
                    each.what);
  }
  return lines;
}

Lines decide(const DeprovisionFacts& facts, const DeprovisionOptions& options = {}) {
  return lines_of(decide_deprovision(facts, options));
}

/// What is found at a path that fits a rule of this pattern.
FoundPath found(std::string_view pattern, std::string path = {}) {
  const auto rules = known_paths();
  const auto rule = std::ranges::find(rules, pattern, &KnownPath::pattern);
  REQUIRE(rule != rules.end());
  return {.rule = static_cast<std::size_t>(rule - rules.begin()),
          .path = path.empty() ? std::string(pattern) : std::move(path),
          .regular = true};
}

WrittenFact written(std::string path, WrittenNow now, bool had_existed = false) {
  return {.path = std::move(path),
          .entry = {.step = "sshd", .sha256 = "aa", .had_existed = had_existed},
          .now = now};
}
WrittenFact made_directory(std::string path) {
  return {
      .path = std::move(path), .entry = {.step = "sshd", .sha256 = {}}, .now = WrittenNow::kSame};
}

DeprovisionUser ida() {
  return {
      .recorded = {.name = "ida", .uid = 1000, .made = true},
      .account =
          Account{.name = "ida", .uid = 1000, .gid = 1000, .home = "/home/ida", .shell = "/bin/sh"},
      .home_exists = true,
      .home_is_directory = true,
      .home_uid = 1000};
}

}  // namespace

TEST_CASE("of the known paths, those go that are there and wanted") {
  struct Row {
    FoundPath found;
    DeprovisionOptions options;
    Lines expected;
  };
  const auto with = [](FoundPath path, auto change) {
    change(path);
    return path;
  };
  const std::string drop_in = "/etc/ssh/sshd_config.d/50-cloud-init.conf";
  const std::vector<Row> rows = {
      {found("/etc/ssh/ssh_host_*_key*", "/etc/ssh/ssh_host_rsa_key.pub"),
       {},
       {"remove /etc/ssh/ssh_host_rsa_key.pub"}},
      {found("/etc/machine-id"), {}, {"empty /etc/machine-id"}},
      {with(found("/etc/machine-id"), [](auto& f) { f.set = false; }), {}, {}},
      {found("/var/lib/dbus/machine-id"), {}, {"remove /var/lib/dbus/machine-id"}},
      {with(found("/var/lib/dbus/machine-id"), [](auto& f) { f.regular = false; }), {}, {}},
      {with(found("/var/lib/waagent"), [](auto& f) { f.directory = true; }),
       {},
       {"remove-tree /var/lib/waagent"}},
      {with(found("/var/lib/waagent"), [](auto& f) { f.linked = true; }),
       {},
       {"! keep /var/lib/waagent"}},
      {found(drop_in), {}, {}},
      {with(found(drop_in), [](auto& f) { f.ours = true; }), {}, {"remove " + drop_in}},
      {found("/var/log/wtmp"), {}, {}},
      {found("/var/log/wtmp"), {.logs = true}, {"empty /var/log/wtmp"}},
      {found("/var/lib/cloud/sem"), {.logs = true}, {}},
      {found("/var/lib/cloud/sem"), {.programs = true}, {"remove /var/lib/cloud/sem"}},
      {found("/var/lib/azl-provision/*", "/var/lib/azl-provision/programs"), {}, {}},
      {found("/var/lib/azl-provision/programs"),
       {.programs = true},
       {"remove /var/lib/azl-provision/programs"}},
      {found("/var/lib/azl-provision/*", "/var/lib/azl-provision/making-user"),
       {},
       {"remove /var/lib/azl-provision/making-user"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.found.path);
    DeprovisionFacts facts;
    facts.found = {row.found};
    CHECK(decide(facts, row.options) == row.expected);
  }
}

TEST_CASE("the state and the record of what there is to remove go last") {
  DeprovisionFacts facts;
  for (const std::string name : {"boots", "state.json", "written.json"})
    facts.found.push_back(found("/var/lib/azl-provision/*", "/var/lib/azl-provision/" + name));
  facts.user = ida();
  facts.host_name = "web-1";
  facts.vm_host_names = {"web-1"};
  facts.hosts_line = true;
  facts.fstab_lines = true;
  facts.agent_units = {"waagent.service"};
  CHECK(decide(facts, {.user = true}) ==
        Lines{"stop waagent.service", "remove /etc/hostname", "edit /etc/hosts", "edit /etc/fstab",
              "remove-tree /home/ida", "remove-user ida", "remove /var/lib/azl-provision/boots",
              "remove /var/lib/azl-provision/state.json",
              "remove /var/lib/azl-provision/written.json"});
}

TEST_CASE("a host name that is not this VM's stays") {
  DeprovisionFacts facts;
  facts.host_name = "golden";
  facts.vm_host_names = {"web-1", ""};
  CHECK(decide(facts).empty());
  facts.host_name = "";
  CHECK(decide(facts).empty());
}

TEST_CASE("of what the steps wrote, only what they made and nobody changed goes") {
  struct Row {
    WrittenFact fact;
    Lines expected;
  };
  const std::vector<Row> rows = {
      {written("/etc/x", WrittenNow::kSame), {"remove /etc/x"}},
      {written("/etc/x", WrittenNow::kGone), {}},
      {written("/etc/x", WrittenNow::kChanged), {"! keep /etc/x"}},
      {written("/etc/x", WrittenNow::kUnreadable), {"! keep /etc/x"}},
      {written("/etc/x", WrittenNow::kSame, true), {"! keep /etc/x"}},
      {written("/etc/group", WrittenNow::kSame, true), {}},
      {written("/etc/passwd", WrittenNow::kSame), {"! keep /etc/passwd"}},
      {written("/etc/resolv.conf", WrittenNow::kSame), {"! keep /etc/resolv.conf"}},
      {written("/etc/../etc/x", WrittenNow::kSame), {"! keep /etc/../etc/x"}},
      {written("/../../etc/x", WrittenNow::kSame), {"! keep /../../etc/x"}},
      {written("/x", WrittenNow::kSame), {"! keep /x"}},
      {made_directory("/etc/d"), {"remove-if-empty /etc/d"}},
      {made_directory("/usr/lib/d"), {"! keep /usr/lib/d"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.fact.path);
    DeprovisionFacts facts;
    facts.written = {row.fact};
    CHECK(decide(facts) == row.expected);
  }
}

TEST_CASE("directories go after what is in them") {
  DeprovisionFacts facts;
  facts.written = {made_directory("/a/b"), made_directory("/a/b/c"),
                   written("/a/b/c/file", WrittenNow::kSame)};
  CHECK(decide(facts) ==
        Lines{"remove /a/b/c/file", "remove-if-empty /a/b/c", "remove-if-empty /a/b"});
}

TEST_CASE("a generated file that was changed stays") {
  const std::string path = "/etc/sudoers.d/90-azl-provision";
  DeprovisionFacts facts;
  facts.found = {found(path)};
  facts.found[0].ours = true;
  facts.written = {written(path, WrittenNow::kSame)};
  CHECK(decide(facts) == Lines{"remove " + path});
  facts.written[0].now = WrittenNow::kChanged;
  CHECK(decide(facts) == Lines{"! keep " + path});
  facts.found[0].ours = false;
  CHECK(decide(facts) == Lines{"! keep " + path});
}

TEST_CASE("only a user that azl-provision made goes, and only if it is still the same one") {
  struct Row {
    const char* name;
    DeprovisionUser user;
    Lines with;
    Lines without = {"keep ida"};
  };
  const auto with = [](auto change) {
    auto user = ida();
    change(user);
    return user;
  };
  const std::vector<Row> rows = {
      {"made", ida(), {"remove-tree /home/ida", "remove-user ida"}},
      {"no home", with([](auto& u) { u.home_exists = false; }), {"remove-user ida"}},
      {"the image's", with([](auto& u) { u.recorded.made = false; }), {"keep ida"}},
      {"another uid", with([](auto& u) { u.account->uid = 1001; }), {"! keep ida"}},
      {"no uid", with([](auto& u) { u.recorded.uid = {}; }), {"! keep ida"}},
      {"half made",
       with([](auto& u) {
         u.recorded.uid = {};
         u.half_made = true;
       }),
       {"remove-tree /home/ida", "remove-user ida"}},
      {"root",
       with([](auto& u) {
         u.recorded.uid = 0;
         u.account->uid = 0;
       }),
       {"! keep ida"}},
      {"gone", with([](auto& u) { u.account = {}; }), {}, {}},
      {"the home is a link",
       with([](auto& u) { u.home_is_directory = false; }),
       {"! keep /home/ida", "remove-user ida"}},
      {"the home is another's",
       with([](auto& u) { u.home_uid = 0; }),
       {"! keep /home/ida", "remove-user ida"}},
      {"the home is shared",
       with([](auto& u) { u.home_shared_with = "bob"; }),
       {"! keep /home/ida", "remove-user ida"}},
      {"the home is a directory of the system",
       with([](auto& u) { u.account->home = "/usr/ida"; }),
       {"! keep /usr/ida", "remove-user ida"}},
      {"the home is not of its name",
       with([](auto& u) { u.account->home = "/var/lib"; }),
       {"! keep /var/lib", "remove-user ida"}},
      {"mail, jobs and keys",
       with([](auto& u) {
         u.spools = {"/var/spool/mail/ida"};
         u.keys_files = {"/etc/ssh/authorized_keys/ida", "/etc/passwd"};
         u.histories = {"/home/ida/.bash_history"};
       }),
       {"remove-tree /home/ida", "remove /etc/ssh/authorized_keys/ida",
        "remove /var/spool/mail/ida", "remove-user ida"},
       {"remove /home/ida/.bash_history", "keep ida"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    DeprovisionFacts facts;
    facts.user = row.user;
    CHECK(decide(facts, {.user = true}) == row.with);
    CHECK(decide(facts) == row.without);
  }
}

TEST_CASE("what the steps wrote for a user goes with it, and leaves a user of the image") {
  DeprovisionFacts facts;
  facts.user = ida();
  facts.user->keys_files = {"/etc/ssh/authorized_keys/ida"};
  facts.written = {written("/etc/ssh/authorized_keys/ida", WrittenNow::kSame),
                   written("/home/ida/.ssh/authorized_keys", WrittenNow::kSame),
                   written("/home/ida2/x", WrittenNow::kSame)};
  CHECK(decide(facts) == Lines{"remove /home/ida2/x", "keep ida"});
  CHECK(decide(facts, {.user = true}) == Lines{"remove /home/ida2/x", "remove-tree /home/ida",
                                               "remove /etc/ssh/authorized_keys/ida",
                                               "remove-user ida"});
  facts.user->recorded.made = false;
  facts.written[1].entry.had_existed = true;
  CHECK(decide(facts, {.user = true}) == Lines{"remove /etc/ssh/authorized_keys/ida",
                                               "! keep /home/ida/.ssh/authorized_keys",
                                               "remove /home/ida2/x", "keep ida"});
}

TEST_CASE("without a recorded user none is removed, and that is said") {
  CHECK(decide({}, {.user = true}) == Lines{"keep users"});
  CHECK(decide({}).empty());
}

TEST_CASE("the key of credentials stays if one needs it") {
  DeprovisionFacts facts;
  facts.found = {found("/var/lib/systemd/credential.secret")};
  CHECK(decide(facts) == Lines{"remove /var/lib/systemd/credential.secret"});
  facts.encrypted_credential = "/etc/credstore.encrypted/x";
  CHECK(decide(facts) == Lines{"! keep /var/lib/systemd/credential.secret"});
}

TEST_CASE("WALinuxAgent is not stopped by a program that it runs") {
  DeprovisionFacts facts;
  facts.agent_units = {"waagent.service"};
  facts.inside_agent = true;
  CHECK(decide(facts) == Lines{"! keep waagent.service"});
}
