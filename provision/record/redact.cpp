#include "provision/record/redact.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::string_view kMark = "[removed]";
constexpr auto kEnd = std::string_view::npos;

/// A secret at a place in the text. Nothing was found if `removed` is 0.
struct Match {
  std::size_t kept = 0;         ///< bytes that stay, such as "password="
  std::size_t removed = 0;      ///< bytes after them
  std::string_view quote = {};  ///< what the mark is put in, so that JSON stays JSON
};

constexpr bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool is_name(char c) { return is_alnum(c) || c == '_' || c == '-'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

char at_or_nul(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }

/// Returns the index of the first character from `at` on that is neither alphanumeric nor one of
/// `others`.
std::size_t skip(std::string_view text, std::size_t at, std::string_view others) {
  while (at < text.size() && (is_alnum(text[at]) || others.find(text[at]) != kEnd)) ++at;
  return at;
}

std::size_t skip_only(std::string_view text, std::size_t at, std::string_view these) {
  return std::min(text.find_first_not_of(these, at), text.size());
}

// ---- What is known by its form ----

/// The end of what may belong to a PEM key from `at` on, its line breaks in a JSON string included.
std::size_t skip_key(std::string_view text, std::size_t at) {
  auto end = skip(text, at, "+/=-:,\\ \t\r\n");
  std::size_t backslashes = 0;
  while (end - backslashes > at && text[end - backslashes - 1] == '\\') ++backslashes;
  const bool is_escape = backslashes % 2 == 1;  // of the character that follows
  return is_escape ? end - 1 : end;
}

/// "-----BEGIN … PRIVATE KEY-----" up to the end of its END line, or of what may belong to a key.
Match match_private_key(std::string_view text, std::size_t at) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kKind = "PRIVATE KEY";
  constexpr std::string_view kLast = "-----END ";
  constexpr std::string_view kDashes = "-----";
  constexpr std::size_t kLongestKind = 40;
  if (!text.substr(at).starts_with(kBegin)) return {};
  const auto kind_end = text.find(kDashes, at + kBegin.size());
  if (kind_end == kEnd || kind_end - at > kLongestKind) return {};
  if (text.substr(at, kind_end - at).find(kKind) == kEnd) return {};
  const auto last = text.find(kLast, kind_end);
  const auto end = last == kEnd ? kEnd : text.find(kDashes, last + kLast.size());
  // A quote cannot be in a key: the key ends in another string of a JSON document.
  const bool is_whole = end != kEnd && !text.substr(at, end - at).contains('"');
  if (is_whole) return {.removed = end + kDashes.size() - at};
  return {.removed = skip_key(text, kind_end) - at};
}

/// The base64 form of an OpenSSH private key without its first line.
Match match_bare_private_key(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("b3BlbnNzaC1rZXktdjE")) return {};
  return {.removed = skip_key(text, at) - at};
}

/// A hash of crypt(5): "$6$salt$hash", "$y$j9T$…", "$2b$12$…".
Match match_hash(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongestId = 5;
  constexpr std::size_t kShortest = 8;
  if (text[at] != '$') return {};
  auto id_end = at + 1;
  while (is_lower(at_or_nul(text, id_end)) ||
         (at_or_nul(text, id_end) >= '0' && at_or_nul(text, id_end) <= '9'))
    ++id_end;
  if (id_end == at + 1 || id_end - at > kLongestId || at_or_nul(text, id_end) != '$') return {};
  const auto end = skip(text, id_end + 1, "./$=,-");
  return end - id_end > kShortest ? Match{.removed = end - at} : Match{};
}

/// "Bearer TOKEN".
Match match_bearer(std::string_view text, std::size_t at) {
  constexpr std::string_view kWord = "bearer ";
  constexpr std::size_t kShortest = 8;
  if (lower(text.substr(at, kWord.size())) != kWord) return {};
  const auto begin = at + kWord.size();
  const auto end = skip(text, begin, "._~+/=-");
  return end - begin >= kShortest ? Match{.kept = kWord.size(), .removed = end - begin} : Match{};
}

/// A JSON Web Token: the base64 of {"…}, a dot, and more.
Match match_jwt(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("eyJ")) return {};
  const auto dot = skip(text, at, "_-");
  if (at_or_nul(text, dot) != '.') return {};
  return {.removed = skip(text, dot, "._-") - at};
}

/// "://USER:PASSWORD@".
Match match_url_user(std::string_view text, std::size_t at) {
  constexpr std::string_view kScheme = "://";
  if (!text.substr(at).starts_with(kScheme)) return {};
  const auto begin = at + kScheme.size();
  const auto end = text.find_first_of("@/?# \t\r\n\"'<>", begin);
  if (at_or_nul(text, end) != '@' || end == begin) return {};
  return {.kept = kScheme.size(), .removed = end - begin};
}

