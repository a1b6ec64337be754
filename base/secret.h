// Secret text: passwords, hashes, custom data, private keys.
#pragma once

#include <string>
#include <string_view>

namespace azl {

/// Owns secret text. It has no formatter and no stream operator, it cannot be copied by accident,
/// and its memory is wiped on destruction. Call reveal() only where the secret is used.
class Secret {
 public:
  Secret() = default;
  /// Takes the text and wipes the rest of the argument. Move the argument, so that no copy remains.
  explicit Secret(std::string text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] Secret clone() const { return Secret(text_); }
  [[nodiscard]] std::string_view reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  void wipe();
  std::string text_;
};

}  // namespace azl
