#include "provision/custom_data/run/stored.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision::custom_data {
namespace {

using azl::test::TemporaryTree;

constexpr const char* kBoot = "boot-1";
constexpr const char* kDirectory = "var/lib/azl-provision/custom-data";

Item file_item(std::string id, ItemPhase phase, bool append = false) {
  return {.id = std::move(id),
          .place = {.part = "part-001", .line = 3, .column = 5},
          .phase = phase,
          .what = "write /etc/x",
          .action = WriteFile{.path = "/etc/x",
                              .content = Secret(std::string("a\0\xff", 3)),
                              .append = append,
                              .user = "ann",
                              .group = "adm",
                              .mode = 04750}};
}

Item script_item(const std::string& id, ItemPhase phase, ItemRepeat repeat = ItemRepeat::kOnce) {
  return {.id = id,
          .phase = phase,
          .repeat = repeat,
          .what = "run",
          .action = RunScript{.name = id, .text = Secret("#!/bin/sh\n")}};
}

StoredItems stored(std::vector<Item> items) {
  StoredItems result = {.vm_id = "vm-1", .source = "CustomData on the media", .items = {}};
  for (auto& item : items) result.items.push_back({.item = std::move(item)});
  return result;
}

/// "ID state" of each item.
std::vector<std::string> states(const StoredItems& items) {
  constexpr const char* kWords[] = {"due", "begun", "ended"};
  std::vector<std::string> result;
  for (const auto& each : items.items)
    result.push_back(each.item.id + " " + kWords[static_cast<int>(each.state)]);
  return result;
}

using Words = std::vector<std::string>;

struct Tree {
  TemporaryTree tree;
  Root root = Root::open(tree.path()).value();

