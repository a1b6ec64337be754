#include "provision/accounts/ssh_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <openssl/evp.h>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/// Reads the fields of a key blob: RFC 4251, section 5.
class Blob {
 public:
  explicit Blob(std::string_view bytes) : rest_(bytes) {}

  /// Reads a `string`: a length in 4 bytes, big endian, then that many bytes.
  std::optional<std::string_view> string() {
    constexpr std::size_t kLength = 4;
    if (rest_.size() < kLength) return std::nullopt;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < kLength; ++i) {
      size = (size << 8) | static_cast<unsigned char>(rest_[i]);
    }
    if (size > rest_.size() - kLength) return std::nullopt;
    const std::string_view value = rest_.substr(kLength, size);
    rest_.remove_prefix(kLength + size);
    return value;
  }
  /// Reads a positive `mpint` in its shortest form. Returns it without the sign byte.
  std::optional<std::string_view> positive() {
    auto value = string();
    if (!value || value->empty() || is_high(value->front())) return std::nullopt;
    if (value->front() != '\0') return value;
    value->remove_prefix(1);
    if (value->empty() || !is_high(value->front())) return std::nullopt;
    return value;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  static bool is_high(char byte) { return (static_cast<unsigned char>(byte) & 0x80U) != 0; }
  std::string_view rest_;
};

bool has_size(const std::optional<std::string_view>& field, std::size_t size) {
  return field && field->size() == size;
}

std::size_t bits(std::string_view number) {
  const auto first = static_cast<unsigned char>(number.front());
  return number.size() * 8 - static_cast<std::size_t>(std::countl_zero(first));
}

// These check what follows the type in a blob: RFC 8709, RFC 4253, RFC 5656, OpenSSH's
// PROTOCOL.u2f.

bool is_ed25519(Blob& blob) { return has_size(blob.string(), 32); }

/// Limits in OpenSSH: SSH_RSA_MINIMUM_MODULUS_SIZE 1024, OPENSSL_RSA_MAX_MODULUS_BITS 16384.
bool is_rsa(Blob& blob) {
  const auto exponent = blob.positive();
  const auto modulus = blob.positive();
  if (!exponent || !modulus) return false;
  const bool odd = (static_cast<unsigned char>(exponent->back()) & 1U) != 0;
  return odd && *exponent != "\x01" && bits(*modulus) >= 1024 && bits(*modulus) <= 16384;
}

/// Reads the curve's name, then a point in uncompressed form: 4, x, y.
bool is_point(Blob& blob, std::string_view curve, std::size_t coordinate) {
  if (blob.string() != curve) return false;
  const auto point = blob.string();
  return has_size(point, 1 + 2 * coordinate) && point->front() == '\x04';
}

bool is_p256(Blob& blob) { return is_point(blob, "nistp256", 32); }
bool is_p384(Blob& blob) { return is_point(blob, "nistp384", 48); }
bool is_p521(Blob& blob) { return is_point(blob, "nistp521", 66); }

bool has_application(Blob& blob) {
  const auto application = blob.string();
  return application && !application->empty();
}
bool is_sk_ed25519(Blob& blob) { return is_ed25519(blob) && has_application(blob); }
bool is_sk_p256(Blob& blob) { return is_p256(blob) && has_application(blob); }

struct KeyType {
  std::string_view name;
  bool (*is_valid)(Blob& blob);
};
constexpr std::array kTypes = {
    KeyType{"ssh-ed25519", is_ed25519},
    KeyType{"ssh-rsa", is_rsa},
    KeyType{"ecdsa-sha2-nistp256", is_p256},
    KeyType{"ecdsa-sha2-nistp384", is_p384},
    KeyType{"ecdsa-sha2-nistp521", is_p521},
    KeyType{"sk-ssh-ed25519@openssh.com", is_sk_ed25519},
    KeyType{"sk-ecdsa-sha2-nistp256@openssh.com", is_sk_p256},
};

const KeyType* find_type(std::string_view name) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [name](const KeyType& type) { return type.name == name; });
  return found == kTypes.end() ? nullptr : &*found;
}

/// Removes the first word and the blanks after it from `text`. Returns the word.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks, end), text.size()));
  return word;
}

/// Returns the size of the printable character at the start of `text`: ASCII, or well-formed UTF-8
/// from U+00A0 on. Returns 0 if there is none.
std::size_t printable_character(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(0) < 0x80U) return byte(0) >= 0x20U && byte(0) != 0x7fU ? 1 : 0;
  const std::size_t size = byte(0) >= 0xf0U ? 4 : byte(0) >= 0xe0U ? 3 : 2;
  if (byte(0) < 0xc2U || byte(0) > 0xf4U) return 0;
  std::uint32_t code = byte(0) & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0xa0, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= kSmallest[size] && code <= 0x10ffff && !surrogate ? size : 0;
}

