// Runs a program under test, and captures its output and status.
//
//   Program program({"/usr/bin/true"}, directory, "true", {});
//   CHECK(program.wait().status == 0);
#pragma once

#include <chrono>
#include <ctime>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/types.h>

namespace azl::test {

using Strings = std::vector<std::string>;

/// Returns the azl-provision to test: the one in $AZL_PROVISION, or else that of this build.
[[nodiscard]] std::string program_under_test();

/// Returns the content of a file; empty if it can't be read.
[[nodiscard]] std::string read_file(const std::string& path);
[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The result of a program that has ended.
struct Ended {
  int status = 0;  ///< exit status; 128 + the signal that killed it
  std::string out;
  std::string err;
  std::chrono::milliseconds took{0};
};
std::ostream& operator<<(std::ostream& to, const Ended& ended);

/// A running program. The destructor kills it. Its stdout and stderr go to files, so that it never
/// blocks on a full pipe.
class Program {
 public:
  struct Options {
    Strings environment = {};  ///< "NAME=value", in addition to PATH and the sanitizers' options
    uid_t user = 0;            ///< the user that it runs as
  };
  /// Starts the program. Its output goes to `directory`/`name`.out and .err. Throws if fork fails;
  /// if exec fails, the exit status is 127.
  Program(const Strings& argv, const std::string& directory, const std::string& name,
          const Options& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool ended();
  /// Waits for the program to end. Fails the test if a sanitizer reported an error.
  Ended wait();
  /// Returns what the program has written to stderr so far.
  [[nodiscard]] std::string err() const;

 private:
  std::string prefix_;
  pid_t pid_ = -1;
  int raw_status_ = 0;
  std::chrono::steady_clock::time_point start_;
};

/// Waits until `condition` holds, at most 2 min. Returns false after that time.
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace azl::test

/// Prints one string per line, so that a failed comparison is readable.
template <>
struct doctest::StringMaker<azl::test::Strings> {
  static String convert(const azl::test::Strings& list);
};
