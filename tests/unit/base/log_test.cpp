#include "base/log.h"

#include <string>

#include <doctest/doctest.h>

namespace azl {
namespace {

class Kept final : public LogWriter {
 public:
  ~Kept() override { set_log(nullptr, LogLevel::kOff); }
  void write(LogArea area, LogLevel level, std::string_view text) noexcept override {
    lines += std::string(to_string(area)) + " " + std::string(to_string(level)) + ": " +
             std::string(text) + "\n";
  }
  std::string lines;
};

TEST_CASE("lines below the level are not written, and their text is not computed") {
  Kept kept;
  int computed = 0;
  const auto text = [&computed](const char* what) {
    ++computed;
    return std::string(what);
  };
  AZL_LOG(kNet, kError, text("off"));
  CHECK(computed == 0);
  set_log(&kept, LogLevel::kInfo);
  AZL_LOG(kNet, kDebug, text("too fine"));
  AZL_LOG(kNet, kInfo, text("one"));
  AZL_LOG(kDisk, kError, text("two"));
  CHECK(computed == 2);
  CHECK(kept.lines == "net info: one\ndisk error: two\n");
  set_log(&kept, LogLevel::kOff);
  AZL_LOG(kNet, kError, text("off again"));
  AZL_LOG(kNet, kOff, text("never"));
  CHECK(computed == 2);
}

TEST_CASE("levels are read in any case") {
  for (const auto level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                           LogLevel::kError, LogLevel::kOff})
    CHECK(parse_log_level(to_string(level)) == level);
  CHECK(parse_log_level("Debug") == LogLevel::kDebug);
  CHECK_FALSE(parse_log_level("verbose"));
  CHECK_FALSE(parse_log_level(""));
}

}  // namespace
}  // namespace azl
