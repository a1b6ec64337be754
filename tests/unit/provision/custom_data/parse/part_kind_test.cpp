#include "provision/custom_data/parse/part_kind.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/parse/packed.h"

using namespace azl::provision::custom_data;

namespace {

std::string kind(std::string_view type, std::string_view content) {
  return std::string(to_string(find_part_kind(type, content)));
}

}  // namespace

// Source of the tables: cloud-init's "User-data formats", table of headers and content types.
TEST_CASE("content without a type is known by its first line") {
  struct Row {
    std::string_view content;
    std::string_view kind;
  };
  for (const auto& [content, expected] : {
           Row{"#cloud-config\n", "cloud-config"},
           Row{"#Cloud-Config", "cloud-config"},
           Row{"#cloud-config to reenable the module\n", "cloud-config"},
           Row{"\n  \t#cloud-config\r\n", "cloud-config"},
           Row{"\xEF\xBB\xBF#cloud-config\n", "cloud-config"},
           Row{"\xEF\xBB\xBF\n#!/bin/sh\n", "script"},
           Row{"#cloud-config-archive\n", "archive"},
           Row{"#CLOUD-CONFIG-JSONP\n", "json-patch"},
           Row{"#!/bin/sh\n", "script"},
           Row{"#!", "script"},
           Row{"#cloud-boothook\n#!/bin/sh\n", "boothook"},
           Row{"#include\nhttps://example.com/\n", "include"},
           Row{"#include-once\n", "include"},
           Row{"#include https://example.com/", "include"},
           Row{"#part-handler\n", "part-handler"},
           Row{"## template: jinja\n#cloud-config\n", "template"},
           Row{"## Template: Jinja\r\n#!/bin/sh\r\n", "template"},
           Row{"MIME-Version: 1.0\n\n", "multipart"},
           Row{"\nContent-Type: text/plain\nmime-version: 1.0\n\n", "multipart"},
           Row{"#!/bin/sh\nMIME-Version: 1.0\n", "script"},
           Row{R"({"ignition": {"version": "3.4.0"}})", "ignition"},
           Row{"\n{\"storage\": {\"a\": [\"}\", \"\\\"\"]}, \"ignition\" : {}}", "ignition"},
           Row{R"({"a": {"ignition": {}}})", "text"},
           Row{R"({"a": "ignition"})", "text"},
           Row{R"({"a": 1}, {"ignition": 1})", "text"},
           Row{R"(["ignition"])", "text"},
           Row{R"({"ignition)", "text"},
           Row{R"({"a\)", "text"},
           Row{"# cloud-config\n", "text"},
           Row{"##template: jinja\n", "text"},
           Row{"runcmd: [ls]\n", "text"},
           Row{"", "text"},
           Row{" ", "text"},
       }) {
    CAPTURE(content);
    for (const auto* const type :
         {"", "text/plain", "text/x-not-multipart", "cloud-config", "a/b/c"}) {
      CAPTURE(type);
      CHECK(kind(type, content) == expected);
    }
  }
  CHECK(kind("", azl::test::packed("x")) == "gzip");
}

TEST_CASE("a type for custom data decides, whatever the first line says") {
  struct Row {
    std::string_view type;
    std::string_view kind;
  };
  for (const auto& [type, expected] : {
           Row{"text/cloud-config", "cloud-config"},
           Row{"text/x-shellscript-per-boot", "per-boot-script"},
           Row{"text/x-shellscript-per-instance", "per-instance-script"},
           Row{"text/x-shellscript-per-once", "per-once-script"},
           Row{"text/cloud-boothook", "boothook"},
           Row{"text/jinja2", "template"},
           Row{"text/cloud-config-archive", "archive"},
           Row{"text/cloud-config-jsonp", "json-patch"},
           Row{"text/part-handler", "part-handler"},
           Row{"text/x-include-url", "include"},
           Row{"text/x-include-once-url", "include"},
           Row{"application/gzip", "gzip"},
           Row{"application/x-gzip", "gzip"},
           Row{"application/x-compressed", "gzip"},
           Row{"multipart/mixed", "multipart"},
           Row{"application/octet-stream", "text"},
           Row{"text/html", "text"},
           Row{"text/", "text"},
       }) {
    CAPTURE(type);
    CHECK(kind(type, "#!/bin/sh\n") == expected);
    CHECK(kind(type, "") == expected);
  }
}

TEST_CASE("text/x-shellscript is looked at again, and is a script if nothing else is found") {
  CHECK(kind("text/x-shellscript", "#!/bin/sh\n") == "script");
  CHECK(kind("text/x-shellscript", "#cloud-config\n") == "cloud-config");
  CHECK(kind("text/x-shellscript", "#cloud-boothook\n") == "boothook");
  CHECK(kind("text/x-shellscript", "echo 1\n") == "script");
  CHECK(kind("text/x-shellscript", "MIME-Version: 1.0\n") == "script");
  CHECK(kind("text/x-shellscript", azl::test::packed("x")) == "gzip");
}

TEST_CASE("gzip data is recognised under a type for custom data, and under no other") {
  const std::string data = azl::test::packed("#cloud-config\n");
  CHECK(kind("text/cloud-config", data) == "gzip");
  CHECK(kind("text/x-shellscript-per-once", data) == "gzip");
  CHECK(kind("image/png", data) == "text");
}

TEST_CASE("the type and the first line that were meant are found") {
  CHECK(find_meant_type("text/cloudconfig") == "text/cloud-config");
  CHECK(find_meant_type("cloud-config") == "text/cloud-config");
  CHECK(find_meant_type("text/x-shellscript-perboot") == "text/x-shellscript-per-boot");
  CHECK(find_meant_type("image/png").empty());
  CHECK(find_meant_first_line("# cloud-config\nkey: 1\n") == "#cloud-config");
  CHECK(find_meant_first_line("\ncloud-config\r\n") == "#cloud-config");
  CHECK(find_meant_first_line("##template: jinja\n") == "## template: jinja");
  CHECK(find_meant_first_line("#/bin/bash\n") == "#!/bin/bash");
  CHECK(find_meant_first_line("packages: [nginx]\n").empty());
  CHECK(find_meant_first_line("").empty());
}

TEST_CASE("scripts are the kinds that the kernel executes") {
  CHECK(is_script(PartKind::kScript));
  CHECK(is_script(PartKind::kPerOnceScript));
  CHECK_FALSE(is_script(PartKind::kBoothook));
  CHECK_FALSE(is_script(PartKind::kCloudConfig));
}
