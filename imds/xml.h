// Reads XML from the platform, within bounds. For the parsers of this folder only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "base/error.h"

namespace azl::imds {

/// A kind of document, and the reasons of its errors.
struct XmlDialect {
  std::string_view name;  ///< for messages: "ovf-env.xml"
  std::size_t limit;      ///< longest document, in bytes
  Reason malformed;       ///< for text that is not XML or over a bound
  Reason unexpected;      ///< for a DTD or a duplicate element
  /// Namespaces whose elements count; empty for all. Elements without a namespace always count.
  std::span<const std::string_view> namespaces;
};

/// A parsed document with one top element. Wipes its text on destruction, because it may contain a
/// password. Has at most 32 levels, 20,000 tags, and 64 attributes for each element, so that
/// recursion and lookups are cheap.
class XmlDocument {
 public:
  /// Parses any bytes as UTF-8, also with a byte order mark. No message quotes the document.
  [[nodiscard]] static Result<XmlDocument> parse(std::string_view text, const XmlDialect& dialect);

  XmlDocument(XmlDocument&&) noexcept = default;
  XmlDocument& operator=(XmlDocument&&) = delete;
  ~XmlDocument();

  [[nodiscard]] pugi::xml_node top() const { return document_.document_element(); }

 private:
  explicit XmlDocument(std::string_view text) : text_(text.begin(), text.end()) {}

  std::vector<char> text_;  ///< parsed in place: the nodes point into it
  pugi::xml_document document_;
};

/// Returns an element's name without its namespace prefix.
[[nodiscard]] std::string_view local_name(const pugi::xml_node& node);
/// Returns the child elements with this local name whose namespace counts.
[[nodiscard]] std::vector<pugi::xml_node> children(const pugi::xml_node& parent,
                                                   std::string_view name,
                                                   const XmlDialect& dialect);
/// Returns the only child of this name; a null node if there is none. Two are an error, because one
/// agent may follow the first and another the last.
[[nodiscard]] Result<pugi::xml_node> only_child(const pugi::xml_node& parent, std::string_view name,
                                                const XmlDialect& dialect);
/// Returns all text and CDATA directly in an element.
[[nodiscard]] std::string text_of(const pugi::xml_node& node);

/// Returns a failure whose message names the document and whose detail() is the sentence alone.
[[nodiscard]] std::unexpected<Error> xml_fail(Reason reason, const XmlDialect& dialect,
                                              const std::string& sentence);

/// Returns at most `limit` characters of `text` as the content of an element. Spaces replace
/// invalid UTF-8 and characters that XML 1.0 does not allow; markup is escaped. A character becomes
/// at most 6 bytes.
[[nodiscard]] std::string xml_content(std::string_view text, std::size_t limit);

}  // namespace azl::imds
