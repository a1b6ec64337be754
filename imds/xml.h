// XML from the platform, read within bounds. For the parsers of this folder only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "base/error.h"

namespace azl::imds {

/// What kind of document is read, and which reasons its faults have.
struct XmlDialect {
  std::string_view name;  ///< for messages: "ovf-env.xml"
  std::size_t limit;      ///< longest document, in bytes
  Reason malformed;       ///< not XML, or over a bound
  Reason unexpected;      ///< XML, but with a DTD or with an element twice
  /// Namespaces whose elements count; empty: all. Elements of no declared namespace always count.
  std::span<const std::string_view> namespaces;
};

/// A parsed document with one element at its top. Its text is wiped when it goes, since it may hold
/// a password. Elements are at most 32 deep, 20,000 in number and have at most 64 attributes each,
/// so that recursion and lookups in it are cheap.
class XmlDocument {
 public:
  /// Parses any bytes as UTF-8, with or without a byte order mark. No message quotes the document.
  [[nodiscard]] static Result<XmlDocument> parse(std::string_view text, const XmlDialect& dialect);

  XmlDocument(XmlDocument&&) noexcept = default;
  XmlDocument& operator=(XmlDocument&&) = delete;
  ~XmlDocument();

  [[nodiscard]] pugi::xml_node top() const { return document_.document_element(); }
  /// The document as text that parses: white space, comments and CDATA of the top element as they
  /// were, and a declaration of ours before it.
  [[nodiscard]] std::string to_string() const;

 private:
  explicit XmlDocument(std::string_view text) : text_(text.begin(), text.end()) {}

  std::vector<char> text_;  ///< parsed in place: the nodes point into it
  pugi::xml_document document_;
};

/// An element's name without its namespace prefix.
[[nodiscard]] std::string_view local_name(const pugi::xml_node& node);
/// The child elements of this local name whose namespace counts.
[[nodiscard]] std::vector<pugi::xml_node> children(const pugi::xml_node& parent,
                                                   std::string_view name,
                                                   const XmlDialect& dialect);
/// The one child of this name; a null node when there is none. Two are an error, since one agent
/// would follow the first and another the last.
[[nodiscard]] Result<pugi::xml_node> only_child(const pugi::xml_node& parent, std::string_view name,
                                                const XmlDialect& dialect);
/// All text and CDATA directly in an element.
[[nodiscard]] std::string text_of(const pugi::xml_node& node);

/// A failure whose message names the document and whose detail() is the sentence alone.
[[nodiscard]] std::unexpected<Error> xml_fail(Reason reason, const XmlDialect& dialect,
                                              const std::string& sentence);

/// How many bytes the UTF-8 character at the start of `text` has; 0 where it is no valid one.
[[nodiscard]] std::size_t utf8_character(std::string_view text);
/// `text` as the content of an element: at most `limit` characters, invalid UTF-8 and what XML 1.0
/// does not allow replaced by spaces, markup escaped. A character becomes at most 6 bytes.
[[nodiscard]] std::string xml_content(std::string_view text, std::size_t limit);

}  // namespace azl::imds
