#include "provision/report/html_page.h"

#include "base/count.h"

namespace azl::provision {

std::string class_attribute(std::string_view css_class) {
  return css_class.empty() ? "" : " class=\"" + std::string(css_class) + "\"";
}

void HtmlPage::begin_section(std::string_view id, std::string_view heading) {
  text_ += "<section aria-labelledby=\"" + std::string(id) + "\">\n<h2 id=\"" + std::string(id) +
           "\">" + to_markup(heading) + "</h2>\n";
}

void HtmlPage::end_section() { text_ += "</section>\n"; }

void HtmlPage::add_heading(std::string_view text) { text_ += "<h3>" + to_markup(text) + "</h3>\n"; }

void HtmlPage::add_paragraph(std::string_view text, std::string_view css_class) {
  text_ += "<p" + class_attribute(css_class) + ">" + to_markup(text) + "</p>\n";
}

void HtmlPage::add_definition(std::string_view name, std::string_view text) {
  text_ += "<dt>" + to_markup(name) + "</dt><dd>" + to_markup(text) + "</dd>\n";
}

void HtmlPage::add_item(std::string_view name, std::string_view what, std::string_view why,
                        std::string_view css_class) {
  text_ += "<li" + class_attribute(css_class) + "><strong>" + to_markup(name) + "</strong> " +
           to_markup(what);
  if (!why.empty()) text_ += "<br><span class=\"dim\">" + to_markup(why) + "</span>";
  text_ += "</li>\n";
}

void HtmlPage::begin_table(std::string_view caption,
                           std::initializer_list<std::string_view> columns) {
  text_ += "<table>\n<caption>" + to_markup(caption) + "</caption>\n<thead><tr>";
  for (const auto column : columns) text_ += "<th scope=\"col\">" + to_markup(column) + "</th>";
  text_ += "</tr></thead>\n<tbody>\n";
}

void HtmlPage::add_row(std::initializer_list<std::string_view> cells, std::string_view details,
                       std::string_view css_class) {
  text_ += "<tr" + class_attribute(css_class) + ">";
  bool first = true;
  for (const auto cell : cells) {
    text_ += first ? "<th scope=\"row\">" + to_markup(cell) + "</th>"
                   : "<td>" + to_markup(cell) + "</td>";
    first = false;
  }
  text_ += "</tr>\n";
  if (details.empty()) return;
  text_ += R"(<tr class="details"><td colspan=")" + std::to_string(cells.size()) + "\">" +
           to_markup(details) + "</td></tr>\n";
}

void HtmlPage::end_table() { text_ += "</tbody>\n</table>\n"; }

void HtmlPage::add_left_out(std::size_t count, std::string_view one, std::string_view many) {
  if (count == 0) return;
  add_paragraph(describe_count(count, one, many) + (count == 1 ? " is" : " are") +
                    " left out here; 'azl-provision report --format=json' has everything.",
                "dim");
}

}  // namespace azl::provision
