// Which configuration files are read, and how their lines are parsed. config_test.cpp tests the
// keys.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/config/config.h"
#include "tests/unit/provision/config/warnings.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Root;
using azl::test::TemporaryTree;
using azl::test::warnings_of;

namespace {

using Words = std::vector<std::string>;

Root root_of(const TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

Words paths(const TemporaryTree& tree) {
  const auto found = read_config_files(root_of(tree));
  CHECK(found.unread.empty());
  Words result;
  for (const auto& file : found.files) result.push_back(file.path);
  return result;
}

Config parsed(const std::string& text) { return parse_config({{"a.conf", text}}); }

constexpr const char* kMain = "azl-provision/azl-provision.conf";
constexpr const char* kDropIns = "azl-provision/azl-provision.conf.d/";

}  // namespace

TEST_CASE("a tree without configuration files gives the defaults") {
  const TemporaryTree tree;
  CHECK(paths(tree) == Words{});
  const auto config = load_config(root_of(tree));
  CHECK(warnings_of(config) == Words{});
  CHECK(config.user.shell == "/bin/bash");
}

TEST_CASE("only the main file in the directory of highest priority is read") {
  TemporaryTree tree;
  const std::string main = kMain;
  tree.write("usr/lib/" + main, "[User]\nShell=/usr\n");
  CHECK(load_config(root_of(tree)).user.shell == "/usr");
  tree.write("run/" + main, "[User]\nShell=/run\n");
  CHECK(load_config(root_of(tree)).user.shell == "/run");
  tree.write("etc/" + main, "[User]\nShell=/etc\n");
  CHECK(load_config(root_of(tree)).user.shell == "/etc");
  CHECK(paths(tree) == Words{"/etc/" + main});
}

TEST_CASE("an empty main file, or a link to /dev/null, hides main files of lower priority") {
  const std::string main = kMain;
  for (const bool link : {false, true}) {
    CAPTURE(link);
    TemporaryTree tree;
    tree.write("usr/lib/" + main, "[User]\nShell=/usr\n");
    if (link) {
      tree.symlink("/dev/null", "etc/" + main);
    } else {
      tree.write("etc/" + main, "");
    }
    CHECK(load_config(root_of(tree)).user.shell == "/bin/bash");
  }
}

TEST_CASE("drop-ins are read in order of name, and /etc overrides /run, which overrides /usr/lib") {
  TemporaryTree tree;
  const std::string d = kDropIns;
  tree.write("etc/" + std::string(kMain), "")
      .write("usr/lib/" + d + "10-a.conf", "x")
      .write("run/" + d + "10-a.conf", "x")
      .write("run/" + d + "05-b.conf", "x")
      .write("usr/lib/" + d + "05-b.conf", "x")
      .write("usr/lib/" + d + "20-c.conf", "x")
      .write("etc/" + d + "20-c.conf", "x")
      .write("etc/" + d + "00-d.conf", "x")
      .write("etc/" + d + "notes.txt", "x")
      .write("etc/" + d + ".hidden.conf", "x");
  CHECK(paths(tree) == Words{"/etc/" + std::string(kMain), "/etc/" + d + "00-d.conf",
                             "/run/" + d + "05-b.conf", "/run/" + d + "10-a.conf",
                             "/etc/" + d + "20-c.conf"});
}

TEST_CASE("an empty drop-in, or a link to /dev/null, masks the drop-in of the same name") {
  TemporaryTree tree;
  const std::string d = kDropIns;
  tree.write("usr/lib/" + d + "10-a.conf", "[User]\nShell=/a\n")
      .write("usr/lib/" + d + "20-b.conf", "[Report]\nKeepBoots=2\n")
      .write("usr/lib/" + d + "30-c.conf", "[Network]\nManageEtcHosts=yes\n")
      .symlink("/dev/null", "etc/" + d + "10-a.conf")
      .write("run/" + d + "20-b.conf", "\n  \n");
  CHECK(paths(tree) == Words{"/usr/lib/" + d + "30-c.conf"});
  const auto config = load_config(root_of(tree));
  CHECK(config.user.shell == "/bin/bash");
  CHECK(config.report.keep_boots == 10);
  CHECK(config.network.manage_etc_hosts);
}

TEST_CASE("a drop-in overrides the main file, and a later drop-in overrides an earlier one") {
  TemporaryTree tree;
  tree.write("etc/" + std::string(kMain), "[User]\nShell=/main\nSudo=no\nLockRoot=no\n")
      .write("usr/lib/" + std::string(kDropIns) + "50-x.conf",
             "[User]\nShell=/fifty\nSudo=password\n")
      .write("etc/" + std::string(kDropIns) + "10-x.conf", "[User]\nShell=/ten\n");
  const auto config = load_config(root_of(tree));
  CHECK(config.user.shell == "/fifty");
  CHECK(config.user.sudo == SudoRule::kPassword);
  CHECK_FALSE(config.user.lock_root);
}

TEST_CASE("an absolute link to a configuration file is resolved inside the root") {
  TemporaryTree tree;
  tree.write("opt/our.conf", "[User]\nShell=/linked\n")
      .symlink("/opt/our.conf", "etc/" + std::string(kMain));
  CHECK(load_config(root_of(tree)).user.shell == "/linked");
}

TEST_CASE("a file that cannot be read is reported, and the other files are read") {
  TemporaryTree tree;
  tree.mkdir("etc/" + std::string(kMain))
      .mkdir("etc/" + std::string(kDropIns) + "50-x.conf")
      .write("usr/lib/" + std::string(kMain), "[User]\nShell=/hidden\n")
      .write("etc/" + std::string(kDropIns) + "60-y.conf", "[User]\nLockRoot=no\n")
      .write("run/" + std::string(kDropIns) + "50-x.conf", "[Ssh]\nHostKeys=keep\n");
  const auto config = load_config(root_of(tree));
  CHECK(config.warnings.empty());
  REQUIRE(config.unread.size() == 2);
  CHECK(config.unread[0].to_string().find(kMain) != std::string::npos);
  CHECK(config.unread[1].to_string().find("50-x.conf") != std::string::npos);
  CHECK_FALSE(config.user.lock_root);
  // An unreadable drop-in still hides files of the same name in other directories.
  CHECK(config.user.shell == "/bin/bash");
  CHECK(config.ssh.replace_host_keys);
}

TEST_CASE("a warning names its file and line, and the other lines are still read") {
  const auto config = parse_config({
      {"/a.conf", "\n# comment\n; another\n[User]\n\nShel=/x\nShell=/y\n[Nonsense]\nShell=/z\n"},
      {"/b.conf", "Shell=/none\n[User]\nSudo=maybe\nSudo=no\n"},
  });
  CHECK(warnings_of(config) ==
        Words{"/a.conf:6: unknown key 'Shel' in section [User] is ignored; did you mean Shell=?",
              "/a.conf:9: unknown key 'Shell' in section [Nonsense] is ignored; Shell= belongs to "
              "[User]",
              "/b.conf:1: unknown key 'Shell' in section [] is ignored; Shell= belongs to [User]",
              "/b.conf:3: Sudo=maybe is not one of nopasswd, password, no; the line is ignored"});
  CHECK(config.user.shell == "/y");
  CHECK(config.user.sudo == SudoRule::kNone);
}

TEST_CASE("a warning says which key or section was probably meant") {
  const std::pair<std::string, std::string> rows[] = {
      {"[User]\nSudoo=no\n", "; did you mean Sudo=?"},
      {"[User]\nsudo=no\n", "; did you mean Sudo=?"},
      {"[User]\nPasswordHahs=x\n", "; did you mean PasswordHash=?"},
      {"[Ssh]\nHostKey=keep\n", "; did you mean HostKeys=?"},
      {"[SSH]\nHostKeys=keep\n", "; did you mean [Ssh]?"},
      {"[Report]\nSudo=no\n", "; Sudo= belongs to [User]"},
      {"[User]\nColour=red\n", ""},
      {"[Elsewhere]\nColour=red\n", ""},
  };
  for (const auto& [text, suggestion] : rows) {
    CAPTURE(text);
    const auto warnings = warnings_of(parsed(text));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].substr(warnings[0].find(" is ignored") + 11) == suggestion);
  }
}

