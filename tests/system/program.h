// A program of ours under test: started, waited for, and what it wrote.
//
//   Program program({"/usr/bin/true"}, directory, "true", {});
//   CHECK(program.wait().status == 0);
#pragma once

#include <chrono>
#include <ctime>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/types.h>

namespace azl::test {

using Strings = std::vector<std::string>;

/// The bytes of a file; none where there is no such file.
[[nodiscard]] std::string read_file(const std::string& path);

/// A program that has ended.
struct Ended {
  int status = 0;  ///< exit status; 128 + the signal that killed it
  std::string out;
  std::string err;
  std::chrono::milliseconds took{0};
};
std::ostream& operator<<(std::ostream& to, const Ended& ended);

/// A program that runs; killed when it goes out of scope. stdout and stderr go to files, so that it
/// never waits for a reader.
class Program {
 public:
  struct Options {
    Strings environment = {};  ///< "NAME=value" beside PATH and the sanitizers' options
    uid_t user = 0;            ///< who it runs as
  };
  /// `name`: where below `directory` its output goes. What can't be started throws.
  Program(const Strings& argv, const std::string& directory, const std::string& name,
          const Options& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool ended();
  /// Waits for its end. A sanitizer's complaint fails the test.
  Ended wait();
  /// What it has written to stderr so far.
  [[nodiscard]] std::string err() const;

 private:
  std::string prefix_;
  pid_t pid_ = -1;
  int raw_status_ = 0;
  std::chrono::steady_clock::time_point start_;
};

/// Waits until `condition` holds, and returns whether it does. Gives up after 2 minutes.
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

/// One a line, so that a failed comparison can be read.
template <>
struct doctest::StringMaker<azl::test::Strings> {
  static String convert(const azl::test::Strings& list);
};
