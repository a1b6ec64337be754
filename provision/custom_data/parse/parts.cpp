#include "provision/custom_data/parse/parts.h"

#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/gzip.h"
#include "provision/custom_data/parse/not_run.h"
#include "provision/custom_data/parse/part_text.h"
#include "provision/custom_data/parse/text_encoding.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kLongestName = 128;

/// "part-001", as cloud-init numbers parts: from 1, in order.
std::string numbered_name(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "part-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

/// The last component of a file name, also of one of Windows. Returns nullopt if it cannot be the
/// name of a file, or cannot be shown.
std::optional<std::string> find_base_name(std::string_view path) {
  path = trim(path);
  const auto name = path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
  if (name.empty() || name == "." || name == ".." || name.size() > kLongestName)
    return std::nullopt;
  if (printable(name, 4 * kLongestName, Quotes::kKept) != name) return std::nullopt;
  return std::string(name);
}

/// The name of the file that cloud-init writes a script to. Returns nullopt if there can be no such
/// file. Source: cloud-init's clean_filename() and its handlers of scripts.
std::optional<std::string> find_script_file(PartKind kind, std::string_view path) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.()";
  path = trim(path);
  if (is_script(kind) && kind != PartKind::kScript)
    path = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  std::string name;
  for (const char c : path) {
    if (kAllowed.contains(c)) name += c;
    if (c == '/') name += '_';
    if (name.size() > kLongestName) return std::nullopt;
  }
  if (name.empty() || name == "." || name == "..") return std::nullopt;
  return name;
}

/// Where a content was found.
struct Source {
  std::string type = {};
  std::string file_name = {};
  std::string merge_type = {};
  std::size_t depth = 0;  ///< gzip data and multiparts around it
  bool whole = true;      ///< it is not in a part
  /// Where the content stands in the document; nullopt: it was decoded or unpacked.
  std::optional<std::size_t> offset = {};
};

/// The name of a part, before it is made unique.
std::string find_name(const Source& source, std::size_t number) {
  if (auto name = find_base_name(source.file_name)) return *std::move(name);
  return find_script_file(PartKind::kScript, source.file_name).value_or(numbered_name(number));
}

/// For YAML and Jinja, a carriage return without a line feed ends a line, too. It becomes a line
/// feed, so that everyone who counts lines finds the same.
Secret copy_text(PartKind kind, std::string_view text) {
  std::string copy(text);
  if (kind == PartKind::kCloudConfig || kind == PartKind::kTemplate) {
    for (auto at = copy.find('\r'); at != std::string::npos; at = copy.find('\r', at + 1)) {
      if (!std::string_view(copy).substr(at + 1).starts_with('\n')) copy[at] = '\n';
    }
  }
  return Secret(std::move(copy));
}

class Reader {
 public:
  explicit Reader(const PartLimits& limits) : limits_(limits), unpack_budget_(limits.unpacked) {}

  void read_document(std::string_view bytes);
  [[nodiscard]] Parts take() && { return std::move(result_); }

 private:
  void read(const Source& source, std::string_view content);
  void read_gzip(const Source& source, std::string_view content);
  void forget_headers(Source& unpacked);
  void read_message(const Source& source, std::string_view content);
  void read_text(const Source& source, PartKind kind, std::string_view content);

  /// Says so once.
  void report_too_many();
  /// Counts a part that cannot be read.
  void lose(const Source& source, Remark why);
  [[nodiscard]] std::string make_unique_name(const Source& source);
  [[nodiscard]] std::string find_file_name(const Source& source, const Part& part);
  void remark(Remark remark, std::string part = {});

  PartLimits limits_;
  std::size_t unpack_budget_;
  std::size_t text_size_ = 0;
  std::size_t number_ = 0;  ///< of the last part
  bool too_many_ = false;
  std::set<std::string, std::less<>> names_;
  Parts result_;
};

void Reader::read_document(std::string_view bytes) {
  const auto text = skip_leading_space(bytes);
  if (text.empty()) return;
  if (bytes.size() > limits_.unpacked) {
    return remark({.level = RemarkLevel::kError,
                   .rule = "too-large",
                   .text = "the custom data has more than " + std::to_string(limits_.unpacked) +
                           " bytes, and is not read"});
  }
  const Secret inner(base64_decode(text).value_or(""));
  if (!is_utf16(inner.reveal()) && find_part_kind({}, inner.reveal()) == PartKind::kText)
    return read({.offset = 0}, bytes);
  remark({.level = RemarkLevel::kNote,
          .rule = "base64-twice",
          .text =
              "the custom data is base64 inside the platform's own base64, which cloud-init does "
              "not read",
          .advice = "give the file itself to 'az vm create --custom-data', which encodes it"});
  read({}, inner.reveal());
}

void Reader::read(const Source& source, std::string_view content) {
  if (number_ >= limits_.parts) return report_too_many();
  if (skip_leading_space(content).empty()) {
    return lose(source,
                {.level = RemarkLevel::kNote, .rule = "empty-part", .text = "the part is empty"});
  }
  if (is_utf16(content)) return lose(source, describe_utf16());
  const PartKind kind = find_part_kind(source.type, content);
  if (kind != PartKind::kGzip && kind != PartKind::kMultipart)
    return read_text(source, kind, content);
  if (source.depth >= limits_.depth) {
    return lose(source, {.level = RemarkLevel::kError,
                         .rule = "too-deep",
                         .text = "multiparts and gzip data are nested too deep; this is "
                                 "left out"});
  }
  if (kind == PartKind::kGzip) return read_gzip(source, content);
  read_message(source, content);
}

