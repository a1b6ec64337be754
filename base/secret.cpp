#include "base/secret.h"

#include <utility>

#include <string.h>

namespace azl {

namespace {

/// Overwrites the whole capacity, because a short string keeps its bytes in the object after a
/// move, although its size is 0.
void wipe_string(std::string& text) {
  text.resize(text.capacity());  // never reallocates
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(std::string text) : text_(std::move(text)) {
  wipe_string(text);  // NOLINT(clang-analyzer-cplusplus.Move): wipes what the move left
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  other.wipe();
  return *this;
}

void Secret::wipe() { wipe_string(text_); }

}  // namespace azl
