#include "provision/custom_data/plan/apt.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/plan/planned.h"
#include "tests/unit/provision/custom_data/plan/shop_key.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::kShopKeyBase64;
using test::Lines;
using test::plan_of;
using test::remarks_of;

constexpr const char* kLine = "deb https://a.example.org x main";

CustomDataPlan plan_sources(const std::string& sources) {
  return plan_of("#cloud-config\napt:\n  sources: " + sources + "\n");
}

const AddAptSource& source_of(const CustomDataPlan& plan, std::size_t index = 0) {
  REQUIRE(plan.items.size() > index);
  return std::get<AddAptSource>(plan.items[index].action);
}

/// The remarks but for the one that Azure Linux has no apt.
Lines other_remarks_of(const CustomDataPlan& plan) {
  auto lines = remarks_of(plan);
  REQUIRE(!lines.empty());
  CHECK(lines.front() == "w 2:1 debian-only");
  lines.erase(lines.begin());
  return lines;
}

TEST_CASE("a source gets cloud-init's names for its file and its key") {
  const struct {
    std::string_view name;
    std::string_view filename;
    std::string_view file;
    std::string_view key_file;
  } rows[] = {
      {"docker.list", "", "docker.list", "docker.gpg"},
      {"docker", "", "docker.list", "docker.gpg"},
      {"docker.io", "", "docker.io.list", "docker.gpg"},
      {"x", "shop.list", "shop.list", "shop.gpg"},
      {"x", "/etc/apt/sources.list.d/shop.list", "shop.list", "shop.gpg"},
      // Lines in a file that ends in ".sources" are no sources for apt.
      {"shop.sources", "", "shop.sources.list", "shop.gpg"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto filename = row.filename.empty() ? "" : ", filename: " + std::string(row.filename);
    const auto plan = plan_sources("{" + std::string(row.name) + ": {source: " + kLine + filename +
                                   ", key: " + std::string(kShopKeyBase64) + "}}");
    const auto& source = source_of(plan);
    CHECK(source.file == row.file);
    CHECK(source.key_file == "/etc/apt/trusted.gpg.d/" + std::string(row.key_file));
    CHECK(source.key == base64_decode(kShopKeyBase64));
    CHECK(source.text.reveal() == std::string(kLine) + "\n");
    CHECK(source.append);
    CHECK(plan.items[0].id == "apt/" + std::string(row.file));
    CHECK(other_remarks_of(plan) == Lines{});
  }
}

TEST_CASE("a key that the source names is written where apt does not trust it for others") {
  const auto plan = plan_sources("{shop: {source: 'deb [signed-by=$KEY_FILE] a:b x main', key: " +
                                 std::string(kShopKeyBase64) + "}}");
  CHECK(source_of(plan).key_file == "/etc/apt/cloud-init.gpg.d/shop.gpg");
  CHECK(source_of(plan).text.reveal() ==
        "deb [signed-by=/etc/apt/cloud-init.gpg.d/shop.gpg] a:b x main\n");
}

TEST_CASE("sources of several lines are for a file of their own kind") {
  const auto plan =
      plan_sources(R"({shop.list: {source: "Types: deb\nURIs: a:b\nSuites: x/", append: false}})");
  CHECK(source_of(plan).file == "shop.sources");
  CHECK_FALSE(source_of(plan).append);
}

TEST_CASE("what is done is told, with the condition") {
  const std::string key = "key: " + std::string(kShopKeyBase64);
  const std::string line = "source: " + std::string(kLine);
  const struct {
    std::string source;
    std::string_view what;
  } rows[] = {
      {line, "add the source to /etc/apt/sources.list.d/a.list, if the system has apt"},
      {line + ", append: false",
       "write the source /etc/apt/sources.list.d/a.list, if the system has apt"},
      {line + ", " + key,
       "write the key /etc/apt/trusted.gpg.d/a.gpg, and add the source to "
       "/etc/apt/sources.list.d/a.list, if the system has apt"},
      {key, "write the key /etc/apt/trusted.gpg.d/a.gpg, if the system has apt"},
  };
  for (const auto& row : rows) {
    const auto plan = plan_sources("{a: {" + row.source + "}}");
    REQUIRE(!plan.items.empty());
    CHECK(plan.items[0].what == row.what);
  }
}

TEST_CASE("a source that cannot be used costs only itself") {
  const struct {
    std::string_view value;
    Lines remarks;
  } rows[] = {
      {"{../a: {source: 'deb a:b x main'}", {"e 3:13 apt"}},
      {"{a b: {source: 'deb a:b x main'}", {"e 3:13 apt"}},
      {"{.a: {source: 'deb a:b x main'}", {"e 3:13 apt"}},
      {"{a: {source: 'deb a:b x main', filename: /etc/x.list}", {"e 3:53 apt"}},
      {"{a: {source: 'deb a:b x main', filename: [x]}", {"w 3:53 apt", "e 3:53 apt"}},
      {"{a: {source: ppa:shop/tools}", {"e 3:25 apt"}},
      {"{a: {source: [x]}", {"e 3:25 apt"}},
      {"{a: {source: 'deb $MIRROR x main'}", {"e 3:25 apt"}},
      {"{a: {source: 'deb a:b x main', key: hunter2}", {"e 3:48 apt"}},
      {"{a: {source: 'deb a:b x main', key: [x]}", {"e 3:48 apt"}},
      {"{a: {source: 'deb [signed-by=$KEY_FILE] a:b x main', keyid: ABCD}", {"e 3:25 apt"}},
      {"{a: {append: true}", {"e 3:13 apt"}},
      {"{a: 'deb a:b x main'", {"e 3:13 apt"}},
      {"{a: ", {"e 3:13 apt"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_sources(std::string(row.value) + ", good: {source: 'deb a:b x main'}}");
    CHECK(items_of(plan) == Lines{"apt/good.list final once", "apt/update final once"});
    CHECK(other_remarks_of(plan) == row.remarks);
    for (const auto& remark : plan.remarks) CHECK(!remark.text.contains("hunter2"));
  }
}

TEST_CASE("a key is not fetched, and the source is written without it") {
  const auto plan = plan_sources("{a: {source: 'deb a:b x main', keyid: ABCD, keyserver: k}}");
  CHECK(source_of(plan).key.empty());
  CHECK(other_remarks_of(plan) == Lines{"w 3:50 apt"});
  CHECK(plan.remarks.at(1).advice.contains("'key'"));
  // The key itself counts.
  CHECK(other_remarks_of(plan_sources("{a: {source: 'deb a:b x main', keyid: ABCD, key: " +
                                      std::string(kShopKeyBase64) + "}}")) == Lines{});
}

TEST_CASE("sources of one file are all added, but not with two keys of one file") {
  const auto plan = plan_sources(
      "{a: {source: 'deb a:b x main'}, b: {filename: a, source: 'deb c:d x main'}, "
      "c: {filename: a.list, source: 'deb e:f x main'}}");
  CHECK(items_of(plan) == Lines{"apt/a.list final once", "apt/a.list/2 final once",
                                "apt/a.list/3 final once", "apt/update final once"});
  const std::string key(kShopKeyBase64);
  const auto same = plan_sources("{a.list: {key: " + key + "}, a.x: {key: " + key + "}}");
  CHECK(other_remarks_of(same) == Lines{});
  // The packets of the same key, twice.
  const auto twice = base64_encode(base64_decode(key).value() + base64_decode(key).value());
  const auto other = plan_sources("{a.list: {key: " + key + "}, a.x: {key: " + twice + "}}");
  CHECK(items_of(other) == Lines{"apt/a.gpg final once", "apt/update final once"});
  CHECK(other_remarks_of(other).size() == 1);
}

TEST_CASE("configuration and proxies have cloud-init's files") {
  const auto plan = plan_of(
      "#cloud-config\n"
      "apt:\n"
      "  conf: |\n"
      "    APT::Get::Assume-Yes \"true\";\n"
      "  https_proxy: http://s.example.org:3128\n"
      "  http_proxy: http://h.example.org:3128\n"
      "  proxy: http://p.example.org:3128\n"
      "  ftp_proxy: ftp://f.example.org\n");
  CHECK(items_of(plan) == Lines{"apt/conf final once", "apt/proxy final once"});
  CHECK(other_remarks_of(plan) == Lines{});
  const auto& conf = std::get<AddAptConfiguration>(plan.items[0].action);
  CHECK(conf.file == "94cloud-init-config");
  CHECK(conf.text.reveal() == "APT::Get::Assume-Yes \"true\";\n");
  const auto& proxies = std::get<AddAptConfiguration>(plan.items[1].action);
  CHECK(proxies.file == "90cloud-init-aptproxy");
  CHECK(proxies.text.reveal() ==
        "Acquire::http::Proxy \"http://p.example.org:3128\";\n"
        "Acquire::http::Proxy \"http://h.example.org:3128\";\n"
        "Acquire::ftp::Proxy \"ftp://f.example.org\";\n"
        "Acquire::https::Proxy \"http://s.example.org:3128\";\n");
  CHECK(plan.items[1].what ==
        "write the proxies to /etc/apt/apt.conf.d/90cloud-init-aptproxy, if the system has apt");
}

TEST_CASE("keys that are not carried out are warned of") {
  const struct {
    std::string_view value;
    Lines remarks;
  } rows[] = {
      {"{}", {}},
      {"{preserve_sources_list: true}", {}},
      {"{preserve_sources_list: false}", {"w 2:30 apt"}},
      {"{preserve_sources_list: perhaps}", {"w 2:30 apt"}},
      {"{primary: [{uri: a}], security: []}", {"w 2:16 apt", "w 2:38 apt"}},
      {"{debconf_selections: {a: b}, disable_suites: [x]}", {"w 2:27 apt", "w 2:51 apt"}},
      {"{sources_list: x, add_apt_repo_match: x}", {"w 2:21 apt", "w 2:44 apt"}},
      {"{source: {a: b}}", {"w 2:7 unknown-key"}},
      {R"({conf: [x], proxy: "a\"b", http_proxy: 7, https_proxy: ''})",
       {"w 2:13 apt", "w 2:25 apt", "w 2:45 apt"}},
      {"{sources: [a]}", {"e 2:16 apt"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of("#cloud-config\napt: " + std::string(row.value) + "\n");
    CHECK(items_of(plan) == Lines{});
    CHECK(other_remarks_of(plan) == row.remarks);
  }
  CHECK(remarks_of("#cloud-config\napt:\n") == Lines{"w 2:1 no-value"});
  CHECK(remarks_of("#cloud-config\napt: [a]\n") == Lines{"e 2:1 apt"});
}

TEST_CASE("lists are updated for sources, unless the packages of the document do so") {
  const std::string sources = "apt: {sources: {a: {source: deb a:b x main}}}\n";
  const Lines own = {"apt/a.list final once", "apt/update final once"};
  const Lines with = {"apt/a.list final once", "packages final once"};
  const Lines both = {"apt/a.list final once", "apt/update final once", "packages final once"};
  const struct {
    std::string document;
    const Lines& items;
  } rows[] = {
      {sources, own},
      {"packages: [git]\n" + sources, with},
      {sources + "package_update: true\n", with},
      {sources + "package_upgrade: true\n", with},
      {sources + "packages: [{dnf: [git]}]\n", both},
      {sources + "packages: [{apt: [git]}]\n", with},
      {sources + "packages: []\n", own},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto plan = plan_of("#cloud-config\n" + row.document);
    CHECK(items_of(plan) == row.items);
  }
  const auto plan = plan_of("#cloud-config\n" + sources);
  const auto& update = std::get<InstallPackages>(plan.items.at(1).action);
  CHECK(update.update);
  CHECK((update.family == PackageFamily::kApt));
}

}  // namespace
}  // namespace azl::provision::custom_data
