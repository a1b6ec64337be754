// One accepted connection: requests in, bytes out, and the ways in which it can end badly.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "tests/platform/http_message.h"

namespace azl::platform {

/// Why there is no request: the client is gone, or what it sent gets this answer.
struct NoRequest {
  bool gone = true;
  Answer answer = {};
  Request head = {};  ///< as far as it was understood, for the log
};

/// Every wait ends at once when the stop descriptor becomes readable; it then reads as a client
/// that went away.
class Connection {
 public:
  Connection(UniqueFd socket, int stop_fd);

  /// Waits for the next request and reads it whole. `received` is set when its first byte is there.
  [[nodiscard]] std::expected<Request, NoRequest> read_request(WallTime& received);

  /// Sends it all; false when the client is gone.
  bool send(std::string_view bytes);
  /// Waits; false when the client hung up meanwhile.
  bool pause(std::chrono::milliseconds time);
  /// Waits until the client hangs up.
  void wait_for_hangup();
  /// Ends with FIN, and reads on for a moment: a RST for unread bytes would take the answer away
  /// from the client again.
  void close_gracefully();
  /// Ends with RST.
  void reset();

 private:
  enum class Wait { kReady, kTimeout, kStopped };
  /// Waits for poll(2) events on the socket; a negative time is for ever.
  Wait wait(short events, std::chrono::milliseconds time);
  /// Appends what arrives to the buffer; false when the client is gone.
  bool receive();
  [[nodiscard]] std::expected<std::string, NoRequest> read_body(const Request& request);

  UniqueFd socket_;
  int stop_fd_;
  std::string buffer_;  ///< received, not yet taken
};

}  // namespace azl::platform
