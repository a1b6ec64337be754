// Whether a user can become root, judged by the real sudo on the files of a tree, and by reading
// the same files.
#include "provision/plan/sudo.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/process.h"
#include "provision/accounts/sudo_leftovers.h"
#include "tests/unit/provision/accounts/account_tree.h"

using namespace azl;
using namespace azl::provision;
using azl::test::AccountTree;
using azl::test::patience;

namespace {

/// Runs real programs with a tree's /etc and /run in place of the machine's, each in a mount
/// namespace of its own.
class ProcessesOnTree final : public Processes {
 public:
  explicit ProcessesOnTree(const AccountTree& tree)
      : etc_(::open(tree.path("etc").c_str(), O_PATH | O_CLOEXEC)),
        run_(::open(tree.path("run").c_str(), O_PATH | O_CLOEXEC)) {}
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override {
    Command bound{.argv = command.argv,
                  .input = command.input.clone(),
                  .good_statuses = command.good_statuses,
                  .binds = {{.source = etc_.get(), .target = "/etc"},
                            {.source = run_.get(), .target = "/run"}}};
    return system_.start(bound);
  }

 private:
  UniqueFd etc_;
  UniqueFd run_;
  SystemProcesses system_;
};

/// A machine with the user bob, who is in wheel, and a sudo that works.
struct SudoTree : AccountTree {
  SudoTree() {
    append("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n");
    append("etc/shadow", "bob:!:19000:0:99999:7:::\n");
    write("etc/group", "root:x:0:\nwheel:x:10:bob\nadm:x:4:\nbob:x:1000:\n");
    write("etc/hosts", "127.0.0.1 localhost\n");
    write("etc/nsswitch.conf", "passwd: files\nshadow: files\ngroup: files\nhosts: files\n");
    for (const std::string service : {"sudo", "other"}) {
      write("etc/pam.d/" + service,
            "auth required pam_permit.so\naccount required pam_permit.so\n"
            "session required pam_permit.so\n");
    }
  }
  SudoTree& add(const std::string& name, const std::string& text) {
    write(name, text);
    chmod_to(name, 0440);
    return *this;
  }
};

const SudoUser kUser{.name = "bob", .uid = 1000, .groups = {"bob", "wheel"}, .gids = {1000, 10}};
const Account kBob{
    .name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = "/bin/bash"};
constexpr const char* kInclude = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n";

struct Row {
  std::string what;
  std::string sudoers;
  std::vector<std::pair<std::string, std::string>> files;  ///< in /etc/sudoers.d
  std::string problem;  ///< what the message ends with; empty: the user can become root
  SudoRule rule = SudoRule::kNoPassword;
  std::string later = {};  ///< what a root tree names besides
};

std::string end_of(const std::optional<Error>& problem) {
  if (!problem) return "";
  const auto text = problem->to_string();
  const auto colon = text.find(": ");
  return text.substr(colon == std::string::npos ? 0 : colon + 2);
}

}  // namespace

