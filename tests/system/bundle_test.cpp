// report --bundle: the archive for support.
#include <filesystem>
#include <sstream>

#include <sys/mount.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("bundle" * needs_root());

namespace fs = std::filesystem;

constexpr const char* kTop = "azl-provision-bundle/";

/// Unpacks an archive, or lists it. Returns the names in their order.
Strings untar(const std::string& archive, const TemporaryTree& into) {
  Program tar({"/usr/bin/tar", "--extract", "--verbose", "--zstd", "--file", archive, "--directory",
               into.path()},
              into.path(), "tar", {});
  const auto ended = tar.wait();
  INFO(ended);
  REQUIRE(ended.status == 0);
  Strings names;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

TEST_CASE("the bundle of a tree has its reports, plan and configuration, and asks no program") {
  Lab lab;
  CHECK(lab.run({.media = false, .imds = false}).status == 1);
  lab.reboot();
  CHECK(lab.run().status == 0);
  lab.configure("# a comment\n[Report]\nInlineTimeout=33s\n");
  lab.write("var/log/azl-provision/debug.log", "imds debug: password=Secret-1234\n");
  TemporaryTree work;
  const auto archive = work.path("b.tar.zst");
  const auto made = lab.command({"report", "--bundle", archive});
  INFO(made);
  REQUIRE(made.status == 0);
  CHECK(made.err.empty());
  CHECK(mode_of(archive) == 0600);

  const auto names = untar(archive, work);
  REQUIRE(names.size() > 2);
  CHECK(names[0] == kTop);
  CHECK(names[1] == std::string(kTop) + "manifest.txt");
  const auto read = [&](const std::string& name) { return work.read(kTop + name); };
  // Each file is listed with its size before anything is written.
  for (std::size_t i = 1; i < names.size(); ++i) {
    const auto name = names[i].substr(std::string(kTop).size());
    CAPTURE(name);
    const auto at = made.out.find(name + " ");
    REQUIRE(at != std::string::npos);
    CHECK(at < made.out.find("\nWrote "));
    std::istringstream line(made.out.substr(at + name.size()));
    std::size_t size = 0;
    line >> size;
    CHECK(size == fs::file_size(work.path(names[i])));
  }
  CHECK(read("report-2.txt").starts_with("READY"));
  CHECK(Json::parse(read("report-1.json")) != Json::parse(read("report-2.json")));
  CHECK(Json::parse(read("plan.json")).contains("schema_version"));
  CHECK(Json::parse(read("links.json")).is_array());
  CHECK(read("config.txt").find("InlineTimeout=33s\n") != std::string::npos);
  CHECK(read("debug.log").starts_with("imds debug: "));
  CHECK_FALSE(contains(read("debug.log"), "Secret-1234"));
  CHECK_FALSE(work.exists(std::string(kTop) + "sshd.txt"));
  const auto manifest = read("manifest.txt");
  INFO(manifest);
  CHECK(manifest.find("Of the tree " + lab.root()) != std::string::npos);
  for (const std::string name :
       {"journal.txt", "networkd.txt", "sshd.txt", "lsblk.txt", "ip-addr.txt", "networkctl.txt"}) {
    const auto at = manifest.find("\n" + name);
    CAPTURE(name);
    REQUIRE(at != std::string::npos);
    CHECK(manifest.substr(at + 1, manifest.find('\n', at + 1) - at - 1)
              .ends_with(": not asked: a tree"));
  }
}

TEST_CASE("the bundle of a tree runs no program but those that pack it") {
  if (!fs::exists("/usr/bin/strace")) {
    MESSAGE("skipped: strace is not installed");
    return;
  }
  Lab lab;
  TemporaryTree work;
  Program program({"/usr/bin/strace", "-f", "-qq", "-e", "trace=execve", "-e", "status=successful",
                   "-e", "signal=none", "-o", work.path("trace"), program_under_test(), "report",
                   "--bundle", work.path("b.tar.zst"), "--root", lab.root()},
                  work.path(), "bundle", {});
  const auto ended = program.wait();
  INFO(ended);
  REQUIRE(ended.status == 0);
  std::istringstream lines(work.read("trace"));
  for (std::string line; std::getline(lines, line);) {
    const bool allowed = line.find("azl-provision\"") != std::string::npos ||
                         line.find("\"tar\"") != std::string::npos ||
                         line.find("\"zstd\"") != std::string::npos;
    // Planning reads the tree's configuration of sshd with a copy in a private directory.
    CHECK_MESSAGE((allowed || line.find("sshd") != std::string::npos), line);
  }
}

TEST_CASE("an archive that is there is replaced only with --force") {
  Lab lab;
  TemporaryTree work;
  work.write("b.tar.zst", "mine");
  const auto refused = lab.command({"--report", "--bundle", work.path("b.tar.zst")});
  INFO(refused);
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK(refused.err.find("b.tar.zst exists already; add --force to replace it") !=
        std::string::npos);
  CHECK(work.read("b.tar.zst") == "mine");
  CHECK(lab.command({"report", "--force", "--bundle", work.path("b.tar.zst")}).status == 0);
  CHECK(mode_of(work.path("b.tar.zst")) == 0600);
  CHECK_FALSE(untar(work.path("b.tar.zst"), work).empty());
}

TEST_CASE("what is no regular file is not replaced, and a name is needed") {
  Lab lab;
  TemporaryTree work;
  work.symlink("nowhere", "link").mkdir("directory");
  for (const auto& name : {work.path("link"), work.path("directory"), std::string("/dev/null"),
                           work.path("missing/b.tar.zst"), work.path() + "/"}) {
    CAPTURE(name);
    const auto refused = lab.command({"report", "--force", "--bundle", name});
    INFO(refused);
    CHECK(refused.status == 1);
    CHECK(refused.err.find("--bundle=") != std::string::npos);  // the advice
  }
  CHECK(fs::is_symlink(work.path("link")));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("nothing stays of an archive for which the disk has no room") {
  Lab lab;
  TemporaryTree work;
  work.mkdir("small");
  if (mount("tmpfs", work.path("small").c_str(), "tmpfs", 0, "size=4k") != 0) {
    MESSAGE("skipped: this user may not mount");
    return;
  }
  work.write("small/filler", std::string(4096, 'x'));
  const auto failed = lab.command({"report", "--bundle", work.path("small/b.tar.zst")});
  fs::remove(work.path("small/filler"));
  const bool is_empty = fs::is_empty(work.path("small"));
  umount(work.path("small").c_str());
  INFO(failed);
  CHECK(failed.status == 1);
  CHECK(failed.err.find("No space left on device") != std::string::npos);
  CHECK(is_empty);
}

TEST_CASE("a list that cannot be printed ends the command before anything is written") {
  Lab lab;
  TemporaryTree work;
  Program program({"/bin/sh", "-c", R"("$0" report --bundle "$1" --root "$2" >/dev/full)",
                   program_under_test(), work.path("b.tar.zst"), lab.root()},
                  work.path(), "bundle", {});
  const auto ended = program.wait();
  CHECK(ended.status == 1);
  CHECK_FALSE(work.exists("b.tar.zst"));
}

TEST_CASE("a missing program is named before anything is written") {
  Lab lab;
  TemporaryTree work;
  work.write("empty", "");
  // The program looks for tar and zstd in the usual directories only, so zstd is hidden there.
  Program program(
      {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
       R"(mount --bind "$3" /usr/bin/zstd && exec "$0" report --bundle "$1" --root "$2")",
       program_under_test(), work.path("b.tar.zst"), lab.root(), work.path("empty")},
      work.path(), "bundle", {});
  const auto ended = program.wait();
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(ended.out.empty());
  CHECK(ended.err.find("the bundle is packed by tar and zstd: ") != std::string::npos);
  CHECK(ended.err.find("zstd") != std::string::npos);
  CHECK_FALSE(work.exists("b.tar.zst"));
}

TEST_CASE("the options of a report's text do not go with --bundle") {
  Lab lab;
  for (const std::string option : {"--format=json", "--boot=-1", "--list", "--width=80", "-o/x"})
    CHECK(lab.command({"report", "--bundle", "/nowhere/x", option}).status == 64);
  CHECK(lab.command({"report", "--force"}).status == 64);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
