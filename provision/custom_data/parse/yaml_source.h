// Feeds a text to the YAML library.
#pragma once

#include <array>
#include <cstddef>
#include <streambuf>
#include <string_view>

#include "provision/custom_data/parse/yaml_failure.h"

namespace azl::provision::custom_data {

/// Leaves the YAML library, because the text is refused. Thrown and caught inside of parse/ only.
struct YamlStop {
  YamlFailure failure;
};

/// Most characters with a meaning in YAML between two events. yaml-cpp keeps up to 240 bytes for
/// each of them until it knows whether a line or a flow is a key: 8 MiB of '[' would need 1.7 GiB.
inline constexpr std::size_t kYamlSigns = 4 * kYamlNodes;

/// The text, and after it the end of the document. The latter makes yaml-cpp notice that a quote is
/// still open, and that a directive follows the document.
class YamlSource : public std::streambuf {
 public:
  explicit YamlSource(std::string_view text);
  /// Begins to count signs anew.
  void start_event() { signs_ = 0; }

 protected:
  /// Throws YamlStop if there are more than kYamlSigns since the last event.
  int_type underflow() override;

 private:
  /// Copies more of the text to the chunk from `at` on, and returns where the chunk ends.
  std::size_t fill(std::size_t at);

  std::string_view text_;  ///< what is still to be fed
  std::string_view end_;   ///< what comes after it
  std::size_t signs_ = 0;
  std::array<char, 2048> chunk_;  // as much as yaml-cpp asks for
};

}  // namespace azl::provision::custom_data
