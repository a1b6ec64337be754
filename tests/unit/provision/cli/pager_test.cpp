#include "provision/cli/pager.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::test::TemporaryTree;

namespace {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

std::vector<Words> commands(const Variables& variables, bool is_own_session) {
  std::vector<Words> all;
  for (const auto& pager : choose_pagers(environment_of(variables), is_own_session, true))
    all.push_back(pager.argv);
  return all;
}

Words variables_of(const Variables& variables, bool utf8 = true) {
  return choose_pagers(environment_of(variables), true, utf8).at(0).environment;
}

/// Writes a pager that writes its input and three variables to files.
std::string make_pager(TemporaryTree& tree) {
  tree.write("pager", "#!/bin/sh\necho \"$LESS $LESSSECURE $1\" >" + tree.path("called") +
                          "\nexec cat >" + tree.path("text") + "\n");
  CHECK(::chmod(tree.path("pager").c_str(), 0755) == 0);
  return tree.path("pager");
}

}  // namespace

TEST_CASE("the pager is $SYSTEMD_PAGER, else $PAGER, else less") {
  struct Row {
    Variables variables;
    std::vector<Words> own;    ///< in the user's own session
    std::vector<Words> other;  ///< under sudo
  };
  const std::vector<Words> less = {{"less"}};
  const std::vector<Words> more = {{"more", "-d"}, {"less"}};
  const std::vector<Words> none;
  for (const auto& row : std::vector<Row>{
           {{}, less, less},
           {{{"PAGER", "more -d"}}, more, less},
           {{{"SYSTEMD_PAGER", "more  -d"}, {"PAGER", "vi"}}, more, less},
           {{{"SYSTEMD_PAGER", ""}, {"PAGER", "more"}}, none, none},
           {{{"SYSTEMD_PAGER", "cat"}}, none, none},
           {{{"PAGER", "cat"}}, none, none},
           {{{"PAGER", ""}}, none, none},
           {{{"PAGER", "more -d"}, {"SYSTEMD_PAGERSECURE", "yes"}}, more, more},
       }) {
    CAPTURE(row.variables.size());
    CHECK(commands(row.variables, true) == row.own);
    CHECK(commands(row.variables, false) == row.other);
  }
}

TEST_CASE("less gets systemd's options, and may neither start programs nor write files") {
  CHECK(variables_of({}) == Words{"LESS=FRSXMK", "LESSCHARSET=utf-8", "LESSSECURE=1"});
  CHECK(variables_of({}, false) == Words{"LESS=FRSXMK", "LESSCHARSET=ascii", "LESSSECURE=1"});
  CHECK(variables_of({{"SYSTEMD_LESS", "-F"}, {"SYSTEMD_LESSCHARSET", "latin1"}}) ==
        Words{"LESS=-F", "LESSCHARSET=latin1", "LESSSECURE=1"});
  CHECK(variables_of({{"SYSTEMD_PAGERSECURE", "no"}}).size() == 2);
  CHECK(variables_of({{"SYSTEMD_PAGERSECURE", "what"}}).size() == 3);
}

TEST_CASE("the pager gets the text, its variables and its arguments") {
  TemporaryTree tree;
  const auto program = make_pager(tree);
  const Words variables = {"LESS=FRX", "LESSSECURE=1"};
  const std::string text(1 << 20, 'x');  // more than a pipe takes
  REQUIRE(show_in_pager(text, {{{"/nonexistent/pager"}, {}}, {{program, "-d"}, variables}}));
  CHECK(tree.read("text") == text);
  CHECK(tree.read("called") == "FRX 1 -d\n");
}

TEST_CASE("a pager that ends early is no error, and one that cannot be started is not waited for") {
  const auto before = std::signal(SIGINT, SIG_DFL);
  CHECK(show_in_pager(std::string(1 << 20, 'x'), {{{"true"}, {}}}));
  CHECK((std::signal(SIGINT, before) == SIG_DFL));  // as before
  CHECK_FALSE(show_in_pager("x", {{{"/nonexistent/pager"}, {}}}));
  CHECK_FALSE(show_in_pager("x", {}));
}
