#include "provision/image/migrate/agent_settings.h"

#include <doctest/doctest.h>

#include "tests/unit/provision/image/migrate/migration_facts.h"

using namespace azl::test;
using Strings = std::vector<std::string>;

namespace {

/// "KEY TEXT FILE:LINE" for each setting.
Strings describe(const AgentSettings& read) {
  Strings lines;
  for (const auto& each : read.settings)
    lines.push_back(each.key + " " +
                    (each.node != nullptr ? std::string(each.node->text.reveal()) : each.text) +
                    " " + each.path + ":" + std::to_string(each.line));
  return lines;
}

std::vector<AgentFile> files(const std::vector<std::string>& texts) {
  std::vector<AgentFile> list;
  for (const auto& text : texts)
    list.push_back({std::string(1, static_cast<char>('a' + list.size())), azl::Secret(text)});
  return list;
}

}  // namespace

TEST_CASE("cloud-init's files are merged: maps by their keys, and the later file counts") {
  const auto list = files({"growpart: {mode: auto, devices: [/]}\nmounts: [[a, /a]]\nx: 1\n",
                           "# nothing\n", "\ngrowpart:\n  mode: growpart\nmounts: []\n",
                           "x: {y: 1}\nsystem_info: {default_user: {shell: /bin/sh}}\n"});
  const auto read = read_cloud_init_settings(list);
  CHECK(describe(read) == Strings{"growpart.mode growpart c:3", "growpart.devices  a:1",
                                  "mounts  c:4", "x  d:1",
                                  "system_info.default_user.shell /bin/sh d:2"});
  CHECK(read.unread.empty());
}

TEST_CASE("a file that cannot be read is named, and the others count") {
  const auto read = read_cloud_init_settings(files({"x: [\n", "y: 1\n", "- z\n"}));
  CHECK(describe(read) == Strings{"y 1 b:1"});
  REQUIRE(read.unread.size() == 2);
  CHECK(read.unread[0].starts_with("a:"));
  CHECK(read.unread[1].starts_with("c: "));
  CHECK(read_azure_init_settings(files({"a = 1\n?\n"})).unread ==
        Strings{"a:2: it cannot be read"});
}

TEST_CASE("a file that cannot be read counts if no value of its keys matters") {
  // yaml-cpp takes the anchor's column for the indentation of the text.
  const std::string logging = "_log:\n - &base |\n   text\noutput: {all: x}\n";
  const auto read = read_cloud_init_settings(files({logging, "x: 1\n"}));
  CHECK(read.unread.empty());
  CHECK(read.settings.size() == 3);
  CHECK(read.settings[1].key == "output");
  CHECK(read.settings[1].line == 4);
  for (const char* key : {"bootcmd: [x]\n", "growpart: {}\n", "unheard_of: 1\n"})
    CHECK(read_cloud_init_settings(files({logging + key})).unread.size() ==
          (std::string_view(key).starts_with("bootcmd") ? 0 : 1));
}

TEST_CASE("of azure-init's files the later one counts, and of waagent.conf the later line") {
  CHECK(describe(read_azure_init_settings(files({"[a]\nb = 1\nc = 1\n", "a.b = 2\n"}))) ==
        Strings{"a.c 1 a:3", "a.b 2 b:1"});
  CHECK(describe(read_waagent_settings(files({"A=1\nB=2\nA=3\n"}))) ==
        Strings{"B 2 a:2", "A 3 a:3"});
}
