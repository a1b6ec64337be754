// What pages of HTML are built from.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "provision/report/markup.h"

namespace azl::provision {

/// Builds the main part of a page from top to bottom. All texts may contain any bytes.
class HtmlPage {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }

  /// Adds markup as it is.
  void add_markup(std::string_view markup) { text_ += markup; }
  /// Begins a part of the page with a heading; `id` consists of letters, digits and "-".
  void begin_section(std::string_view id, std::string_view heading);
  void end_section();
  /// Adds a smaller heading.
  void add_heading(std::string_view text);
  void add_paragraph(std::string_view text, std::string_view css_class = "");
  /// Adds a definition to a list of such, which begin_list("dl") begins.
  void add_definition(std::string_view name, std::string_view text);
  void begin_list(std::string_view tag) { text_ += "<" + std::string(tag) + ">\n"; }
  void end_list(std::string_view tag) { text_ += "</" + std::string(tag) + ">\n"; }
  /// Adds an item to a list: a name, what it is, and why.
  void add_item(std::string_view name, std::string_view what, std::string_view why = "",
                std::string_view css_class = "");

  /// Begins a table. The first column has the rows' names.
  void begin_table(std::string_view caption, std::initializer_list<std::string_view> columns);
  /// Adds a row. Empty details have no row of their own.
  void add_row(std::initializer_list<std::string_view> cells, std::string_view details = "",
               std::string_view css_class = "");
  void end_table();

  /// Says how many things are left out, if any are.
  void add_left_out(std::size_t count, std::string_view one, std::string_view many);

 private:
  std::string text_;
};

/// " class=\"NAME\"", or nothing.
[[nodiscard]] std::string class_attribute(std::string_view css_class);

}  // namespace azl::provision
