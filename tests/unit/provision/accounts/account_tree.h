// A tree with the files that accounts and sshd need, and Processes that record or play.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/root.h"
#include "tests/unit/temporary_tree.h"

/// Skips a test that needs root: for chroot, owners or mount namespaces.
#define AZL_NEEDS_ROOT()                               \
  do {                                                 \
    if (geteuid() != 0) {                              \
      MESSAGE("skipped: only root can run this test"); \
      return;                                          \
    }                                                  \
  } while (false)

namespace azl::test {

/// A minimal image: root, one system account, and the admin groups of Azure Linux.
class AccountTree : public TemporaryTree {
 public:
  AccountTree() {
    chmod_to("", 0755);
    write("etc/passwd",
          "root:x:0:0:root:/root:/bin/bash\nsystemd-network:x:192:192::/:/sbin/nologin\n");
    write("etc/shadow", "root:!:19000:0:99999:7:::\nsystemd-network:!*:19000::::::\n");
    write("etc/group", "root:x:0:\nwheel:x:10:\nadm:x:4:\nsystemd-network:x:192:\n");
    write("etc/gshadow", "root:::\nwheel:::\nadm:::\nsystemd-network:!*::\n");
    write("etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nUSERGROUPS_ENAB yes\n");
    write("etc/skel/.bashrc", "# bashrc\n").write("etc/skel/.config/app/settings", "a=b\n");
    write("bin/bash", "").write("sbin/nologin", "");
    chmod_to("bin/bash", 0755).chmod_to("sbin/nologin", 0755);
    chmod_to("etc/shadow", 0600).chmod_to("etc/gshadow", 0600);
    write("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n");
    mkdir("etc/ssh/sshd_config.d").mkdir("etc/sudoers.d").mkdir("home").mkdir("root").mkdir("run");
  }

  // Override TemporaryTree's, so that calls can be chained.
  AccountTree& write(std::string_view name, std::string_view content) {
    TemporaryTree::write(name, content);
    return *this;
  }
  AccountTree& mkdir(std::string_view name) {
    TemporaryTree::mkdir(name);
    return *this;
  }
  AccountTree& symlink(std::string_view target, std::string_view name) {
    TemporaryTree::symlink(target, name);
    return *this;
  }
  AccountTree& chmod_to(std::string_view name, mode_t mode) {
    if (::chmod(path(name).c_str(), mode) != 0) throw std::runtime_error("chmod");
    return *this;
  }
  AccountTree& chown_to(std::string_view name, uid_t uid, gid_t gid) {
    if (::lchown(path(name).c_str(), uid, gid) != 0) throw std::runtime_error("chown");
    return *this;
  }
  /// Appends text to a file.
  AccountTree& append(std::string_view name, std::string_view text) {
    write(name, read(name) + std::string(text));
    return *this;
  }
  /// Replaces whatever has this name by a link.
  AccountTree& plant(std::string_view target, std::string_view name) {
    std::filesystem::remove_all(path(name));
    symlink(target, name);
    return *this;
  }
  [[nodiscard]] struct stat status(std::string_view name) const {
    struct stat result{};
    if (::lstat(path(name).c_str(), &result) != 0) {
      throw std::runtime_error("lstat " + path(name));
    }
    return result;
  }
  [[nodiscard]] mode_t mode(std::string_view name) const { return status(name).st_mode & 07777; }
  [[nodiscard]] Root root() const {
    auto root = Root::open(path());
    if (!root) throw std::runtime_error(root.error().to_string());
    return std::move(*root);
  }
};

/// Runs real processes and records their command lines and input.
class RecordingProcesses final : public Processes {
 public:
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override {
    commands.push_back(command.argv);
    inputs.emplace_back(command.input.reveal());
    return system_.start(command);
  }
  /// Returns how often a program was run.
  [[nodiscard]] int count(std::string_view program) const {
    int runs = 0;
    for (const auto& argv : commands) runs += argv.front() == program ? 1 : 0;
    return runs;
  }

  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> inputs;

 private:
  SystemProcesses system_;
};

/// Runs no process: the test plays each one.
class PlayedProcesses final : public Processes {
 public:
  using Play = std::function<Result<ProcessOutput>(const Command&)>;
  explicit PlayedProcesses(Play play) : play_(std::move(play)) {}

  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override {
    commands.push_back(command.argv);
    auto output = play_(command);
    if (!output && output.error().reason() == Reason::kToolMissing) {
      return std::unexpected(std::move(output.error()));
    }
    return std::make_unique<Ended>(std::move(output));
  }

  std::vector<std::vector<std::string>> commands;

 private:
  class Ended final : public Child {
   public:
    explicit Ended(Result<ProcessOutput> output) : output_(std::move(output)) {}
    [[nodiscard]] Result<ProcessOutput> wait(const Deadline&) override {
      return std::move(output_);
    }

   private:
    Result<ProcessOutput> output_;
  };
  Play play_;
};

/// A deadline that is long enough on a busy machine.
inline Deadline patience() {
  static const SystemClock clock;
  return {clock, std::chrono::seconds(60)};
}

/// Runs a real tool and returns its output. Throws if it fails.
inline std::string output_of(std::vector<std::string> argv) {
  SystemProcesses processes;
  const auto done = processes.run({.argv = std::move(argv)}, patience());
  if (!done) throw std::runtime_error(done.error().to_string());
  return done->out;
}

/// Returns type, mode, owner, size, modification time, inode, content and link target of everything
/// in a directory.
inline std::map<std::string, std::string> snapshot(const std::string& directory) {
  std::map<std::string, std::string> seen;
  const auto look = [&seen](const std::filesystem::path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
      seen[path] = "not there";
      return;
    }
    std::string text;
    for (const auto value :
         {std::int64_t{status.st_mode}, std::int64_t{status.st_uid}, std::int64_t{status.st_gid},
          std::int64_t{status.st_size}, std::int64_t{status.st_mtim.tv_sec},
          std::int64_t{status.st_mtim.tv_nsec}, static_cast<std::int64_t>(status.st_ino)}) {
      text += std::to_string(value) + " ";
    }
    if (S_ISLNK(status.st_mode)) text += std::filesystem::read_symlink(path).string();
    if (S_ISREG(status.st_mode)) {
      std::ifstream file(path, std::ios::binary);
      text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    seen[path] = text;
  };
  look(directory);
  if (!std::filesystem::is_directory(directory)) return seen;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    look(entry.path());
  }
  return seen;
}

/// The text of a private and a public key file, made by ssh-keygen.
struct KeyPair {
  std::string secret;
  std::string line;
};
inline KeyPair make_key_pair(const std::string& type, const std::string& bits = "") {
  const TemporaryTree directory;
  std::vector<std::string> argv = {"ssh-keygen", "-q", "-t", type, "-N", "", "-C", "a comment"};
  if (!bits.empty()) argv.insert(argv.end(), {"-b", bits});
  argv.insert(argv.end(), {"-f", directory.path("key")});
  output_of(argv);
  return {directory.read("key"), directory.read("key.pub")};
}

}  // namespace azl::test