/// Removes from a comment what could confuse a terminal or a JSON reader.
std::string clean_comment(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = printable_character(text);
    clean += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return std::string(trim(clean));
}

std::string fingerprint(std::string_view blob) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(blob.data(), blob.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "";
  }
  std::string text = base64_encode({reinterpret_cast<const char*>(digest.data()), size});
  text.resize(std::min(text.find('='), text.size()));
  return "SHA256:" + text;
}

std::unexpected<Error> refuse(std::string what) { return fail(Reason::kSshKey, std::move(what)); }

/// Skips the options of an authorized_keys line as sshd does: up to the first blank outside double
/// quotes. Inside quotes, \" does not end them (OpenSSH auth-options.c,
/// sshkey_advance_past_options).
void skip_options(std::string_view& line) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < line.size() && (quoted || kBlanks.find(line[i]) == std::string_view::npos); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '"') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    }
  }
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks, i), line.size()));
}

/// A line of authorized_keys.
struct KeyLine {
  std::string_view base64;   ///< empty if the line has no key
  bool has_options = false;  ///< such as restrict or command="…"
};

KeyLine parse_key_line(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return {};
  std::string_view rest = line;
  const bool has_options = find_type(take_word(rest)) == nullptr;
  if (has_options) {
    rest = line;
    skip_options(rest);
    if (find_type(take_word(rest)) == nullptr) return {};
  }
  return {take_word(rest), has_options};
}

}  // namespace

std::string SshKey::line() const {
  return type + " " + base64 + (comment.empty() ? "" : " " + comment);
}

Result<SshKey> parse_ssh_key(std::string_view text) {
  if (text.size() > kSshKeyLimit) {
    return refuse("the key is longer than " + std::to_string(kSshKeyLimit) + " bytes");
  }
  std::string joined(text);
  std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
  std::string_view rest = trim(joined);
  if (rest.empty()) return refuse("the key is empty");

  // No message quotes the key: a private key that was pasted by mistake must not be reported.
  const std::string_view name = take_word(rest);
  const KeyType* type = find_type(name);
  if (type == nullptr) {
    if (name == "ssh-dss")
      return refuse("the key has the type ssh-dss, which OpenSSH no longer supports");
    return refuse(
        "the key does not begin with a key type that OpenSSH accepts (no options may precede it)");
  }
  const std::string_view base64 = take_word(rest);
  const std::string key_name = "the " + std::string(name) + " key";
  if (base64.empty()) return refuse(key_name + " has nothing after its type");
  const auto bytes = base64.find_first_not_of(kBase64) == std::string_view::npos
                         ? base64_decode(base64)
                         : std::nullopt;
  if (!bytes) return refuse(key_name + " is not valid base64");
  Blob blob(*bytes);
  if (blob.string() != name) return refuse(key_name + " contains a key of another type");
  if (!type->is_valid(blob) || !blob.at_end()) {
    return refuse(key_name + " is damaged, or has a size that OpenSSH does not accept");
  }

  SshKey key{.type = std::string(name),
             .base64 = std::string(base64),
             .comment = clean_comment(rest),
             .fingerprint = fingerprint(*bytes)};
  if (key.fingerprint.empty()) return fail(Reason::kUnexpected, "OpenSSL has no SHA-256");
  return key;
}

bool begins_ssh_key(std::string_view line) {
  // A blob begins with the length of its type in 4 bytes. The first 3 are zero: "AAAA" in base64.
  constexpr std::string_view kBlob = "AAAA";
  line = trim(line);
  std::string_view rest = line;
  const std::string_view name = take_word(rest);
  if (find_type(name) != nullptr) return true;
  // No base64 contains a hyphen.
  if (name.find('-') != std::string_view::npos && rest.starts_with(kBlob)) return true;
  rest = line;
  skip_options(rest);
  return find_type(take_word(rest)) != nullptr && rest.starts_with(kBlob);
}

std::string merge_authorized_keys(std::string_view present, std::span<const SshKey> keys) {
  std::vector<KeyLine> lines;
  for (const std::string_view line : split(present, '\n')) {
    if (const KeyLine read = parse_key_line(line); !read.base64.empty()) lines.push_back(read);
  }
  std::string first;
  std::string last;
  for (const SshKey& key : keys) {
    // sshd uses the first line of a key, with its options. Put ours before a line with options.
    const auto found = std::ranges::find(lines, std::string_view(key.base64), &KeyLine::base64);
    if (found != lines.end() && !found->has_options) continue;
    (found == lines.end() ? last : first) += key.line() + "\n";
    lines.insert(lines.begin(), KeyLine{key.base64, false});
  }
  const bool ends = present.empty() || present.ends_with('\n');
  return first + std::string(present) + (ends || last.empty() ? "" : "\n") + last;
}

}  // namespace azl::provision