TEST_CASE("a line that cannot be used and may be about the user or SSH is marked") {
  const std::pair<std::string, bool> rows[] = {
      {"[User]\nSudoo=no\n", true},
      {"[User]\nSudo=non\n", true},
      {"[Ssh]\nHostKeys=kep\n", true},
      {"[User]\nSudo no\n", true},
      {"[Usr]\nSudo=no\n", true},
      {"[Elsewhere]\nColour=red\n", true},
      {"[Report]\nSudo=no\n", true},
      {"[Report]\n[User\n", true},
      {"Sudo=no\n", true},
      {"[User]\nShell=/" + std::string(300, 'a') + "\n", true},
      {"[Report]\nConsle=no\n", false},
      {"[Report]\nConsole=maybe\n", false},
      {"[Report]\nConsole no\n", false},
      {"[Disk]\nLabel=" + std::string(300, 'a') + "\n", false},
  };
  for (const auto& [text, about_login] : rows) {
    CAPTURE(text);
    const auto config = parsed(text);
    REQUIRE(config.warnings.size() == 1);
    CHECK(config.warnings[0].about_login == about_login);
  }
}

TEST_CASE("section and key names are case-sensitive") {
  CHECK(parsed("[user]\nShell=/x\n").warnings.size() == 1);
  CHECK(parsed("[User]\nshell=/x\n").warnings.size() == 1);
}

