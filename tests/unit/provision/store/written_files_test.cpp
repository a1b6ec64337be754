#include "provision/store/written_files.h"

#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Reason;
using azl::Root;
using azl::test::TemporaryTree;

namespace {

Root root_of(const TemporaryTree& tree) { return std::move(Root::open(tree.path()).value()); }

const std::string kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

}  // namespace

TEST_CASE("a content has its SHA-256") { CHECK(sha256_of("hello") == kHello); }

TEST_CASE("what deprovision knows by its name is not recorded") {
  for (const std::string path :
       {"/etc/hostname", "/etc/fstab", "/etc/machine-id", "/run/x", "/run", "/var/log/a/b",
        "/var/lib/azl-provision", "/var/lib/azl-provision/state.json", "/var/lib/waagent/x",
        "/var/lib/cloud/instance"}) {
    CAPTURE(path);
    CHECK_FALSE(is_recorded(path));
  }
  for (const std::string path :
       {"/etc/hosts", "/runner/x", "/var/lib/waagent2", "/etc/hostnames"}) {
    CAPTURE(path);
    CHECK(is_recorded(path));
  }
}

TEST_CASE("written.json is parsed as it was written, and has the documented form") {
  const WrittenFiles files = {{"/etc/a", {.step = "sshd", .sha256 = kHello, .had_existed = false}},
                              {"/etc/b", {.step = "sudo", .sha256 = kHello, .had_existed = true}},
                              {"/etc/d", {.step = "sshd", .sha256 = {}, .had_existed = false}}};
  const auto again = parse_written_files(to_json(files));
  REQUIRE(again);
  CHECK(*again == files);
  CHECK(to_json({{"/etc/a", {.step = "sshd", .sha256 = "aa", .had_existed = true}}}) ==
        "{\n"
        "  \"schema_version\": 1,\n"
        "  \"written\": [\n"
        "    {\n"
        "      \"path\": \"/etc/a\",\n"
        "      \"step\": \"sshd\",\n"
        "      \"sha256\": \"aa\",\n"
        "      \"had_existed\": true\n"
        "    }\n"
        "  ]\n"
        "}\n");
}

TEST_CASE("a file that makes no sense is an error") {
  for (const std::string text :
       {"", "[]", "{}", R"({"schema_version": 2, "written": []})", R"({"schema_version": 1})",
        R"({"schema_version": 1, "written": {}})", R"({"schema_version": 1, "written": [1]})",
        R"({"schema_version": 1, "written": [{"path": "etc/x"}]})"}) {
    CAPTURE(text);
    const auto files = parse_written_files(text);
    REQUIRE_FALSE(files);
    CHECK(files.error().reason() == Reason::kState);
  }
}

TEST_CASE("a run adds to what is recorded, and what a step made stays its own") {
  WrittenFilesLog log;
  WrittenFiles files = {{"/etc/made", {.step = "old", .sha256 = "aa", .had_existed = false}},
                        {"/etc/image", {.step = "old", .sha256 = "aa", .had_existed = true}},
                        {"/etc/gone", {.step = "old", .sha256 = "aa", .had_existed = true}},
                        {"/etc/again", {.step = "old", .sha256 = "aa", .had_existed = true}}};
  log.enter("first");
  log.on_write("/etc/made", "hello", false);
  log.on_write("/etc/image", "hello", false);
  log.on_remove("/etc/gone");
  log.on_remove("/etc/never");
  log.enter("second");
  log.on_remove("/etc/again");
  log.on_write("/etc/again", "hello", true);
  log.on_make_directory("/etc/d");
  log.on_write("/var/log/x", "hello", true);
  log.apply_to(files);
  CHECK(files ==
        WrittenFiles{{"/etc/made", {.step = "first", .sha256 = kHello, .had_existed = false}},
                     {"/etc/image", {.step = "first", .sha256 = kHello, .had_existed = true}},
                     {"/etc/again", {.step = "second", .sha256 = kHello, .had_existed = false}},
                     {"/etc/d", {.step = "second", .sha256 = {}, .had_existed = false}}});
}

TEST_CASE("a run that wrote nothing touches nothing, and one that did leaves a private file") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  WrittenFilesLog log;
  REQUIRE(log.save(root));
  CHECK_FALSE(tree.exists("var"));
  log.enter("sshd");
  log.on_write("/etc/a", "hello", true);
  REQUIRE(log.save(root));
  struct stat status{};
  REQUIRE(::stat(tree.path(kWrittenFile).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(load_written_files(root).value().at("/etc/a").sha256 == kHello);
}

TEST_CASE("what a killed run left of the file is removed") {
  TemporaryTree tree;
  tree.write("var/lib/azl-provision/.written.json.azl-new", "{");
  tree.write("var/lib/azl-provision/written.json", "{}");
  const auto root = root_of(tree);
  REQUIRE(remove_unfinished_written_files(root));
  CHECK_FALSE(tree.exists("var/lib/azl-provision/.written.json.azl-new"));
  CHECK(tree.exists("var/lib/azl-provision/written.json"));
  CHECK(remove_unfinished_written_files(root));
}

TEST_CASE("a damaged file is replaced, and said") {
  TemporaryTree tree;
  tree.write(kWrittenFile, "{");
  const auto root = root_of(tree);
  WrittenFilesLog log;
  log.on_write("/etc/a", "hello", true);
  const auto saved = log.save(root);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().reason() == Reason::kState);
  CHECK(load_written_files(root).value().size() == 1);
}
