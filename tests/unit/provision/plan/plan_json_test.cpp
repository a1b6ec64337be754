// The JSON of docs/plan.md, byte for byte.
#include "provision/plan/plan_json.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Error;
using azl::Reason;

TEST_CASE("a plan is written in the documented form") {
  Plan plan;
  plan.vm_id = kVm;
  plan.course = Course::kProvision;
  plan.course_why = "no VM was provisioned here before";
  plan.from_ovf = true;
  plan.imds_version = "2023-11-15";
  plan.hostname = {"web-1", "IMDS osProfile.computerName"};
  plan.user = PlannedUser{.name = "ann",
                          .groups = {"wheel"},
                          .shell = "/bin/bash",
                          .password = PasswordChange::kLocked,
                          .password_why = "no password was given",
                          .keys = {{{.type = "ssh-ed25519",
                                     .base64 = "AAAA",
                                     .comment = "a \"b\"",
                                     .fingerprint = "SHA256:x"},
                                    "IMDS publicKeys"}},
                          .certificates = {false, "IMDS gives a usable SSH key"},
                          .sudo = SudoRule::kNoPassword,
                          .why = "IMDS osProfile.adminUsername"};
  plan.sshd = {false, "no password was given"};
  plan.host_keys = {true, "the VM id is new"};
  plan.machine_id = {false, "the image has none, systemd makes it"};
  plan.guest_agent = {true, "the platform does not forbid it"};
  plan.updates = PlannedUpdates{.program = "dnf5-automatic",
                                .settings = {},
                                .timer = "dnf5-automatic.timer",
                                .enabled = {},
                                .schedule = "",
                                .why = "it installs security updates"};
  plan.custom_data = {true, "CustomData on the media, 14 bytes"};
  plan.custom_data_items = {
      {.id = "runcmd", .phase = "final", .repeat = "once", .what = "run 1 command with /bin/sh"}};
  plan.primary_mac = "00:0d:3a:01:02:03";
  plan.network.files = {{.mac = {0x00, 0x0d, 0x3a, 0x01, 0x02, 0x04},
                         .path = "/etc/systemd/network/50-azl-provision-000d3a010204.network",
                         .content = "# Written by azl-provision\n",
                         .why = "NIC 2 of this VM"}};
  plan.links = {{"00:0d:3a:01:02:03", "eth0", azl::net::Role::kSynthetic, "hv_netvsc"}};
  plan.findings.push_back({Severity::kNote, Error(Reason::kConfig, "/a:1: x")});
  plan.findings.push_back(
      {Severity::kDegraded, Error(Reason::kGroup, "no such group").with_context("a group")});
  plan.disks = {
      {.device = "/dev/sdb",
       .act = azl::disk::act::Mount{.partition = 1, .file_system = "ext4", .mount_point = "/mnt"},
       .why = "an earlier boot made its file system"}};
  CHECK(to_json(plan) == R"({
  "schema_version": 1,
  "vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf",
  "source": {
    "ovf": true,
    "imds": "2023-11-15"
  },
  "course": {
    "value": "provision",
    "why": "no VM was provisioned here before"
  },
  "hostname": {
    "value": "web-1",
    "why": "IMDS osProfile.computerName"
  },
  "user": {
    "name": "ann",
    "groups": [
      "wheel"
    ],
    "shell": "/bin/bash",
    "password": "locked",
    "password_why": "no password was given",
    "sudo": "nopasswd",
    "ssh_keys": [
      {
        "type": "ssh-ed25519",
        "fingerprint": "SHA256:x",
        "comment": "a \"b\"",
        "why": "IMDS publicKeys"
      }
    ],
    "certificates": {
      "fetch": false,
      "why": "IMDS gives a usable SSH key"
    },
    "why": "IMDS osProfile.adminUsername"
  },
  "sshd": {
    "password_authentication": false,
    "why": "no password was given"
  },
  "host_keys": {
    "replace": true,
    "why": "the VM id is new"
  },
  "machine_id": {
    "renew": false,
    "why": "the image has none, systemd makes it"
  },
  "network": {
    "primary": "00:0d:3a:01:02:03",
    "files": [
      {
        "path": "/etc/systemd/network/50-azl-provision-000d3a010204.network",
        "content": "# Written by azl-provision\n",
        "why": "NIC 2 of this VM"
      }
    ],
    "links": [
      {
        "mac": "00:0d:3a:01:02:03",
        "name": "eth0",
        "role": "synthetic",
        "why": "hv_netvsc"
      }
    ]
  },
  "disks": {
    "actions": [
      {
        "device": "/dev/sdb",
        "action": "mount",
        "partition": 1,
        "file_system": "ext4",
        "mount_point": "/mnt",
        "what": "mount /dev/sdb partition 1 at /mnt",
        "why": "an earlier boot made its file system"
      }
    ]
  },
  "hand_over": {
    "guest_agent": true,
    "why": "the platform does not forbid it"
  },
  "updates": {
    "program": "dnf5-automatic",
    "timer": "dnf5-automatic.timer",
    "why": "it installs security updates"
  },
  "custom_data": {
    "store": true,
    "why": "CustomData on the media, 14 bytes",
    "items": [
      {
        "id": "runcmd",
        "phase": "final",
        "repeat": "once",
        "what": "run 1 command with /bin/sh"
      }
    ]
  },
  "findings": [
    {
      "severity": "note",
      "reason": "config",
      "chain": [
        "/a:1: x"
      ]
    },
    {
      "severity": "degraded",
      "reason": "group",
      "chain": [
        "a group",
        "no such group"
      ]
    }
  ],
  "warnings": [
    "a group: no such group"
  ]
}
)");
}

TEST_CASE("missing parts of a plan are null or empty") {
  const auto json = nlohmann::json::parse(to_json(Plan{}));
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("source").at("ovf") == false);
  for (const char* name : {"hostname", "user", "sshd", "updates"}) CHECK(json.at(name).is_null());
  CHECK(json.at("source").at("imds").is_null());
  CHECK(json.at("network").at("primary").is_null());
  CHECK(json.at("network").at("files") == nlohmann::json::array());
  CHECK(json.at("network").at("links") == nlohmann::json::array());
  CHECK(json.at("findings") == nlohmann::json::array());
  CHECK(json.at("warnings") == nlohmann::json::array());
  CHECK(json.at("course").at("value") == "refused");
}

TEST_CASE("password changes and sudo rules have fixed names") {
  Plan plan;
  plan.user.emplace();
  const auto user = [&] { return nlohmann::json::parse(to_json(plan)).at("user"); };
  plan.user->password = PasswordChange::kSet;
  plan.user->sudo = SudoRule::kPassword;
  CHECK(user().at("password") == "set");
  CHECK(user().at("sudo") == "password");
  plan.user->password = PasswordChange::kUnchanged;
  plan.user->sudo = SudoRule::kNone;
  CHECK(user().at("password") == "unchanged");
  CHECK(user().at("sudo") == "no");
}

TEST_CASE("invalid UTF-8 is replaced") {
  Plan plan;
  plan.course_why = "bad \xFF byte";
  plan.hostname = {"x", "\xC3"};
  plan.findings.push_back({Severity::kDegraded, Error(Reason::kUser, "\x80\x1b[2J")});
  const auto text = to_json(plan);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.at("course").at("why") == "bad \xEF\xBF\xBD byte");
  CHECK(json.at("warnings")[0] == "\xEF\xBF\xBD\x1b[2J");
  CHECK(text.find('\x1b') == std::string::npos);
}
