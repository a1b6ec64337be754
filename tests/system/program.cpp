#include "tests/system/program.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azl::test {
namespace {

constexpr int kSanitizerStatus = 99;  // not an exit status of azl-provision

/// Runs in the child, between fork and exec.
[[noreturn]] void become_program(const Strings& argv, const std::string& prefix,
                                 const Program::Options& options) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open((prefix + ".out").c_str(), kFlags, 0644);
  const int err = open((prefix + ".err").c_str(), kFlags, 0644);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
  // LeakSanitizer is a tracer itself, so it fails under another.
  const bool traced = argv.front().ends_with("/strace");
  Strings environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "ASAN_OPTIONS=exitcode=" + std::to_string(kSanitizerStatus) +
          (traced ? ":detect_leaks=0" : ""),
      "UBSAN_OPTIONS=print_stacktrace=1:exitcode=" + std::to_string(kSanitizerStatus)};
  // At the front, because getenv() returns the first of several variables with the same name.
  environment.insert(environment.begin(), options.environment.begin(), options.environment.end());
  const auto pointers = [](const Strings& texts) {
    std::vector<char*> list;
    for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  if (options.user != 0 && (setgid(options.user) != 0 || setuid(options.user) != 0)) _exit(126);
  execve(argv.front().c_str(), pointers(argv).data(), pointers(environment).data());
  _exit(127);
}

}  // namespace

std::string program_under_test() {
  const char* other = std::getenv("AZL_PROVISION");
  return other != nullptr ? other : AZL_PROVISION_PROGRAM;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::ostream& operator<<(std::ostream& to, const Ended& ended) {
  return to << "status " << ended.status << "\n" << ended.out << ended.err;
}

Program::Program(const Strings& argv, const std::string& directory, const std::string& name,
                 const Options& options)
    : prefix_(directory + "/" + name), start_(std::chrono::steady_clock::now()) {
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) become_program(argv, prefix_, options);
}

Program::~Program() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Program::ended() {
  if (pid_ >= 0 && waitpid(pid_, &raw_status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

Ended Program::wait() {
  while (pid_ >= 0) {
    if (waitpid(pid_, &raw_status_, 0) == pid_) {
      pid_ = -1;
    } else if (errno != EINTR) {
      throw std::runtime_error("cannot wait for a program");
    }
  }
  Ended ended{
      .status = WIFEXITED(raw_status_) ? WEXITSTATUS(raw_status_) : 128 + WTERMSIG(raw_status_),
      .out = read_file(prefix_ + ".out"),
      .err = read_file(prefix_ + ".err"),
      .took = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - start_)};
  INFO(ended);
  CHECK(ended.status != kSanitizerStatus);
  REQUIRE(ended.status < 126);  // 126 and 127: not started; from 128 on: killed
  return ended;
}

std::string Program::err() const { return read_file(prefix_ + ".err"); }

}  // namespace azl::test

doctest::String doctest::StringMaker<azl::test::Strings>::convert(const azl::test::Strings& list) {
  std::string text = std::to_string(list.size()) + " texts";
  for (const auto& each : list) text += "\n    " + each;
  return text.c_str();
}
