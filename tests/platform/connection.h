// One accepted connection: reads requests, sends bytes, and closes or resets on purpose.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "tests/platform/http_message.h"

namespace azl::platform {

/// Why no request could be read: either the client is gone, or its bytes are refused with `answer`.
struct NoRequest {
  bool gone = true;
  Answer answer = {};
  Request head = {};  ///< the part that was understood, for the log
};

/// Every wait ends as soon as the stop descriptor becomes readable. The caller then sees a client
/// that is gone.
class Connection {
 public:
  Connection(UniqueFd socket, int stop_fd);

  /// Waits for the next request and reads all of it. Sets `received` to the arrival of its first
  /// byte.
  [[nodiscard]] std::expected<Request, NoRequest> read_request(WallTime& received);

  /// Sends all of `bytes`. Returns false if the client is gone.
  bool send(std::string_view bytes);
  /// Waits for `time`. Returns false if the client hung up meanwhile.
  bool pause(std::chrono::milliseconds time);
  /// Waits until the client hangs up.
  void wait_for_hangup();
  /// Closes with FIN, then reads and drops what still arrives, for a second at most. Without that,
  /// unread bytes would cause a RST, and the client could lose the answer.
  void close_gracefully();
  /// Closes with RST.
  void reset();

 private:
  enum class Wait { kReady, kTimeout, kStopped };
  /// Waits for poll(2) events on the socket. A negative time means without limit.
  Wait wait(short events, std::chrono::milliseconds time);
  /// Appends what arrives to the buffer. Returns false if the client is gone.
  bool receive();
  [[nodiscard]] std::expected<std::string, NoRequest> read_body(const Request& request);

  UniqueFd socket_;
  int stop_fd_;
  std::string buffer_;  ///< bytes received but not yet parsed
};

}  // namespace azl::platform
