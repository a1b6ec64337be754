#include "provision/custom_data/plan/surprises.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

/// "LINE:COLUMN rule" of each remark.
std::vector<std::string> rules_of(std::string_view script) {
  std::vector<std::string> list;
  for (const auto& remark : find_surprises(script)) {
    list.push_back(std::to_string(remark.place.line) + ":" + std::to_string(remark.place.column) +
                   " " + remark.rule);
    CHECK(remark.place.part.empty());
    CHECK(!remark.text.empty());
    CHECK(!remark.advice.empty());
  }
  return list;
}

using Strings = std::vector<std::string>;

TEST_CASE("each rule applies to what it is about, and to nothing else") {
  const std::pair<std::string_view, Strings> rows[] = {
      {"apt-get update", {"1:1 debian-only"}},
      {"#!/bin/sh\nset -e\nsudo DEBIAN_FRONTEND=noninteractive apt-get -y install nginx\n",
       {"3:37 debian-only"}},
      {"snap install lxd", {"1:1 debian-only"}},
      {"'apt' 'update'", {"1:2 debian-only"}},
      {"sh -c 'apt update'", {"1:8 debian-only"}},
      {"apt-get update\napt-get install x", {"1:1 debian-only"}},
      {"command -v apt-get && apt-get update || dnf install x", {}},
      {"echo apt-get; adapt x; apt-getx; ./snapshot", {}},
      {"# apt-get update", {}},
      {"cat /etc/apt/sources.list", {}},
      {"cloud-init status --wait", {"1:1 waits-for-itself"}},
      {"cloud-init status -w", {"1:1 waits-for-itself"}},
      {"cloud-init status; cloud-init query v1 --wait=no", {}},
      {"while [ ! -f /var/lib/cloud/instance/boot-finished ]; do sleep 1; done",
       {"1:28 waits-for-itself"}},
      {"cloud-init status --wait\nwhile [ ! -f /var/lib/cloud/instance/boot-finished ]; do",
       {"1:1 waits-for-itself"}},
      {"# /var/lib/cloud/instance/boot-finished", {}},
      {"reboot", {"1:1 reboots"}},
      {"sudo shutdown -r now", {"1:6 reboots"}},
      {"echo x && sudo shutdown -r +1", {}},
      {"if x; then\n  shutdown -r +1 || exit\nfi\n", {}},
      {"shutdown -r +1\necho x", {"1:1 reboots"}},
      {"shutdown -r +0", {"1:1 reboots"}},
      {"shutdown -r", {"1:1 reboots"}},
      {"shutdown -c\necho x", {}},
      {"shutdown -c; shutdown now", {"1:14 reboots"}},
      {"cloud-init-per once x y", {"1:1 comes-with-cloud-init"}},
      {"'cloud-init-per' 'once' 'x' 'reboot'", {"1:2 comes-with-cloud-init"}},
      {"echo cloud-init-per", {}},
      {"cat > x <<EOF\napt-get update\nEOF\n", {}},
      {"systemctl reboot", {"1:1 reboots"}},
      {"init 6", {"1:1 reboots"}},
      {"systemctl enable reboot.target; systemctl status x; echo reboot; init q", {}},
      {"mkfs.ext4 /dev/sdc", {"1:11 kernel-disk-name"}},
      {"DISK=/dev/sdc1", {"1:6 kernel-disk-name"}},
      {"ls /dev/sd*; ls /dev/sd", {}},
      {"reboot\napt update", {"2:1 debian-only", "1:1 reboots"}},
  };
  for (const auto& [script, expected] : rows) {
    CAPTURE(script);
    CHECK(rules_of(script) == expected);
  }
}

TEST_CASE("a remark quotes the rule's own word, and nothing else of the script") {
  for (const auto& remark : find_surprises(
           "hunter2 apt-get\nPASS=hunter2 apt-get install hunter2\n"
           "cloud-init status --wait hunter2\nreboot hunter2\nx=hunter2/dev/sdc/hunter2")) {
    CAPTURE(remark.text);
    CHECK(remark.text.find("hunter2") == std::string::npos);
    CHECK(remark.advice.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("warnings are for what does not work, notes for what is worth knowing") {
  const auto level_of = [](std::string_view script) { return find_surprises(script).at(0).level; };
  CHECK(level_of("apt update") == RemarkLevel::kWarning);
  CHECK(level_of("cloud-init status --wait") == RemarkLevel::kWarning);
  CHECK(level_of("reboot") == RemarkLevel::kNote);
  CHECK(level_of("mkfs /dev/sdc") == RemarkLevel::kNote);
}

TEST_CASE("the start of a long script is looked at") {
  const std::string filling(300 << 10, 'x');
  CHECK(find_surprises("apt update\n" + filling).size() == 1);
  CHECK(find_surprises(filling + "\napt update").empty());
}

TEST_CASE("the rules' words are the commands that they look for") {
  const auto words = surprising_words();
  for (const auto* word : {"apt-get", "snap", "cloud-init", "reboot", "systemctl"}) {
    CAPTURE(word);
    CHECK(std::count(words.begin(), words.end(), word) == 1);
  }
}

}  // namespace
}  // namespace azl::provision::custom_data