TEST_CASE(
    "whether the user can become root is asked from sudo, and the file and line at fault are "
    "named") {
  AZL_NEEDS_ROOT();
  const std::vector<Row> rows = {
      {"as an image has it", kInclude, {}, ""},
      {"with a password", kInclude, {}, "", SudoRule::kPassword},
      {"sudoers without includedir",
       "root ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) ALL\n",
       {},
       "/etc/sudoers has no line '@includedir /etc/sudoers.d', so sudo does not read "
       "/etc/sudoers.d/90-azl-provision"},
      {"sudoers without includedir, but with wheel", "%wheel ALL=(ALL) NOPASSWD: ALL\n", {}, ""},
      {"includedir before %wheel ALL=(ALL) ALL",
       "root ALL=(ALL:ALL) ALL\n#includedir /etc/sudoers.d\n\n%wheel ALL=(ALL) ALL\n",
       {},
       "/etc/sudoers:4 '%wheel ALL=(ALL) ALL' overrules /etc/sudoers.d/90-azl-provision, because "
       "it "
       "stands after the line that includes /etc/sudoers.d"},
      {"the same, where a password is wanted",
       "#includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\n",
       {},
       "",
       SudoRule::kPassword,
       "; later lines name the user: /etc/sudoers:2 '%wheel ALL=(ALL) ALL'"},
      {"includedir after %wheel", "%wheel ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n", {}, ""},
      {"a left-over sudoers.d/waagent that sorts after ours",
       kInclude,
       {{"waagent", "bob ALL = (ALL) ALL\n"}},
       "/etc/sudoers.d/waagent:1 'bob ALL = (ALL) ALL' overrules /etc/sudoers.d/90-azl-provision, "
       "because it comes later"},
      {"an administrator's later file",
       kInclude,
       {{"zz-site", "# site\nALL ALL=(ALL) PASSWD: ALL\n"}},
       "/etc/sudoers.d/zz-site:2 'ALL ALL=(ALL) PASSWD: ALL' overrules "
       "/etc/sudoers.d/90-azl-provision, because it comes later"},
      {"a later file by alias",
       kInclude,
       {{"zz", "User_Alias OPS = ann, %wheel\nOPS ALL=(root) \\\n  ALL\n"}},
       "/etc/sudoers.d/zz:2 'OPS ALL=(root)   ALL' overrules /etc/sudoers.d/90-azl-provision, "
       "because it comes later"},
      {"a later file that denies everything",
       kInclude,
       {{"zz", "bob ALL=(ALL) !ALL\n"}},
       "/etc/sudoers.d/zz:1 'bob ALL=(ALL) !ALL' overrules /etc/sudoers.d/90-azl-provision, "
       "because "
       "it comes later",
       SudoRule::kPassword},
      {"a later file for one command",
       kInclude,
       {{"zz", "bob ALL=(ALL) /usr/bin/id\n"}},
       "",
       SudoRule::kNoPassword,
       "; later lines name the user: /etc/sudoers.d/zz:1 'bob ALL=(ALL) /usr/bin/id'"},
      {"a later file for another user", kInclude, {{"zz", "ann ALL=(ALL) ALL\n"}}, ""},
      {"an earlier file", kInclude, {{"10-site", "bob ALL=(ALL) ALL\n"}}, ""},
      {"a later rule without a tag, and no password by default",
       "Defaults !authenticate\n@includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\n",
       {},
       "",
       SudoRule::kNoPassword,
       "; later lines name the user: /etc/sudoers:3 '%wheel ALL=(ALL) ALL'"},
      {"the last line wins",
       "@includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\nbob ALL=(ALL) NOPASSWD: ALL\n",
       {},
       "",
       SudoRule::kNoPassword,
       "; later lines name the user: /etc/sudoers:2 '%wheel ALL=(ALL) ALL', /etc/sudoers:3 'bob "
       "ALL=(ALL) NOPASSWD: ALL'"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    SudoTree tree;
    tree.add("etc/sudoers", row.sudoers);
    for (const auto& [name, text] : row.files) tree.add("etc/sudoers.d/" + name, text);
    ProcessesOnTree processes(tree);
    REQUIRE(ensure_sudoers(tree.root(), processes, kBob, row.rule, patience()));

    const auto answer = ask_sudo(processes, "bob", patience());
    REQUIRE_MESSAGE(answer.has_value(), answer.error().to_string());
    const auto files = read_sudoers(tree.root());
    REQUIRE(files.has_value());
    const auto judged = judge_sudo(kUser, row.rule, *files, *answer);
    CHECK(end_of(judged.problem) == row.problem);
    if (judged.problem) {
      CHECK(judged.problem->reason() == Reason::kSudoers);
      CHECK(judged.problem->to_string().starts_with("sudo does not let user 'bob' become root"));
    }
    // In a root tree nobody asks sudo. The files give the same answer here.
    const auto read = judge_sudo(kUser, row.rule, *files, std::nullopt);
    CHECK(end_of(read.problem) == row.problem);
    if (row.problem.empty())
      CHECK(read.why == "sudo was not asked, because this is a root tree" + row.later);
  }
}

TEST_CASE("a left-over of WALinuxAgent is overruled, and then sudo obeys our rule") {
  AZL_NEEDS_ROOT();
  SudoTree tree;
  tree.add("etc/sudoers", kInclude)
      .add("etc/sudoers.d/waagent", "ann ALL=(ALL) NOPASSWD: ALL\nbob ALL=(ALL) ALL\n");
  ProcessesOnTree processes(tree);
  const Root root = tree.root();
  REQUIRE(ensure_sudoers(root, processes, kBob, SudoRule::kNoPassword, patience()));
  CHECK(ask_sudo(processes, "bob", patience()).value().access == RootAccess::kWithPassword);
  REQUIRE(remove_agent_rules(root, processes, "bob", SudoRule::kNoPassword, patience()));
  CHECK(ask_sudo(processes, "bob", patience()).value().access == RootAccess::kWithoutPassword);
}

TEST_CASE("a user of the name sha256 becomes root") {
  AZL_NEEDS_ROOT();
  SudoTree tree;
  tree.append("etc/passwd", "sha256:x:1001:1001::/:/bin/bash\n");
  tree.add("etc/sudoers", kInclude);
  ProcessesOnTree processes(tree);
  const Account account{
      .name = "sha256", .uid = 1001, .gid = 1001, .home = "/", .shell = "/bin/bash"};
  REQUIRE(ensure_sudoers(tree.root(), processes, account, SudoRule::kNoPassword, patience()));
  CHECK(ask_sudo(processes, "sha256", patience()).value().access == RootAccess::kWithoutPassword);
}

TEST_CASE("files that sudo ignores, and files that it cannot parse, are causes too") {
  AZL_NEEDS_ROOT();
  SudoTree tree;
  tree.add("etc/sudoers", kInclude);
  ProcessesOnTree processes(tree);
  REQUIRE(ensure_sudoers(tree.root(), processes, kBob, SudoRule::kNoPassword, patience()));
  const auto problem_of = [&] {
    const auto answer = ask_sudo(processes, "bob", patience()).value();
    return end_of(
        judge_sudo(kUser, SudoRule::kNoPassword, read_sudoers(tree.root()).value(), answer)
            .problem);
  };
  CHECK(problem_of().empty());
  tree.chmod_to("etc/sudoers.d", 0777);
  CHECK(problem_of().starts_with("sudo ignores /etc/sudoers.d, because everybody can write to it"));
  tree.chmod_to("etc/sudoers.d", 0750).chmod_to("etc/sudoers", 0666);
  const auto refused = ask_sudo(processes, "bob", patience());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason() == Reason::kSudoers);
  CHECK(refused.error().to_string().find("/etc/sudoers is world writable") != std::string::npos);
}

TEST_CASE("what sudo complains about is in the message if no line explains its answer") {
  const SudoersFiles files{.lines = parse_sudoers(kSudoersFile, "bob ALL=(ALL) NOPASSWD: ALL\n"),
                           .ignored = {}};
  const auto verdict =
      judge_sudo(kUser, SudoRule::kNoPassword, files,
                 SudoAnswer{.access = RootAccess::kNone, .complaints = "/etc/x:1:2: syntax error"});
  REQUIRE(verdict.problem);
  CHECK(
      verdict.problem->to_string() ==
      "sudo does not let user 'bob' become root: no line of the sudoers files explains that; sudo "
      "says '/etc/x:1:2: syntax error'");
}
