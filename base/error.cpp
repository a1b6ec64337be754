#include "base/error.h"

#include <cerrno>

#include <string.h>

#include "base/text.h"

namespace azl {

namespace {

Reason reason_of_errno(int value, Reason otherwise) {
  switch (value) {
    case ENOSPC:
    case EDQUOT:
      return Reason::kDiskFull;
    case EROFS:
      return Reason::kReadOnly;
    default:
      return otherwise;
  }
}

std::string errno_text(int value) {
  const char* text = strerrordesc_np(value);  // strerror() is not thread-safe
  return text != nullptr ? text : "error " + std::to_string(value);
}

}  // namespace

std::string Error::cause() const {
  return errno_ ? message_ + ": " + errno_text(*errno_) : message_;
}

std::string Error::to_string() const { return join(chain(), ": "); }

std::vector<std::string> Error::chain() const {
  std::vector<std::string> result(contexts_.rbegin(), contexts_.rend());
  result.push_back(cause());
  return result;
}

std::unexpected<Error> fail(Error&& error, std::string context) {
  if (context.empty()) return std::unexpected(std::move(error));
  return std::unexpected(std::move(error).with_context(std::move(context)));
}

std::unexpected<Error> fail_errno(int value, std::string what, Reason reason) {
  return std::unexpected(Error(reason_of_errno(value, reason), std::move(what)).with_errno(value));
}

}  // namespace azl
