// A client that shows every received byte, and how the connection ended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace azl::platform::test {

/// The state of the connection when the client stopped reading.
enum class End { kFin, kReset, kOpen };

struct RawAnswer {
  std::string bytes;
  End end = End::kOpen;

  [[nodiscard]] std::string head() const { return bytes.substr(0, bytes.find("\r\n\r\n")); }
  [[nodiscard]] std::string body() const {
    const auto at = bytes.find("\r\n\r\n");
    return at == std::string::npos ? std::string{} : bytes.substr(at + 4);
  }
};

/// When to stop reading if the server does not end the connection first.
struct ReadLimit {
  std::chrono::milliseconds time{5'000};
  std::size_t bytes = std::size_t{64} * 1024 * 1024;
};

/// Connects to a URL of the form http://ADDRESS:PORT, sends `sent` and reads the answer. Throws
/// std::system_error if connecting, sending or reading fails.
[[nodiscard]] RawAnswer ask(const std::string& url, std::string_view sent, ReadLimit limit = {});

}  // namespace azl::platform::test
