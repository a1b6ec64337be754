#include "provision/accounts/key_string.h"

#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "provision/accounts/key_conversion.h"

namespace azl::provision {
namespace {

/// Most lines of one OpenSSH key, which bounds the work for a bad one. A key of 16,384 bits has 43
/// lines of 64 characters.
constexpr std::size_t kLinesMost = 128;

constexpr const char* kPrivateKey =
    "it is a private key, which must never be given to a VM: give its public key, the file whose "
    "name ends in .pub";

/// The markers around a key that is not on one line.
struct Frame {
  std::string_view begin;
  std::string_view end;
  std::string_view close;  ///< after the label of both
};
constexpr Frame kPem = {"-----BEGIN ", "-----END ", "-----"};
constexpr Frame kSsh2 = {"---- BEGIN ", "---- END ", " ----"};

struct Begin {
  const Frame* frame;
  std::string_view label;  ///< "PUBLIC KEY"
  std::string_view rest;   ///< of the line
};

/// Returns the marker with which a line begins, or nullopt.
std::optional<Begin> find_begin(std::string_view line) {
  for (const auto* frame : {&kPem, &kSsh2}) {
    if (!line.starts_with(frame->begin)) continue;
    const auto text = line.substr(frame->begin.size());
    const auto label = text.substr(0, text.find(frame->close));
    if (label.size() == text.size()) continue;
    return Begin{frame, label, trim(text.substr(label.size() + frame->close.size()))};
  }
  return std::nullopt;
}

std::unexpected<Error> refuse(std::string why) { return fail(Reason::kSshKey, std::move(why)); }

/// Returns the lines that are not empty and not comments, without white space around them.
std::vector<std::string_view> lines_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<std::string_view> lines;
  for (const auto part : split(text, '\n')) {
    for (auto line : split(part, '\r')) {
      // Each of several concatenated files may begin with one.
      if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
      line = trim(line);
      if (!line.empty() && line.front() != '#') lines.push_back(line);
    }
  }
  return lines;
}

/// Whether base64 may go on in the next line: there is a type, and no comment yet.
bool is_open(std::string_view key) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = key.find_first_of(kBlanks);
  if (first == std::string_view::npos) return true;
  const auto second = key.find_first_not_of(kBlanks, first);
  return key.find_first_of(kBlanks, second) == std::string_view::npos;
}

Result<SshKey> convert(const Begin& begin, std::string_view body) {
  if (begin.frame == &kSsh2) {
    if (begin.label != "SSH2 PUBLIC KEY") return refuse("it is not an SSH2 public key");
    return parse_ssh_key(OR_RETURN(convert_ssh2(body)));
  }
  return parse_ssh_key(OR_RETURN(convert_pem(begin.label, body)));
}

/// Reads one key after the other.
class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(lines_of(text)) {}
  [[nodiscard]] bool at_end() const { return at_ == lines_.size(); }
  Result<SshKey> read();

 private:
  [[nodiscard]] bool is_begin() const {
    return find_begin(lines_[at_]).has_value() || begins_ssh_key(lines_[at_]);
  }
  Result<SshKey> read_block(const Begin& begin);
  Result<SshKey> read_key();
  Result<SshKey> read_other();
  /// Continues with `rest` of this line, or with the next line if `rest` is empty.
  void go_on(std::string_view rest) {
    lines_[at_] = rest;
    if (rest.empty()) ++at_;
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

Result<SshKey> Reader::read() {
  if (const auto begin = find_begin(lines_[at_])) return read_block(*begin);
  return begins_ssh_key(lines_[at_]) ? read_key() : read_other();
}

Result<SshKey> Reader::read_block(const Begin& begin) {
  std::string body;
  bool ended = false;
  go_on(begin.rest);
  // Without its end, the block ends before the next key.
  while (!at_end() && !ended && !is_begin()) {
    const auto line = lines_[at_];
    const auto end = line.find(begin.frame->end);
    ended = end != std::string_view::npos;
    body += std::string(line.substr(0, end)) + "\n";
    if (!ended) {
      ++at_;
      continue;
    }
    const auto after = line.substr(end + begin.frame->end.size());
    const auto close = after.find(begin.frame->close);
    go_on(close == std::string_view::npos ? std::string_view()
                                          : trim(after.substr(close + begin.frame->close.size())));
  }
  if (begin.label.find("PRIVATE KEY") != std::string_view::npos) return refuse(kPrivateKey);
  if (!ended) return refuse("it has a BEGIN line and no END line");
  auto key = convert(begin, body);
  if (!key) return fail(std::move(key.error()), "converting it to OpenSSH's format");
  return key;
}

/// Joins the lines of the base64. If all lines together are not a key, returns the key that the
/// fewest of them, from the first on, form. The lines after that are then read again.
Result<SshKey> Reader::read_key() {
  std::string joined(lines_[at_++]);
  std::vector<std::size_t> ends = {joined.size()};  // of the lines
  while (!at_end() && ends.size() < kLinesMost && is_open(joined) && !is_begin()) {
    if (joined.find_first_of(" \t") == std::string::npos) joined += ' ';  // broken after the type
    joined += lines_[at_++];
    ends.push_back(joined.size());
  }
  auto key = parse_ssh_key(joined);
  for (std::size_t count = 1; !key && count < ends.size(); ++count) {
    auto shorter = parse_ssh_key(std::string_view(joined).substr(0, ends[count - 1]));
    if (!shorter) continue;
    at_ -= ends.size() - count;
    return shorter;
  }
  return key;
}

/// Reads text that is no key, up to the next one.
Result<SshKey> Reader::read_other() {
  const auto first = lines_[at_];
  while (!at_end() && !is_begin()) ++at_;
  if (first.starts_with("PuTTY-User-Key-File-")) return refuse(kPrivateKey);
  auto key = parse_ssh_key(first);
  if (key) return refuse("it is not a key");
  return key;
}

}  // namespace

std::vector<Result<SshKey>> parse_key_string(std::string_view text) {
  std::vector<Result<SshKey>> keys;
  if (text.size() > kKeyStringLimit) {
    keys.emplace_back(
        refuse("the key is longer than " + std::to_string(kKeyStringLimit) + " bytes"));
    return keys;
  }
  Reader reader(text);
  while (!reader.at_end() && keys.size() < kSshKeysMost) keys.push_back(reader.read());
  if (!reader.at_end()) {
    keys.emplace_back(
        refuse("the key contains more than " + std::to_string(kSshKeysMost) + " keys"));
  }
  if (keys.empty()) keys.emplace_back(refuse("the key is empty"));
  return keys;
}

}  // namespace azl::provision