// ---- What is known by the name before it ----

constexpr auto kSecretNames = std::to_array<std::string_view>({"password",
                                                               "passwd",
                                                               "passphrase",
                                                               "pwd",
                                                               "secret",
                                                               "token",
                                                               "sas",
                                                               "sig",
                                                               "credential",
                                                               "credentials",
                                                               "authorization",
                                                               "cookie",
                                                               "custom_data",
                                                               "customdata",
                                                               "user_data",
                                                               "userdata",
                                                               "protected_settings",
                                                               "protectedsettings",
                                                               "account_key",
                                                               "accountkey",
                                                               "access_key",
                                                               "accesskey",
                                                               "private_key",
                                                               "privatekey",
                                                               "api_key",
                                                               "apikey",
                                                               "shared_access_signature"});
/// Values that are not secret: fixed words of the plan, and booleans.
constexpr auto kPlainValues = std::to_array<std::string_view>(
    {"", "locked", "set", "unchanged", "none", "null", "true", "false", "yes", "no", kMark});

/// Returns the name in lower case, with "_" between its words: "adminPassword" -> "admin_password".
std::string words_of(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && is_upper(name[i]) && is_lower(name[i - 1])) words += '_';
    words += name[i] == '-' ? '_' : name[i];
  }
  return lower(words);
}

/// Whether the name is one of a secret, or its last words are.
bool is_secret_name(std::string_view name) {
  const auto words = words_of(name);
  return std::ranges::any_of(kSecretNames, [&](std::string_view secret) {
    return words == secret || words.ends_with("_" + std::string(secret));
  });
}

/// Whether a value is the text of an errno, because the name is that of a file: "cannot open
/// /etc/passwd: No space left on device".
bool is_errno_text(std::string_view value) {
  constexpr int kLast = 133;  // EHWPOISON
  for (int number = 1; number <= kLast; ++number) {
    // In English, whatever the locale is.
    const char* text = strerrordesc_np(number);
    if (text != nullptr && value == text) return true;
  }
  return false;
}

/// Whether a value is a fixed word or the text of an errno. A comma or a bracket may follow a word.
bool is_plain(std::string_view value) {
  value = trim(value);
  if (is_errno_text(value)) return true;
  const auto is_fixed = [](std::string_view word) {
    return std::ranges::find(kPlainValues, word) != kPlainValues.end();
  };
  return is_fixed(value) || is_fixed(value.substr(0, value.find_last_not_of(",;)}]") + 1));
}

/// Returns the quote at a place: `"`, `'`, or `\"`, which is a quote inside a JSON string. Empty if
/// there is no quote.
std::string_view quote_at(std::string_view text, std::size_t at) {
  const auto rest = text.substr(std::min(at, text.size()));
  if (rest.starts_with("\\\"")) return rest.substr(0, 2);
  return rest.starts_with('"') || rest.starts_with('\'') ? rest.substr(0, 1) : std::string_view();
}

/// The end of a value in quotes: the same quote again, or what cannot be in it.
std::size_t find_closing(std::string_view text, std::size_t at, std::string_view quote) {
  const bool is_inner = quote != "\"";  // it may be inside a string of a JSON document
  while (at < text.size() && !text.substr(at).starts_with(quote)) {
    if (is_inner && (text[at] == '"' || text[at] == '\n')) break;
    if (text[at] == '\\') ++at;
    // Inside a JSON string, \\\" is an escaped quote of the value.
    if (quote.size() > 1 && text.substr(std::min(at, text.size())).starts_with(R"(\\")")) at += 2;
    ++at;
  }
  return std::min(at, text.size());
}

/// The end of a JSON object or array that begins at `at`, or the end of the text.
std::size_t find_bracket_end(std::string_view text, std::size_t at, std::string_view quote) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (text.substr(at).starts_with(quote)) {
      at = find_closing(text, at + quote.size(), quote) + quote.size() - 1;
    } else if (c == '"') {
      return at;  // the end of the string that the object is in
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

/// The end of a value without quotes: one of `ends`, a quote, a tag, or the end of the line, which
/// may be escaped.
std::size_t find_plain_end(std::string_view text, std::size_t at, std::string_view ends) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '<' || c == '\r' || c == '\n' || ends.find(c) != kEnd) break;
    if (c != '\\') continue;
    const char escaped = at_or_nul(text, at + 1);
    if (escaped == '"' || escaped == 'n' || escaped == 'r') break;
    ++at;
  }
  return std::min(at, text.size());
}

/// A name and where its value begins.
struct Named {
  std::size_t from;             ///< of the name
  std::size_t at;               ///< of the value
  std::string_view name_quote;  ///< the quote after the name; empty: none
};