void Reader::read_gzip(const Source& source, std::string_view content) {
  const auto text = gunzip_within(content, unpack_budget_);
  if (!text) {
    return lose(source, {.level = RemarkLevel::kError,
                         .rule = "bad-gzip",
                         .text = "the part cannot be unpacked: " + text.error().to_string(),
                         .advice = "check the file with 'gzip -t FILE'"});
  }
  Source unpacked = source;
  ++unpacked.depth;
  unpacked.offset.reset();
  if (find_part_kind(source.type, {}) == PartKind::kGzip) forget_headers(unpacked);
  read(unpacked, text->reveal());
}

/// The content decides what it is that was declared as gzip data. Source: cloud-init 25.1, which
/// keeps the file name only.
void Reader::forget_headers(Source& unpacked) {
  unpacked.type.clear();
  if (std::exchange(unpacked.merge_type, {}).empty()) return;
  remark(
      {.level = RemarkLevel::kWarning,
       .rule = "mime-merge-type",
       .text = "a Merge-Type header of gzip data has no effect, because cloud-init forgets it",
       .advice = "write 'merge_how' into the packed document, or pack the whole message instead"},
      find_name(unpacked, number_ + 1));
}

void Reader::read_message(const Source& source, std::string_view content) {
  const std::string name = source.whole ? "" : find_name(source, number_ + 1);
  auto message = parse_mime(
      content, {.parts = limits_.parts - number_, .depth = limits_.depth - source.depth});
  // Without parts it counts as one, so that the number of messages is bounded, too.
  if (message.parts.empty()) ++number_;
  for (auto& found : message.remarks) {
    if (found.rule == kTooManyParts && std::exchange(too_many_, true)) continue;
    // The lines of a message that was decoded are no lines of the document, nor of a part of it.
    if (!source.whole) found.place = {};
    remark(std::move(found), name);
  }
  for (auto& part : message.parts) {
    if (part.lost) {
      ++number_;
      continue;
    }
    const auto offset =
        source.offset && part.offset ? std::optional(*source.offset + *part.offset) : std::nullopt;
    read({.type = std::move(part.type),
          .file_name = std::move(part.file_name),
          .merge_type = std::move(part.merge_type),
          .depth = source.depth + part.depth,
          .whole = false,
          .offset = offset},
         part.body.reveal());
  }
}

void Reader::read_text(const Source& source, PartKind kind, std::string_view content) {
  auto found = find_part_text(kind, content);
  if (text_size_ + found.text.size() > limits_.unpacked) {
    return lose(source,
                {.level = RemarkLevel::kError,
                 .rule = "too-large",
                 .text = "all parts together have more than " + std::to_string(limits_.unpacked) +
                         " bytes; this one is left out"});
  }
  ++number_;
  Part part{.name = make_unique_name(source),
            .kind = kind,
            .merge_type = source.merge_type,
            .readable = found.readable};
  part.file_name = find_file_name(source, part);
  if (auto not_run = describe_not_run(kind, source.type, content))
    remark(std::move(*not_run), part.name);
  for (auto& fault : found.remarks) remark(std::move(fault), part.name);
  text_size_ += found.text.size();
  part.text = copy_text(kind, found.text);
  if (source.offset)
    part.offset = *source.offset + static_cast<std::size_t>(found.text.data() - content.data());
  result_.parts.push_back(std::move(part));
}

void Reader::report_too_many() {
  if (std::exchange(too_many_, true)) return;
  remark({.level = RemarkLevel::kError,
          .rule = std::string(kTooManyParts),
          .text = "the custom data has more than " + std::to_string(limits_.parts) +
                  " parts; the later ones are left out"});
}

void Reader::lose(const Source& source, Remark why) {
  ++number_;
  remark(std::move(why), source.whole ? "" : find_name(source, number_));
}

std::string Reader::make_unique_name(const Source& source) {
  const std::string name = find_name(source, number_);
  std::string unique = name;
  for (int i = 2; !names_.insert(unique).second; ++i) unique = name + "-" + std::to_string(i);
  return unique;
}

std::string Reader::find_file_name(const Source& source, const Part& part) {
  if (auto name = find_script_file(part.kind, source.file_name)) return *std::move(name);
  auto name = numbered_name(number_);
  const bool runs =
      is_script(part.kind) || part.kind == PartKind::kBoothook || part.kind == PartKind::kTemplate;
  if (runs && !trim(source.file_name).empty()) {
    remark({.rule = "part-name",
            .text = "the part's file name cannot be used; the script is called '" + name + "'",
            .advice = "give it a name of at most " + std::to_string(kLongestName) +
                      " letters and digits"},
           part.name);
  }
  return name;
}

void Reader::remark(Remark remark, std::string part) {
  const auto count = result_.remarks.size();
  if (count >= kPartRemarks) return;
  if (count == kPartRemarks - 1) {
    remark = {.level = RemarkLevel::kNote,
              .rule = "more-remarks",
              .text = "there are more remarks than these"};
    part.clear();
  }
  remark.place.part = std::move(part);
  result_.remarks.push_back(std::move(remark));
}

}  // namespace

Parts read_parts(std::string_view bytes, const PartLimits& limits) {
  Reader reader(limits);
  reader.read_document(bytes);
  return std::move(reader).take();
}

}  // namespace azl::provision::custom_data
