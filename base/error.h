// Errors: a reason code, a sentence, and the chain of contexts around it.
//
//   auto text = root.read("/etc/hostname", kLimit);
//   if (!text) return fail(std::move(text.error()), "reading the host name");
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/cause.h"
#include "base/reason.h"

namespace azl {

/// One failure. The message is the cause. The contexts say what was being done, innermost first.
class Error {
 public:
  /// `message` is a sentence without a final period that names the object at fault.
  Error(Reason reason, std::string message) : reason_(reason), message_(std::move(message)) {}
  /// The reason is the one that the cause belongs to.
  Error(Cause cause, std::string message) : Error(reason_of(cause), std::move(message)) {
    cause_ = cause;
  }

  [[nodiscard]] Reason reason() const { return reason_; }
  /// Returns the cause, or nullopt if the error has only a reason.
  [[nodiscard]] std::optional<Cause> known_cause() const { return cause_; }
  /// The cause alone, with the text of the errno if there is one.
  [[nodiscard]] std::string cause() const;
  /// The whole chain, outermost context first, cause last: "reading A: opening B: No such file".
  [[nodiscard]] std::string to_string() const;
  /// The chain as elements, from the outermost context to the cause.
  [[nodiscard]] std::vector<std::string> chain() const;
  /// errno of the failed system call, if one failed.
  [[nodiscard]] std::optional<int> errno_value() const { return errno_; }
  /// HTTP status of the answer, if there was an answer.
  [[nodiscard]] std::optional<int> http_status() const { return http_status_; }
  /// The variable part of the message: a key, a length, a parser's message. Empty: there is none.
  [[nodiscard]] const std::string& detail() const { return detail_; }

  Error&& with_errno(int value) && {
    errno_ = value;
    return std::move(*this);
  }
  Error&& with_http_status(int value) && {
    http_status_ = value;
    return std::move(*this);
  }
  Error&& with_detail(std::string value) && {
    detail_ = std::move(value);
    return std::move(*this);
  }
  /// Sets the cause, or replaces it. Does nothing if it belongs to another reason, so that a caller
  /// can say what an error of a certain reason means here.
  Error&& with_cause(Cause value) && {
    if (reason_of(value) == reason_) cause_ = value;
    return std::move(*this);
  }
  /// Adds what was being done, for example "reading ovf-env.xml on /dev/sr0".
  Error&& with_context(std::string what) && {
    contexts_.push_back(std::move(what));
    return std::move(*this);
  }

 private:
  Reason reason_;
  std::optional<Cause> cause_;
  std::string message_;
  std::vector<std::string> contexts_;
  std::optional<int> errno_;
  std::optional<int> http_status_;
  std::string detail_;
};

template <class T>
using Result = std::expected<T, Error>;

/// Returns a new failure.
[[nodiscard]] inline std::unexpected<Error> fail(Reason reason, std::string message) {
  return std::unexpected(Error(reason, std::move(message)));
}
[[nodiscard]] inline std::unexpected<Error> fail(Cause cause, std::string message) {
  return std::unexpected(Error(cause, std::move(message)));
}
/// Returns the same failure with one more context, unless `context` is empty.
[[nodiscard]] std::unexpected<Error> fail(Error&& error, std::string context = {});
/// Returns a failed system call. ENOSPC and EDQUOT become kDiskFull, EROFS kReadOnly, all others
/// `reason`.
[[nodiscard]] std::unexpected<Error> fail_errno(int value, std::string what,
                                                Reason reason = Reason::kIo);

/// Returns from the calling function if `result` holds an error, with one more context if one is
/// given. Otherwise evaluates to the value of `result`.
///
///   const auto text = OR_RETURN(root.read(path));
///   OR_RETURN(root.write(path, *text), "writing the host name");
///
/// Cannot be nested in itself.
// A macro, because a function cannot return from its caller. The statement expression is an
// extension of gcc and clang.
#define OR_RETURN(result, ...)                                                             \
  (__extension__({                                                                         \
    auto&& or_return_result = (result);                                                    \
    if (!or_return_result)                                                                 \
      return ::azl::fail(                                                                  \
          ::azl::Error(std::forward<decltype(or_return_result)>(or_return_result).error()) \
              __VA_OPT__(, ) __VA_ARGS__);                                                 \
    ::azl::value_of(std::forward<decltype(or_return_result)>(or_return_result));           \
  }))
/// The value of OR_RETURN: moved out of a temporary result.
template <class R>
auto value_of(R&& result) {
  if constexpr (!std::is_void_v<typename std::remove_cvref_t<R>::value_type>)
    return *std::forward<R>(result);
}

}  // namespace azl