TEST_CASE("blanks, CRLF, a byte order mark and a missing last newline are ignored") {
  for (const std::string text :
       {"[User]\nShell=/x\n", "[User]\r\nShell=/x\r\n", "\xEF\xBB\xBF[User]\nShell=/x",
        "\xEF\xBB\xBF[User]\r\nShell = /x", "  [User]  \n\tShell  =  /x  \n",
        "\n\n[User]\n#\n  # indented\n  Shell=/x", "[User]\nLockRoot=yes\n  Shell=/x\n"}) {
    CAPTURE(text);
    const auto config = parsed(text);
    CHECK(warnings_of(config) == Words{});
    CHECK(config.user.shell == "/x");
    CHECK(config.user.lock_root);
  }
}

TEST_CASE("an indented line does not continue the line before it") {
  const auto config = parsed("[User]\nGroups=wheel\n  adm\n  Shell=/x\n");
  CHECK(config.user.groups == Words{"wheel"});
  CHECK(config.user.shell == "/x");
  CHECK(warnings_of(config) ==
        Words{"a.conf:3: neither a [Section] nor Key=Value; the line is ignored"});
}

TEST_CASE("every line that is neither a section nor a key gives a warning") {
  const auto config = parsed("junk\n[User\n[User]\nmore junk\nShell=/x\n]\n\x01\xFF\n");
  CHECK(warnings_of(config) ==
        Words{"a.conf:1: neither a [Section] nor Key=Value; the line is ignored",
              "a.conf:2: neither a [Section] nor Key=Value; the line is ignored",
              "a.conf:4: neither a [Section] nor Key=Value; the line is ignored",
              "a.conf:6: neither a [Section] nor Key=Value; the line is ignored",
              "a.conf:7: neither a [Section] nor Key=Value; the line is ignored"});
  CHECK(config.user.shell == "/x");
}

TEST_CASE("a line that is too long gives a warning, and the next line is read") {
  const std::string start = "Shell=/";
  const auto line = [&](std::size_t size) { return start + std::string(size - start.size(), 'a'); };
  // inih's buffer holds 199 bytes including the newline.
  for (const std::size_t size : {198UL, 199UL, 200UL, 5000UL}) {
    CAPTURE(size);
    const auto config = parsed("[User]\n" + line(size) + "\nSudo=no\nBad=x\n");
    CHECK(config.user.sudo == SudoRule::kNone);
    CHECK(config.user.shell.size() == (size == 198 ? size - 6 : 9));
    REQUIRE(config.warnings.size() == (size == 198 ? 1 : 2));
    if (size > 198)
      CHECK(config.warnings[0].text == "a.conf:2: longer than 199 characters; the line is ignored");
    CHECK(config.warnings.back().text ==
          "a.conf:4: unknown key 'Bad' in section [User] is ignored");
  }
  const auto last = parsed("[User]\n" + line(199));  // fits, because no newline follows
  CHECK(last.warnings.empty());
  CHECK(last.user.shell.size() == 193);
}

TEST_CASE("a warning contains no control character from the file") {
  const auto config = parsed("[Us\x1b[31mer]\nShell\x1b]0;x\x07=\x1b[2J\n[User]\nSudo=\x1b[2J\n");
  REQUIRE(config.warnings.size() == 2);
  for (const auto& warning : config.warnings)
    CHECK_MESSAGE(warning.text.find_first_of("\x1b\x07") == std::string::npos, warning.text);
}
