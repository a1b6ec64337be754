#include "provision/custom_data/plan/write_files.h"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::packed;
using test::plan_of;
using test::remarks_of;

std::string files(std::string_view list) {
  return "#cloud-config\nwrite_files:\n" + std::string(list);
}

TEST_CASE("each file has the path, content, owner and mode that the document says") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#write-files
  struct {
    std::string_view item;
    std::string_view path;
    std::string_view content;
    std::string_view user;
    std::string_view group;
    mode_t mode;
    bool append;
  } const rows[] = {
      {"- path: /a\n", "/a", "", "root", "root", 0644, false},
      {"- {path: /a, content: x}\n", "/a", "x", "root", "root", 0644, false},
      {"- path: /a\n  content: |\n    x\n    y\n", "/a", "x\ny\n", "root", "root", 0644, false},
      {"- {path: /a, content: x, owner: 'bob:adm', permissions: '0600'}\n", "/a", "x", "bob", "adm",
       0600, false},
      {"- {path: /a, owner: bob}\n", "/a", "", "bob", "root", 0644, false},
      {"- {path: /a, owner: ':adm'}\n", "/a", "", "root", "adm", 0644, false},
      {"- {path: /a, owner: }\n", "/a", "", "root", "root", 0644, false},
      {"- {path: /a, append: true, content: x}\n", "/a", "x", "root", "root", 0644, true},
      {"- {path: /a, append: 'yes'}\n", "/a", "", "root", "root", 0644, true},
      {"- {path: /a, append: 1}\n", "/a", "", "root", "root", 0644, true},
      {"- {path: /a, append: no}\n", "/a", "", "root", "root", 0644, false},
      {"- {path: /a, append: ~, permissions: ~, encoding: ~, content: ~}\n", "/a", "", "root",
       "root", 0644, false},
      {"- {path: /a, encoding: b64, content: aGVsbG8K}\n", "/a", "hello\n", "root", "root", 0644,
       false},
      {"- {path: /a, encoding: gz+b64, content: H4sIAAAAAAACA8tIzcnJ5wIAIDA6NgYAAAA=}\n", "/a",
       "hello\n", "root", "root", 0644, false},
      {"- {path: /a, encoding: gzip, content: !!binary H4sIAAAAAAACA8tIzcnJ5wIAIDA6NgYAAAA=}\n",
       "/a", "hello\n", "root", "root", 0644, false},
      {"- {path: /a, content: !!binary aGVsbG8K}\n", "/a", "hello\n", "root", "root", 0644, false},
      {"- {path: /a/../b/./c//d, content: x}\n", "/b/c/d", "x", "root", "root", 0644, false},
      {"- {path: /../../a, content: x}\n", "/a", "x", "root", "root", 0644, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.item);
    const auto plan = plan_of(files(row.item));
    REQUIRE(plan.items.size() == 1);
    CHECK(plan.remarks.empty());
    const auto& file = std::get<WriteFile>(plan.items[0].action);
    CHECK(file.path == row.path);
    CHECK(file.content.reveal() == row.content);
    CHECK(file.user == row.user);
    CHECK(file.group == row.group);
    CHECK(file.mode == row.mode);
    CHECK(file.append == row.append);
  }
}

TEST_CASE("an item says what it does, without the content") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- {path: /etc/app.conf, content: 12 letters..}\n",
       "write /etc/app.conf (12 bytes, 0644, root:root)"},
      {"- {path: /a, content: x, append: true, owner: bob, permissions: '0600'}\n",
       "append to /a (1 byte, 0600, bob:root)"},
      {"- {path: /a, owner: ':adm'}\n", "write /a (0 bytes, 0644, root:adm)"},
      {"- {path: /a, owner: ~}\n", "write /a (0 bytes, 0644, root:root)"},
      {"- {path: \"/a\\eb\"}\n", "write /a\\x1bb (0 bytes, 0644, root:root)"},
  };
  for (const auto& [item, what] : rows) {
    CAPTURE(item);
    CHECK(plan_of(files(item)).items.at(0).what == what);
  }
}

TEST_CASE("files are written early, and in the end if they are deferred") {
  CHECK(items_of(files("- {path: /a, defer: true}\n- {path: /b}\n- {path: /c, defer: no}\n"
                       "- {path: /d, defer: 'true'}\n")) ==
        Lines{"write_files/2 early once", "write_files/3 early once", "write_files/1 final once",
              "write_files/4 final once"});
}

TEST_CASE("a bad item costs only itself") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- content: x\n", "e 3:3 write-files-path"},
      {"- {path: , content: x}\n", "e 3:3 write-files-path"},
      {"- {path: '', content: x}\n", "e 3:3 write-files-path"},
      {"- {path: 7}\n", "e 3:10 write-files-path"},
      {"- {path: [/a]}\n", "e 3:3 write-files-path"},
      {"- {path: /}\n", "e 3:10 write-files-path"},
      {"- {path: /a/..}\n", "e 3:10 write-files-path"},
      {"- {path: \"/a\\0b\"}\n", "e 3:10 write-files-path"},
      {"- /etc/x\n", "e 3:3 write-files-item"},
      {"- ~\n", "e 3:3 write-files-item"},
      {"- [/etc/x]\n", "e 3:3 write-files-item"},
      {"- {path: /a, content: [x]}\n", "e 3:23 write-files-content"},
      {"- {path: /a, content: {x: y}}\n", "e 3:23 write-files-content"},
      {"- {path: /a, content: YQ, encoding: b64}\n", "e 3:23 write-files-content"},
      {"- {path: /a, content: x, encoding: gz}\n", "e 3:23 write-files-content"},
      {"- {path: /a, owner: 1000}\n", "e 3:21 write-files-owner"},
      {"- {path: /a, owner: [root]}\n", "e 3:21 write-files-owner"},
      {"- {path: /a, source: {uri: 'https://x'}}\n", "e 3:22 write-files-source"},
  };
  for (const auto& [item, remark] : rows) {
    CAPTURE(item);
    const auto plan = plan_of(files(std::string(item) + "- path: /good\n"));
    CHECK(items_of(plan) == Lines{"write_files/2 early once"});
    CHECK(remarks_of(plan) == Lines{std::string(remark)});
    CHECK(plan.remarks.at(0).text.find("file 1 is not written") != std::string::npos);
  }
}

