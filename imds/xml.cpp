#include "imds/xml.h"

#include <algorithm>
#include <iterator>

#include <string.h>

#include "base/text.h"

namespace azl::imds {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::ptrdiff_t kMaxTags = 20'000;
constexpr std::ptrdiff_t kMaxAttributes = 64;

/// Keeps the document type, so that it can be refused, and white space, because a password may
/// consist of it.
constexpr unsigned kParseFlags = pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata;

/// Checks the bytes before the library reads them, to bound its memory. Returns what is wrong.
std::string check_bytes(std::string_view text, const XmlDialect& dialect) {
  if (text.size() > dialect.limit) {
    return "it is longer than " + std::to_string(dialect.limit) + " bytes";
  }
  // The library stops at a NUL, and the rest would be lost silently.
  if (text.find('\0') != std::string_view::npos)
    return "it contains a NUL byte, so it is not UTF-8";
  if (std::ranges::count(text, '<') > kMaxTags) return "it has too many tags";
  return {};
}

/// Returns the next node of a walk over the whole document; null at its end. Iterative, because the
/// depth is not yet bounded.
pugi::xml_node next_node(pugi::xml_node node, int& depth) {
  if (node.first_child()) {
    ++depth;
    return node.first_child();
  }
  while (node && !node.next_sibling()) {
    node = node.parent();
    --depth;
  }
  return node ? node.next_sibling() : node;
}

/// Checks the parsed document. Returns what is wrong.
std::string check_shape(const pugi::xml_document& document) {
  int depth = 0;
  for (pugi::xml_node node = document; node; node = next_node(node, depth)) {
    if (depth > kMaxDepth) return "its elements are nested too deep";
    const auto attributes = node.attributes();
    if (std::distance(attributes.begin(), attributes.end()) > kMaxAttributes) {
      return "an element has too many attributes";
    }
  }
  return {};
}

bool is_element(const pugi::xml_node& node) { return node.type() == pugi::node_element; }
bool is_doctype(const pugi::xml_node& node) { return node.type() == pugi::node_doctype; }

/// Returns the URI that the element's prefix is bound to; empty if it is not bound.
std::string_view namespace_of(const pugi::xml_node& element) {
  const std::string_view name = element.name();
  const auto colon = name.find(':');
  const auto declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  for (pugi::xml_node node = element; node; node = node.parent()) {
    if (const auto attribute = node.attribute(declaration.c_str())) return attribute.value();
  }
  return {};
}

bool namespace_counts(const pugi::xml_node& element, const XmlDialect& dialect) {
  if (dialect.namespaces.empty()) return true;
  const auto uri = namespace_of(element);
  return uri.empty() || std::ranges::find(dialect.namespaces, uri) != dialect.namespaces.end();
}

/// Returns whether XML 1.0 allows one valid UTF-8 character (production Char). Not CR, because
/// readers change it to LF.
bool allowed_in_xml(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < 0x20) return character[0] == '\t' || character[0] == '\n';
  return character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";  // U+FFFE, U+FFFF
}

void append_escaped(std::string& out, std::string_view character) {
  switch (character[0]) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&apos;";
      break;
    default:
      out += character;
  }
}

}  // namespace

std::unexpected<Error> xml_fail(Reason reason, const XmlDialect& dialect,
                                const std::string& sentence) {
  return std::unexpected(
      Error(reason, std::string(dialect.name) + ": " + sentence).with_detail(sentence));
}

Result<XmlDocument> XmlDocument::parse(std::string_view text, const XmlDialect& dialect) {
  if (auto fault = check_bytes(text, dialect); !fault.empty()) {
    return xml_fail(dialect.malformed, dialect, fault);
  }
  XmlDocument parsed(text);
  auto& document = parsed.document_;
  const auto result = document.load_buffer_inplace(parsed.text_.data(), parsed.text_.size(),
                                                   kParseFlags, pugi::encoding_utf8);
  // The entities of a DTD can expand a small document to a huge one, and Azure sends no DTD.
  if (result.status == pugi::status_bad_doctype || document.find_child(is_doctype)) {
    return xml_fail(dialect.unexpected, dialect, "it has a document type declaration");
  }
  if (!result) {
    return xml_fail(
        dialect.malformed, dialect,
        std::string(result.description()) + " at byte " + std::to_string(result.offset));
  }
  if (auto fault = check_shape(document); !fault.empty()) {
    return xml_fail(dialect.malformed, dialect, fault);
  }
  const auto tops = document.children();
  if (std::count_if(tops.begin(), tops.end(), is_element) != 1) {
    return xml_fail(dialect.malformed, dialect, "it does not have exactly one top element");
  }
  return parsed;
}

XmlDocument::~XmlDocument() {
  if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::vector<pugi::xml_node> children(const pugi::xml_node& parent, std::string_view name,
                                     const XmlDialect& dialect) {
  std::vector<pugi::xml_node> found;
  for (const auto& child : parent.children()) {
    if (is_element(child) && local_name(child) == name && namespace_counts(child, dialect)) {
      found.push_back(child);
    }
  }
  return found;
}

Result<pugi::xml_node> only_child(const pugi::xml_node& parent, std::string_view name,
                                  const XmlDialect& dialect) {
  const auto found = children(parent, name, dialect);
  if (found.size() > 1) {
    return xml_fail(
        dialect.unexpected, dialect,
        "there is more than one " + std::string(name) + " in " + std::string(local_name(parent)));
  }
  return found.empty() ? pugi::xml_node() : found.front();
}

std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  return text;
}

std::string xml_content(std::string_view text, std::size_t limit) {
  std::string out;
  for (; !text.empty() && limit > 0; --limit) {
    const auto size = utf8_length(text);
    const auto character = text.substr(0, std::max<std::size_t>(size, 1));
    append_escaped(out, size > 0 && allowed_in_xml(character) ? character : " ");
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace azl::imds
