#include "provision/accounts/keys_file.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {

namespace {

const Account kBob{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""};

/// Returns "PATH" of each file, with "~" for the home.
std::vector<std::string> files_of(std::vector<std::string> patterns,
                                  const Account& account = kBob) {
  SshdAnswer answer;
  answer.authorized_keys_files = std::move(patterns);
  std::vector<std::string> files;
  for (const KeysFile& file : find_keys_files(answer, account))
    files.push_back(file.below_home.empty() ? file.path : "~" + file.below_home);
  return files;
}

}  // namespace

TEST_CASE("the files that sshd reads for one user alone are found in sshd's order") {
  using Words = std::vector<std::string>;
  struct Row {
    Words patterns;
    Words files;
  };
  const std::vector<Row> rows = {
      {{".ssh/authorized_keys", ".ssh/authorized_keys2"},
       {"~/.ssh/authorized_keys", "~/.ssh/authorized_keys2"}},
      {{"%h/.ssh/authorized_keys"}, {"~/.ssh/authorized_keys"}},
      {{"/home/%u/.ssh/authorized_keys"}, {"~/.ssh/authorized_keys"}},
      {{"/home/bob//./.ssh/authorized_keys"}, {"~/.ssh/authorized_keys"}},
      {{"/etc/ssh/authorized_keys/%u"}, {"/etc/ssh/authorized_keys/bob"}},
      {{"/etc/keys/%U/100%%"}, {"/etc/keys/1000/100%"}},
      {{"/etc/keys%h"}, {"/etc/keys/home/bob"}},
      {{"/etc/keys/%u", ".ssh/authorized_keys"}, {"/etc/keys/bob", "~/.ssh/authorized_keys"}},
      // Keys in these would let several users in, or the file's name is not known.
      {{"/etc/ssh/authorized_keys"}, {}},
      {{"/etc/ssh/100%%"}, {}},
      {{"/home/bobby/keys"}, {}},
      {{"/etc/keys/%i/%u"}, {}},
      {{"/etc/keys/%u%"}, {}},
      {{"../%u/keys", "/etc/%u/../keys"}, {}},
      {{"/etc/ssh/authorized_keys", "/etc/keys/%u"}, {"/etc/keys/bob"}},
      {{}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patterns);
    CHECK(files_of(row.patterns) == row.files);
  }
}

TEST_CASE("a home that ends with a slash is the same home") {
  Account bob = kBob;
  bob.home = "/home//bob/";
  CHECK(files_of({".ssh/authorized_keys"}, bob) ==
        std::vector<std::string>{"~/.ssh/authorized_keys"});
  CHECK(files_of({"/home/bob/keys"}, bob) == std::vector<std::string>{"~/keys"});
}

TEST_CASE("OpenSSH's usual file is in the home") {
  const KeysFile file = usual_keys_file(kBob);
  CHECK(file.path == "/home/bob/.ssh/authorized_keys");
  CHECK(file.below_home == "/.ssh/authorized_keys");
}

}  // namespace azl::provision
