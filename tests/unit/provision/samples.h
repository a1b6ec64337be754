// The facts of a first boot, as a starting point for tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/plan/plan.h"
#include "provision/record/record.h"

namespace azl::test {

inline constexpr const char* kVm = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";
inline constexpr const char* kVmSwapped = "527C2691-029F-FE4C-B1F4-A4DA7EBAC2CF";
inline constexpr const char* kOtherVm = "11111111-2222-3333-4444-555555555555";

// Made with ssh-keygen for these tests. The fingerprints are from ssh-keygen -l.
inline constexpr const char* kKey1 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILNwrZ3EVoRNEHLnslvwe7r+gvvgODvn5IpD0A6PxMSh key1";
inline constexpr const char* kKey2 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPQ3F8Ii76JDowRJ2jsd9FC7ISg2Lf/dxO6They901BG key2";
inline constexpr const char* kKey3 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+4slTTfxEaKXhJ3/Z2nYiYuh3JU9QM8jhfKzq9ZGGI key3";
inline constexpr const char* kPrint1 = "SHA256:F49CAFPGzdb9PoyzIRDOQhx0LhpZd4ZL/iS/cplyWGs";
inline constexpr const char* kPrint2 = "SHA256:1B1f5Y2yIJ5w0epPuCR11lg8c2pZe7Bi9uys0OXCuEw";
inline constexpr const char* kPrint3 = "SHA256:pL6f8vHvQh24w77qCxp/zEEWXJvgRyaS2fYGmoV9Qug";

/// Groups of these names in /etc/group.
inline std::vector<provision::Group> groups_named(const std::vector<std::string>& names) {
  std::vector<provision::Group> groups;
  for (const auto& name : names) groups.push_back({.name = name});
  return groups;
}

/// A generation 2 VM with Azure Linux's groups, sshd and sudo on its first boot, without sources.
inline provision::Facts bare_facts() {
  provision::Facts facts;
  facts.identity.platform = imds::Platform::kAzure;
  facts.identity.vm_id = kVm;
  facts.accounts.accounts = {
      {.name = "root", .uid = 0, .gid = 0, .home = "/root", .shell = "/bin/bash"},
      {.name = "daemon", .uid = 2, .gid = 2, .home = "/", .shell = "/sbin/nologin"}};
  facts.accounts.groups = groups_named({"root", "wheel", "adm", "systemd-journal"});
  facts.hostname = "localhost";
  return facts;
}

inline imds::Instance& add_imds(provision::Facts& facts) {
  facts.imds = imds::ImdsAnswer{.instance = {}, .api_version = "2025-04-07"};
  auto& instance = facts.imds->instance;
  instance.vm_id = kVm;
  instance.admin_username = "ann";
  instance.computer_name = "web-1";
  instance.disable_password_authentication = true;
  instance.public_keys = {{.key_data = kKey1, .path = "/home/ann/.ssh/authorized_keys"}};
  instance.pps_type = "None";
  return instance;
}

inline imds::Ovf& add_ovf(provision::Facts& facts) {
  facts.ovf.emplace();
  facts.ovf_source = "/dev/sr0";
  auto& ovf = *facts.ovf;
  ovf.user_name = "ann";
  ovf.host_name = "web-1";
  ovf.public_keys.push_back({.fingerprint = "AB", .path = "", .value = kKey1});
  ovf.preprovisioned_type = "None";
  return ovf;
}

/// Facts with IMDS and media, which agree.
inline provision::Facts good_facts() {
  auto facts = bare_facts();
  add_imds(facts);
  add_ovf(facts);
  return facts;
}

/// Facts with IMDS and media, which differ in every value.
inline provision::Facts differing_facts() {
  auto facts = good_facts();
  auto& ovf = *facts.ovf;
  ovf.user_name = "otto";
  ovf.host_name = "media-1";
  ovf.public_keys = {{.fingerprint = "AB", .path = "", .value = kKey2}};
  return facts;
}

/// The record of a step that ended as given.
inline provision::StepRecord step_record(std::string name, provision::StepOutcome outcome,
                                         std::string why = "", std::int64_t start_us = 0,
                                         std::int64_t took_us = 0) {
  return {.name = std::move(name),
          .what = "",
          .outcome = outcome,
          .why = std::move(why),
          .start_us = start_us,
          .took_us = took_us,
          .tools = {}};
}

/// "severity reason" of each finding, in order.
inline std::vector<std::string> findings_of(const provision::Plan& plan) {
  std::vector<std::string> words;
  for (const auto& [severity, error] : plan.findings)
    words.push_back(std::string(to_string(severity)) + " " +
                    std::string(to_string(error.reason())));
  return words;
}

inline std::vector<std::string> fingerprints_of(const provision::Plan& plan) {
  std::vector<std::string> prints;
  if (plan.user) {
    for (const auto& planned : plan.user->keys) prints.push_back(planned.key.fingerprint);
  }
  return prints;
}

}  // namespace azl::test