TEST_CASE("what is not done as it is written gets a warning at its place") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"- {path: a/b}\n", {"w 3:10 relative-path"}},
      {"- {path: /var/lib/cloud/scripts/per-boot/a.sh}\n", {}},
      {"- {path: /a/}\n", {"w 3:10 write-files-path"}},
      {"- {path: /a, content: 7}\n", {"w 3:23 write-files-content"}},
      {"- {path: /a, content: yes}\n", {"w 3:23 write-files-content"}},
      {"- {path: /a, content: 2024-01-01}\n", {"w 3:23 write-files-content"}},
      {"- {path: /a, content: x, encoding: b32}\n", {"w 3:36 write-files-encoding"}},
      {"- {path: /a, content: x, encoding: [b64]}\n", {"w 3:36 write-files-encoding"}},
      {"- {path: /a, permissions: 644}\n", {"w 3:27 write-files-permissions"}},
      {"- {path: /a, append: maybe}\n", {"w 3:22 write-files-append"}},
      {"- {path: /a, defer: 2}\n", {"w 3:21 write-files-defer"}},
      {"- {path: /a, content: x, source: {uri: 'https://x'}}\n", {"w 3:34 write-files-source"}},
      {"- {path: /a, source: {}}\n", {"w 3:22 write-files-source"}},
      {"- {path: /a, owners: x}\n", {"w 3:14 unknown-key"}},
      {"- {path: /a, xyzzyx: x}\n", {"w 3:14 unknown-key"}},
  };
  for (const auto& [item, remarks] : rows) {
    CAPTURE(item);
    const auto plan = plan_of(files(item));
    CHECK(items_of(plan) == Lines{"write_files/1 early once"});
    CHECK(remarks_of(plan) == remarks);
  }
  CHECK(plan_of(files("- {path: /a, permissions: 644}\n")).remarks.at(0).text ==
        "'permissions' is the decimal number 644 for YAML, so the mode is 01204");
  CHECK(plan_of(files("- {path: /a, owners: x}\n")).remarks.at(0).advice ==
        "did you mean 'owner'?");
  CHECK(plan_of(files("- {path: /a, xyzzyx: x}\n")).remarks.at(0).advice.empty());
}

TEST_CASE("files that are no list are not written") {
  CHECK(remarks_of("#cloud-config\nwrite_files: {path: /a}\n") == Lines{"e 2:1 write-files-kind"});
  CHECK(remarks_of("#cloud-config\nwrite_files: /a\n") == Lines{"e 2:1 write-files-kind"});
  CHECK(remarks_of("#cloud-config\nwrite_files:\n") == Lines{"w 2:1 no-value"});
  CHECK(remarks_of("#cloud-config\nwrite_files: []\n") == Lines{});
}

TEST_CASE("all files together have at most 16 MiB") {
  // Text that gzip makes shorter by less than its own bound.
  std::string text;
  for (unsigned i = 0; text.size() < (std::size_t{6} << 20); ++i)
    text += std::to_string(i * 2654435761U) + std::string(90, 'x');
  const std::string list = "- {path: /a, encoding: gz, content: &x !!binary " +
                           base64_encode(packed(text)) +
                           "}\n"
                           "- {path: /b, encoding: gz, content: *x}\n"
                           "- {path: /c, encoding: gz, content: *x}\n";
  const auto plan = plan_of(files(list));
  CHECK(items_of(plan) == Lines{"write_files/1 early once", "write_files/2 early once"});
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].rule == "write-files-size");
  CHECK(plan.remarks[0].text ==
        "the files have more than 16 MiB together, so that file 3 is not written");
}

TEST_CASE("no remark and no description quotes a value") {
  const std::string secret = "hunter2";
  const auto plan = plan_of(files(
      "- {path: /a, content: hunter2, encoding: hunter2, permissions: hunter2, append: hunter2,\n"
      "   defer: hunter2, source: hunter2}\n"
      "- {path: /b, content: hunter2, encoding: gz}\n"
      "- {path: /c, content: hunter2, encoding: b64}\n"
      "- {content: hunter2}\n- hunter2\n- {path: /d, source: {uri: hunter2}}\n"));
  CHECK(plan.remarks.size() >= 8);
  for (const auto& remark : plan.remarks) {
    CAPTURE(remark.text);
    CHECK(remark.text.find(secret) == std::string::npos);
    CHECK(remark.advice.find(secret) == std::string::npos);
  }
  for (const auto& item : plan.items) CHECK(item.what.find(secret) == std::string::npos);
}

}  // namespace
}  // namespace azl::provision::custom_data
