// How text for people is laid out.
#pragma once

namespace azl::provision {

/// How text is laid out.
struct TextStyle {
  int width = 80;  ///< columns; a page has 40 to 200
  bool colour = false;
  bool ascii = false;  ///< the reader's locale is not UTF-8
};

}  // namespace azl::provision
