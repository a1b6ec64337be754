#include "provision/cli/custom_data_log.h"

#include <string>

#include <doctest/doctest.h>

#include "base/root.h"
#include "provision/custom_data/run/output_log.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/temporary_tree.h"

namespace azl::provision {
namespace {

constexpr const char* kPath = "var/log/azl-provision/custom-data.log";

CustomDataLog read(const test::TemporaryTree& tree, std::int64_t limit) {
  return read_custom_data_log(Root::open(tree.path()).value(), limit).value();
}

}  // namespace

TEST_CASE("the end of a long log is read, from the beginning of a line") {
  test::TemporaryTree tree;
  CHECK(read(tree, 10).text.empty());
  struct Row {
    std::string content;
    std::string text;
    bool cut = false;
  };
  const Row rows[] = {{"a\nb\n", "a\nb\n"},
                      {"12345678\nb", "12345678\nb"},
                      {"first\nsecond\nb", "second\nb", true},
                      {"0123456789abcdef", "6789abcdef", true}};
  for (const auto& row : rows) {
    tree.write(kPath, row.content);
    const auto log = read(tree, 10);
    CAPTURE(row.content);
    CHECK(log.text == row.text);
    CHECK(log.cut == row.cut);
  }
}

TEST_CASE("each line is printed whole: empty lines, and the last one with or without its end") {
  CHECK(make_printable_log("\na\n\nb\n\n") == "\na\n\nb\n\n");
  CHECK(make_printable_log("a\nlast\n") == "a\nlast\n");
  CHECK(make_printable_log("a\nlast") == "a\nlast\n");
  CHECK(make_printable_log("\x1b[2J").find('\x1b') == std::string::npos);
}

TEST_CASE("a program whose last line has no end does not hide the agent's line") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  test::FakeClock clock;
  {
    auto log = custom_data::OutputLog::open(root, false).value();
    log.tell(clock.wall(), "runcmd begins");
    REQUIRE(write_fully(log.fd(), "no end"));
    log.tell(clock.wall(), "runcmd: it ended with exit status 0");
    log.write_line("left in the background");
  }
  const auto text = read(tree, 1000).text;
  CHECK(text.find("\nno end\n== ") != std::string::npos);
  CHECK(text.find("begins\n\n") == std::string::npos);
  const auto found = find_log_of(text, "runcmd");
  CHECK(found.find("exit status 0") != std::string::npos);
  CHECK(found.find("background") == std::string::npos);
}

TEST_CASE("the lines of an item are found in the log") {
  const std::string log =
      "== 2026-11-29T13:38:02Z azl-provision: packages: dnf install\n"
      "Installed\n"
      "== 2026-11-29T13:38:03Z azl-provision: packages: dnf needs-restarting\n"
      "No\n"
      "== 2026-11-29T13:38:04Z azl-provision: runcmd begins\n"
      "a\n"
      "\n"
      "== my own line\n"
      "== 2026-11-29T13:38:05Z azl-provision: runcmd: it ended with exit status 0\n"
      "left in the background\n"
      "== 2026-11-29T13:38:06Z azl-provision: /x/per-boot/a b begins\n"
      "b\n"
      "== 2026-11-29T13:38:07Z azl-provision: /x/per-boot/a b: it ended with exit status 0\n"
      "== 2026-11-29T13:38:08Z azl-provision: runcmd begins\n"
      "again";
  CHECK(find_log_of(log, "runcmd") ==
        "== 2026-11-29T13:38:04Z azl-provision: runcmd begins\n"
        "a\n"
        "\n"
        "== my own line\n"
        "== 2026-11-29T13:38:05Z azl-provision: runcmd: it ended with exit status 0\n"
        "== 2026-11-29T13:38:08Z azl-provision: runcmd begins\n"
        "again\n");
  CHECK(find_log_of(log, "packages") ==
        "== 2026-11-29T13:38:02Z azl-provision: packages: dnf install\n"
        "Installed\n"
        "== 2026-11-29T13:38:03Z azl-provision: packages: dnf needs-restarting\n"
        "No\n");
  CHECK(find_log_of(log, "/x/per-boot/a b") ==
        "== 2026-11-29T13:38:06Z azl-provision: /x/per-boot/a b begins\n"
        "b\n"
        "== 2026-11-29T13:38:07Z azl-provision: /x/per-boot/a b: it ended with exit status 0\n");
  CHECK(find_log_of(log, "scripts/a").empty());
}

}  // namespace azl::provision