Match match_value(std::string_view text, const Named& named, std::string_view ends) {
  const char first = at_or_nul(text, named.at);
  const bool has_brackets = !named.name_quote.empty() && (first == '{' || first == '[');
  if (has_brackets) {
    const auto end = find_bracket_end(text, named.at, named.name_quote);
    return {.kept = named.at - named.from, .removed = end - named.at, .quote = named.name_quote};
  }
  const auto quote = quote_at(text, named.at);
  const auto begin = named.at + quote.size();
  // The name was the last word of a JSON string: this quote ends the string.
  const bool is_end = named.name_quote.empty() && !quote.empty() &&
                      (begin >= text.size() || std::string_view(",}]:\r\n").contains(text[begin]));
  if (is_end) return {};
  const auto end =
      quote.empty() ? find_plain_end(text, begin, ends) : find_closing(text, begin, quote);
  const auto value = text.substr(begin, end - begin);
  const bool is_number = !named.name_quote.empty() && quote.empty() &&
                         value.find_first_not_of("-+.0123456789eE ") == kEnd;
  if (is_plain(value) || is_number) return {};
  return {.kept = begin - named.from, .removed = value.size()};
}

/// Whether the name that begins at `at` is that of an XML element: "<NAME" or "<PREFIX:NAME".
bool is_element(std::string_view text, std::size_t at) {
  if (at > 0 && text[at - 1] == ':') {
    --at;
    while (at > 0 && is_name(text[at - 1])) --at;
  }
  return at > 0 && text[at - 1] == '<';
}

/// <NAME>VALUE<. `at` and `name_end` are those of the name.
Match match_element(std::string_view text, std::size_t at, std::size_t name_end) {
  const auto tag_end = text.find_first_of("<>", name_end);
  if (at_or_nul(text, tag_end) != '>' || text[tag_end - 1] == '/') return {};
  const auto begin = tag_end + 1;
  auto end = std::min(text.find('<', begin), text.size());
  // Without an end tag it ends where the line or the string of a JSON document ends.
  const auto tag = text.substr(end, std::min(text.find('>', end), text.size()) - end);
  const bool is_whole = tag.starts_with("</") && tag.ends_with(text.substr(at, name_end - at));
  if (!is_whole) end = find_plain_end(text, begin, "");
  if (is_plain(text.substr(begin, end - begin))) return {};
  return {.kept = begin - at, .removed = end - begin};
}

/// NAME=VALUE, NAME: VALUE, "NAME": VALUE, <NAME>VALUE<, --NAME VALUE.
Match match_named(std::string_view text, std::size_t at) {
  const char before = at > 0 ? text[at - 1] : '\0';
  const bool is_escaped = at >= 3 && text[at - 3] == '%';  // "%3Fsig%3D" in a URL
  const bool starts = is_escaped || (!is_alnum(before) && before != '_');
  if (!starts || !is_alnum(text[at])) return {};
  const auto name_end = skip(text, at, "_-");
  if (!is_secret_name(text.substr(at, name_end - at))) return {};
  if (is_element(text, at)) return match_element(text, at, name_end);
  if (lower(text.substr(name_end, 3)) == "%3d")
    return match_value(text, {.from = at, .at = name_end + 3, .name_quote = {}}, " \t&'");
  const auto name_quote = quote_at(text, name_end);
  const auto separator = skip_only(text, name_end + name_quote.size(), " \t");
  const char found = at_or_nul(text, separator);
  Named named{.from = at, .at = separator, .name_quote = name_quote};
  if (found == '=' || found == ':') {
    named.at = skip_only(text, separator + 1, " \t");
    const bool in_url = before == '&' || before == '?' || before == ';';
    if (found == '=') return match_value(text, named, in_url ? " \t&'" : " \t");
    return match_value(text, named, name_quote.empty() ? "" : ",}]");
  }
  const bool is_option = before == '-' && separator > name_end && name_quote.empty();
  return is_option ? match_value(text, named, " \t") : Match{};
}

Match match_secret(std::string_view text, std::size_t at) {
  for (const auto match : {match_private_key, match_bare_private_key, match_hash, match_named,
                           match_bearer, match_jwt, match_url_user}) {
    if (const auto found = match(text, at); found.removed > 0) return found;
  }
  return {};
}

}  // namespace

Redacted redact(std::string_view text) {
  Redacted result;
  result.text.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto found = match_secret(text, at);
    if (found.removed == 0) {
      result.text += text[at++];
      continue;
    }
    result.text += text.substr(at, found.kept);
    result.text += found.quote;
    result.text += kMark;
    result.text += found.quote;
    result.removed += 1;
    at += found.kept + found.removed;
  }
  return result;
}

}  // namespace azl::provision