  [[nodiscard]] mode_t mode(const std::string& name) const {
    struct stat status{};
    return ::stat(tree.path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  [[nodiscard]] StoredItems load(const char* boot = kBoot) const {
    return load_items(root, boot).value().value();
  }
};

std::vector<Item> both_phases() {
  std::vector<Item> items;
  items.push_back(script_item("bootcmd", ItemPhase::kEarly, ItemRepeat::kEachBoot));
  items.push_back(file_item("write_files/1", ItemPhase::kEarly));
  items.push_back(script_item("runcmd", ItemPhase::kFinal));
  return items;
}

}  // namespace

TEST_CASE("a stored document comes back, and only root can read it") {
  const Tree tree;
  REQUIRE(store_document(tree.root, {.vm_id = "vm-1",
                                     .source = "userData of IMDS",
                                     .bytes = Secret(std::string("#!\0\xfe", 4)),
                                     .variables = R"({"v1": {}})"}));
  CHECK(tree.mode(kDirectory) == 0700);
  CHECK(tree.mode(std::string(kDirectory) + "/document.json") == 0600);
  const auto document = load_document(tree.root).value();
  REQUIRE(document.has_value());
  CHECK(document->vm_id == "vm-1");
  CHECK(document->source == "userData of IMDS");
  CHECK(document->bytes.reveal() == std::string("#!\0\xfe", 4));
  CHECK(document->variables == R"({"v1": {}})");
  CHECK(is_due(tree.root, ItemPhase::kEarly));
  CHECK(is_due(tree.root, ItemPhase::kFinal));
}

TEST_CASE("a message and a shutdown come back as they were") {
  const Tree tree;
  auto items = stored({});
  items.items.push_back(
      {.item = {.id = "final_message",
                .phase = ItemPhase::kFinal,
                .action = PrintMessage{.text = Secret(std::string("a\0\xff", 3))}}});
  for (const auto mode : {PowerMode::kReboot, PowerMode::kPoweroff, PowerMode::kHalt}) {
    items.items.push_back({.item = {.id = "power_state",
                                    .phase = ItemPhase::kFinal,
                                    .action = ChangePower{.mode = mode,
                                                          .minutes = 30,
                                                          .message = "bye \xff",
                                                          .condition = Secret("#!/bin/sh\n")}}});
  }
  REQUIRE(store_items(tree.root, items));
  const auto loaded = tree.load();
  REQUIRE(loaded.items.size() == 4);
  CHECK(std::get<PrintMessage>(loaded.items[0].item.action).text.reveal() ==
        std::string("a\0\xff", 3));
  for (std::size_t i = 1; i < 4; ++i) {
    const auto& power = std::get<ChangePower>(loaded.items[i].item.action);
    CHECK(power.mode == std::get<ChangePower>(items.items[i].item.action).mode);
    CHECK(power.minutes == 30);
    CHECK(power.message == "bye \xff");
    CHECK(power.condition.reveal() == "#!/bin/sh\n");
    CHECK_FALSE(is_repeatable(loaded.items[i].item));
    CHECK(is_start_recorded(loaded.items[i].item));
  }
}

TEST_CASE("items replace the document, and come back as they were") {
  const Tree tree;
  REQUIRE(store_document(tree.root, {.vm_id = "vm-1", .source = "", .variables = "{}"}));
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  CHECK_FALSE(tree.tree.exists(std::string(kDirectory) + "/document.json"));
  CHECK_FALSE(load_document(tree.root).value().has_value());
  CHECK(tree.mode(std::string(kDirectory) + "/items.json") == 0600);
  const auto loaded = tree.load();
  CHECK(loaded.vm_id == "vm-1");
  CHECK(loaded.source == "CustomData on the media");
  REQUIRE(loaded.items.size() == 3);
  const auto& item = loaded.items[1].item;
  CHECK(item.id == "write_files/1");
  CHECK(item.place.part == "part-001");
  CHECK(item.place.line == 3);
  CHECK(item.place.column == 5);
  CHECK(item.what == "write /etc/x");
  const auto& file = std::get<WriteFile>(item.action);
  CHECK(file.path == "/etc/x");
  CHECK(file.content.reveal() == std::string("a\0\xff", 3));
  CHECK_FALSE(file.append);
  CHECK(file.user == "ann");
  CHECK(file.group == "adm");
  CHECK(file.mode == 04750);
  CHECK(loaded.items[0].item.repeat == ItemRepeat::kEachBoot);
  CHECK(loaded.items[2].item.phase == ItemPhase::kFinal);
  CHECK(std::get<RunScript>(loaded.items[2].item.action).text.reveal() == "#!/bin/sh\n");
}

TEST_CASE("items about accounts come back as they were") {
  const Tree tree;
  std::vector<Item> items;
  const auto add = [&items](Action action) {
    items.push_back({.id = std::to_string(items.size()), .action = std::move(action)});
  };
  add(MakeGroup{.name = "docker", .members = {"ann", "bob"}});
  add(MakeUser{.name = "ann",
               .gecos = "Ann",
               .homedir = "/srv/ann",
               .shell = "/bin/zsh",
               .primary_group = "staff",
               .groups = {"docker", "wheel"},
               .expiredate = "2030-12-31",
               .inactive = "5",
               .uid = 2000,
               .create_groups = false,
               .no_create_home = true,
               .no_user_group = true,
               .no_log_init = true,
               .system = true,
               .lock_passwd = false,
               .passwd = Secret("$6$a$b"),
               .hashed_passwd = Secret("$6$c$d"),
               .plain_text_passwd = Secret("\xff"),
               .sudo = {"ALL=(ALL) ALL"},
               .no_sudo = true,
               .keys = {"ssh-ed25519 AAAA ann"}});
  add(MakeUser{});
  add(AddSshKeys{.keys = {"ssh-ed25519 AAAA ann"}});
  add(AllowRootLogin{});
  add(SetPasswordLogins{.allowed = true});
  add(SetPassword{
      .user = "ann", .kind = PasswordKind::kHash, .password = Secret("$6$a$b"), .expire = false});
  add(SetPassword{.kind = PasswordKind::kRandom});
  auto all = stored(std::move(items));
  all.azure_user = "bob";
  all.azure_password = true;
  REQUIRE(store_items(tree.root, all));
  CHECK(tree.tree.read(std::string(kDirectory) + "/items.json").find("$6$") == std::string::npos);
  const auto loaded = tree.load();
  CHECK(loaded.azure_user == "bob");
  CHECK(loaded.azure_password);
  // The text has every member, as the table above gives each a value of its own.
  CHECK(to_json(loaded).reveal() == to_json(all).reveal());
  REQUIRE(loaded.items.size() == all.items.size());
  const auto& user = std::get<MakeUser>(loaded.items[1].item.action);
  CHECK(user.uid == 2000U);
  CHECK(user.lock_passwd == false);
  CHECK(user.no_sudo);
  CHECK(user.plain_text_passwd.reveal() == "\xff");
  CHECK_FALSE(std::get<MakeUser>(loaded.items[2].item.action).lock_passwd.has_value());
  CHECK(std::get<SetPassword>(loaded.items[6].item.action).password.reveal() == "$6$a$b");
  CHECK(std::get<SetPassword>(loaded.items[7].item.action).kind == PasswordKind::kRandom);
}

TEST_CASE("a phase is due only while it has items") {
  const Tree tree;
  std::vector<Item> items;
  items.push_back(script_item("runcmd", ItemPhase::kFinal));
  auto only_final = stored(std::move(items));
  REQUIRE(store_items(tree.root, only_final));
  CHECK_FALSE(is_due(tree.root, ItemPhase::kEarly));
  CHECK(is_due(tree.root, ItemPhase::kFinal));
}

TEST_CASE("progress survives the run: an item that did not end is begun on the next boot") {
  const Tree tree;
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  REQUIRE(mark_begun(tree.root, items, 0, kBoot));
  REQUIRE(mark_ended(tree.root, items, 0, kBoot));
  REQUIRE(mark_begun(tree.root, items, 2, kBoot));
  CHECK(states(tree.load()) == Words{"bootcmd ended", "write_files/1 due", "runcmd begun"});
  // What runs on each boot is due again on the next one.
  CHECK(states(tree.load("boot-2")) == Words{"bootcmd due", "write_files/1 due", "runcmd begun"});
}

TEST_CASE("a line of progress that a power failure cut off is ignored") {
  Tree tree;
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  REQUIRE(mark_begun(tree.root, items, 2, kBoot));
  const auto path = std::string(kDirectory) + "/progress";
  for (const std::string rest :
       {"ended", "ended 2", "ended x boot-1\n", "ended 99 boot-1\n", "\n"}) {
    CAPTURE(rest);
    const auto before = tree.tree.read(path);
    tree.tree.write(path, before + rest);
    CHECK(states(tree.load())[2] == "runcmd begun");
    tree.tree.write(path, before);
  }
}

TEST_CASE(
    "what was begun or ended is erased at the end of its phase, but not what is for each boot") {
  const Tree tree;
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  for (std::size_t i = 0; i < 2; ++i) REQUIRE(mark_ended(tree.root, items, i, kBoot));
  REQUIRE(erase_ended(tree.root, items, ItemPhase::kEarly, kBoot));
  CHECK(states(tree.load("boot-2")) == Words{"bootcmd due", "runcmd due"});
  CHECK(is_due(tree.root, ItemPhase::kEarly));

  REQUIRE(mark_begun(tree.root, items, 1, "boot-2"));
  REQUIRE(erase_ended(tree.root, items, ItemPhase::kFinal, "boot-2"));
  CHECK(states(tree.load("boot-3")) == Words{"bootcmd due"});
  CHECK_FALSE(is_due(tree.root, ItemPhase::kFinal));
}

TEST_CASE("erasing items keeps the progress of the others, also if a power failure interrupts it") {
  Tree tree;
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  REQUIRE(mark_ended(tree.root, items, 0, kBoot));
  REQUIRE(mark_ended(tree.root, items, 1, kBoot));
  REQUIRE(mark_begun(tree.root, items, 2, "boot-0"));
  const auto path = std::string(kDirectory) + "/progress";
  const auto progress = tree.tree.read(path);
  REQUIRE(erase_ended(tree.root, items, ItemPhase::kEarly, kBoot));
  CHECK(states(tree.load()) == Words{"bootcmd ended", "runcmd begun"});
  // The new items with the old progress.
  tree.tree.write(path, progress);
  CHECK(states(tree.load()) == Words{"bootcmd ended", "runcmd begun"});
  // It does not grow from boot to boot.
  const auto size = tree.tree.read(path).size();
  for (int boot = 0; boot < 3; ++boot) {
    REQUIRE(mark_ended(tree.root, items, 0, kBoot));
    REQUIRE(erase_ended(tree.root, items, ItemPhase::kEarly, kBoot));
  }
  CHECK(tree.tree.read(path).size() <= size);
}

TEST_CASE("a record that was cut off costs only itself") {
  Tree tree;
  auto items = stored(both_phases());
  REQUIRE(store_items(tree.root, items));
  const auto path = std::string(kDirectory) + "/progress";
  tree.tree.write(path, "\nbegun 1 boo");
  REQUIRE(mark_begun(tree.root, items, 2, kBoot));
  CHECK(states(tree.load()) == Words{"bootcmd due", "write_files/1 due", "runcmd begun"});
}

TEST_CASE("names and paths may be any bytes") {
  const Tree tree;
  std::vector<Item> list;
  list.push_back({.id = "write_files/\xff",
                  .phase = ItemPhase::kEarly,
                  .what = "\xfe",
                  .action = WriteFile{.path = "/etc/\xff", .user = "\xff", .group = "\xfe"}});
  list.push_back(
      {.id = "scripts/x", .action = RunScript{.name = "\xff.sh", .text = Secret("#!/bin/sh\n")}});
  auto items = stored(std::move(list));
  REQUIRE(store_items(tree.root, items));
  const auto loaded = tree.load();
  REQUIRE(loaded.items.size() == 2);
  const auto& file = std::get<WriteFile>(loaded.items[0].item.action);
  CHECK(file.path == "/etc/\xff");
  CHECK(file.user == "\xff");
  CHECK(file.group == "\xfe");
  CHECK(std::get<RunScript>(loaded.items[1].item.action).name == "\xff.sh");
}

TEST_CASE("a document is taken apart once for a VM, also after it was erased") {
  constexpr auto kVm = "527c2691-029f-fe4c-b1f4-a4da7ebac2cf";
  const Tree tree;
  CHECK_FALSE(is_taken_apart(tree.root, kVm));
  REQUIRE(store_document(tree.root, {.vm_id = kVm, .source = "", .variables = "{}"}));
  CHECK_FALSE(is_taken_apart(tree.root, kVm));
  auto items = stored(both_phases());
  items.vm_id = kVm;
  REQUIRE(store_items(tree.root, items));
  CHECK(is_taken_apart(tree.root, kVm));
  CHECK_FALSE(is_taken_apart(tree.root, "00000000-1111-2222-3333-444444444444"));
  REQUIRE(erase_custom_data(tree.root));
  CHECK(is_taken_apart(tree.root, kVm));
}

TEST_CASE("erasing leaves nothing that a killed run has left") {
  Tree tree;
  const auto directory = std::string(kDirectory) + "/";
  tree.tree.write(directory + "scripts/runcmd", "planted-secret")
      .write(directory + ".items.json.azl-new", "planted-secret")
      .write(directory + "final-due", "");
  REQUIRE(erase_custom_data(tree.root));
  CHECK(tree.root.list("/" + std::string(kDirectory)).value().empty());
}

TEST_CASE("custom data that is forgotten is taken anew") {
  const Tree tree;
  CHECK(forget_custom_data(tree.root).value() == false);
  std::vector<Item> items;
  items.push_back(script_item("runcmd", ItemPhase::kFinal));
  auto all = stored(std::move(items));
  REQUIRE(store_items(tree.root, all));
  CHECK(forget_custom_data(tree.root).value() == true);
  CHECK_FALSE(is_taken_apart(tree.root, all.vm_id));
  CHECK(tree.root.list("/" + std::string(kDirectory)).value().empty());
}

TEST_CASE("nothing stays when nothing is due") {
  const Tree tree;
  std::vector<Item> items;
  items.push_back(script_item("runcmd", ItemPhase::kFinal));
  auto all = stored(std::move(items));
  REQUIRE(store_items(tree.root, all));
  REQUIRE(mark_ended(tree.root, all, 0, kBoot));
  REQUIRE(erase_ended(tree.root, all, ItemPhase::kFinal, kBoot));
  CHECK(tree.root.list("/" + std::string(kDirectory)).value() == Words{"taken"});
  CHECK_FALSE(load_items(tree.root, kBoot).value().has_value());
}

TEST_CASE("a damaged file of items is an error without its content") {
  Tree tree;
  for (
      const std::string text :
      {"", "x", "{}", R"({"schema_version": 2, "items": []})", R"({"schema_version": 1})",
       R"({"schema_version": 1, "items": [{}]})",
       R"({"schema_version": 1, "items": [{"action": {"kind": "planted-secret"}}]})",
       R"({"schema_version": 1, "items": [{"action": {"kind": "install-packages"}}]})",
       R"({"schema_version": 1, "items": [{"action": {"kind": "install-packages", "names": [{"family": "planted-secret"}]}}]})",
       R"({"schema_version": 1, "items": [{"action": {"kind": "run-script", "text": "planted-secret"}}]})"}) {
    CAPTURE(text);
    tree.tree.write(std::string(kDirectory) + "/items.json", text);
    const auto loaded = load_items(tree.root, kBoot);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().reason() == Reason::kState);
    CHECK(loaded.error().to_string().find("planted-secret") == std::string::npos);
  }
}

TEST_CASE("items about the system come back as they were, and may be carried out twice") {
  StoredItems items;
  const auto add = [&items](Action action, bool for_tree) {
    Item item{.id = "x", .what = "x", .action = std::move(action)};
    CHECK(is_repeatable(item));
    CHECK_FALSE(is_start_recorded(item));
    CHECK(is_for_tree(item) == for_tree);
    items.items.push_back({.item = std::move(item)});
  };
  add(SetHostName{.name = "web"}, true);
  add(WriteHosts{.whole = true, .name = "web", .fqdn = "web.example.org"}, true);
  add(SetTimeZone{.zone = "UTC"}, false);
  add(SetLocale{.name = "C"}, false);
  add(AddRepository{.id = "shop", .text = Secret("a\xff")}, true);
  add(TrustCertificates{.certificates = {"A\n", "B\xff"}, .remove_defaults = true}, false);
  for (const auto client : {TimeClient::kAuto, TimeClient::kChrony, TimeClient::kTimesyncd})
    add(
        SetTimeServers{
            .client = client, .servers = {"a"}, .pools = {"b"}, .peers = {"c"}, .allow = {"d"}},
        true);
  const auto json = to_json(items);
  const auto again = parse_items(json.reveal()).value();
  REQUIRE(again.items.size() == items.items.size());
  for (std::size_t i = 0; i < items.items.size(); ++i)
    CHECK(again.items[i].item.action.index() == items.items[i].item.action.index());
  CHECK(to_json(again).reveal() == json.reveal());
  CHECK(std::get<SetHostName>(again.items[0].item.action).name == "web");
  const auto& hosts = std::get<WriteHosts>(again.items[1].item.action);
  CHECK(hosts.whole);
  CHECK(hosts.name + " " + hosts.fqdn == "web web.example.org");
  CHECK(std::get<SetTimeZone>(again.items[2].item.action).zone == "UTC");
  CHECK(std::get<SetLocale>(again.items[3].item.action).name == "C");
  const auto& repository = std::get<AddRepository>(again.items[4].item.action);
  CHECK(repository.id == "shop");
  CHECK(repository.text.reveal() == "a\xff");
  const auto& trust = std::get<TrustCertificates>(again.items[5].item.action);
  CHECK(trust.certificates == Words{"A\n", "B\xff"});
  CHECK(trust.remove_defaults);
  const auto& servers = std::get<SetTimeServers>(again.items[7].item.action);
  CHECK(servers.client == TimeClient::kChrony);
  CHECK(servers.servers == Words{"a"});
  CHECK(servers.pools == Words{"b"});
  CHECK(servers.peers == Words{"c"});
  CHECK(servers.allow == Words{"d"});
}

TEST_CASE("packages come back as they were") {
  const Tree tree;
  std::vector<Item> items;
  items.push_back({.id = "packages",
                   .phase = ItemPhase::kFinal,
                   .what = "install",
                   .action = InstallPackages{
                       .names = {{.name = "a"},
                                 {.name = "b", .version = "1-2", .family = PackageFamily::kDnf},
                                 {.name = "c", .family = PackageFamily::kApt}},
                       .update = true,
                       .upgrade = false,
                       .reboot_if_required = true}});
  items.push_back({.id = "other",
                   .phase = ItemPhase::kFinal,
                   .action = InstallPackages{.update = false, .upgrade = true}});
  auto all = stored(std::move(items));
  REQUIRE(store_items(tree.root, all));
  const auto loaded = tree.load();
  const auto& first = std::get<InstallPackages>(loaded.items.at(0).item.action);
  CHECK((first.names == std::get<InstallPackages>(all.items.at(0).item.action).names));
  CHECK(first.names.size() == 3);
  CHECK(first.update);
  CHECK_FALSE(first.upgrade);
  CHECK(first.reboot_if_required);
  const auto& second = std::get<InstallPackages>(loaded.items.at(1).item.action);
  CHECK(second.names.empty());
  CHECK_FALSE(second.update);
  CHECK(second.upgrade);
  CHECK_FALSE(second.reboot_if_required);
}

TEST_CASE("it is known how often packages were begun, after a power failure too") {
  const Tree tree;
  std::vector<Item> items;
  items.push_back({.id = "packages", .phase = ItemPhase::kFinal, .action = InstallPackages{}});
  auto all = stored(std::move(items));
  REQUIRE(store_items(tree.root, all));
  for (const int count : {1, 2}) {
    REQUIRE(mark_begun(tree.root, all, 0, kBoot));
    CHECK(all.items[0].begun == count);
    CHECK(tree.load("boot-2").items[0].begun == count);
    CHECK((tree.load("boot-2").items[0].state == ItemState::kBegun));
  }
  // They stay due when the agent is stopped, and so does their number.
  REQUIRE(erase_ended(tree.root, all, ItemPhase::kFinal, kBoot));
  CHECK(tree.load("boot-2").items.at(0).begun == 2);
  CHECK(is_due(tree.root, ItemPhase::kFinal));
  REQUIRE(mark_ended(tree.root, all, 0, kBoot));
  REQUIRE(erase_ended(tree.root, all, ItemPhase::kFinal, kBoot));
  CHECK_FALSE(is_due(tree.root, ItemPhase::kFinal));
}

TEST_CASE("only a file that is replaced and packages may be done twice") {
  const Item packages{.id = "packages", .action = InstallPackages{}};
  CHECK(is_repeatable(packages));
  CHECK(is_start_recorded(packages));
  CHECK_FALSE(is_start_recorded(file_item("x", ItemPhase::kEarly)));
  CHECK(is_start_recorded(file_item("x", ItemPhase::kEarly, true)));
  CHECK(is_start_recorded(script_item("x", ItemPhase::kEarly)));
  CHECK(is_repeatable(file_item("x", ItemPhase::kEarly)));
  CHECK_FALSE(is_repeatable(file_item("x", ItemPhase::kEarly, true)));
  CHECK_FALSE(is_repeatable(script_item("x", ItemPhase::kEarly)));
}

TEST_CASE("an account may be made twice, unless the second time gives something else") {
  const auto item = [](Action action) { return Item{.action = std::move(action)}; };
  CHECK(is_repeatable(item(MakeUser{.name = "ann", .hashed_passwd = Secret("x")})));
  CHECK(is_repeatable(item(MakeUser{.name = "ann", .passwd = Secret("x")})));
  CHECK(is_repeatable(item(MakeGroup{.name = "a"})));
  CHECK(is_repeatable(item(SetPassword{.kind = PasswordKind::kText})));
  CHECK_FALSE(is_repeatable(item(SetPassword{.kind = PasswordKind::kRandom})));
}

TEST_CASE("a tree gets accounts, but no password that nobody would see") {
  const auto item = [](Action action) { return Item{.action = std::move(action)}; };
  CHECK(is_for_tree(item(MakeUser{.name = "ann"})));
  CHECK(is_for_tree(item(WriteFile{.path = "/x"})));
  CHECK_FALSE(is_for_tree(item(SetPassword{.kind = PasswordKind::kRandom})));
  CHECK_FALSE(is_for_tree(script_item("x", ItemPhase::kEarly)));
}

}  // namespace azl::provision::custom_data
