#include "provision/custom_data/parse/gzip.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <zlib.h>

namespace azl::provision::custom_data {
namespace {

std::unexpected<Error> damaged(const char* what) { return fail(Reason::kCustomData, what); }

/// Text that grows to a bound. Wipes what it held before it grew, and what is lost by an error.
class Output {
 public:
  explicit Output(std::size_t bound) : bound_(bound) {}
  ~Output() { const Secret wiped(std::move(text_)); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  [[nodiscard]] std::size_t size() const { return size_; }
  /// The room after the text. Empty only if the text has reached the bound.
  [[nodiscard]] std::pair<char*, std::size_t> room() {
    if (size_ == text_.size()) grow();
    return {text_.data() + size_, text_.size() - size_};
  }
  void add(std::size_t bytes) { size_ += bytes; }
  [[nodiscard]] Secret take() {
    text_.resize(size_);
    return Secret(std::move(text_));
  }

 private:
  void grow() {
    constexpr std::size_t kFirst = 4096;
    const std::size_t size = std::min(bound_, std::max(kFirst, 2 * text_.size()));
    std::string larger;
    larger.reserve(size);
    larger.append(text_, 0, size_);
    larger.resize(size);
    const Secret wiped(std::exchange(text_, std::move(larger)));
  }

  std::size_t bound_;
  std::size_t size_ = 0;
  std::string text_;
};

class Unpacker {
 public:
  /// One byte more than `limit` shows that the data unpacks to more.
  Unpacker(std::string_view bytes, std::size_t limit)
      : rest_(bytes), limit_(limit), output_(limit + 1) {
    ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  ~Unpacker() {
    if (ready_) inflateEnd(&stream_);
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  [[nodiscard]] Result<Secret> unpack() {
    if (!ready_) return damaged("zlib has no memory");
    while (true) {
      OR_RETURN(unpack_member());
      rest_.remove_prefix(std::min(rest_.find_first_not_of('\0'), rest_.size()));
      if (rest_.empty()) return output_.take();
      if (!is_gzip(rest_)) return damaged("other data follows the gzip data");
      inflateReset(&stream_);
    }
  }
  [[nodiscard]] std::size_t size() const { return output_.size(); }

 private:
  static constexpr int kGzipOnly = 16 + MAX_WBITS;

  [[nodiscard]] Result<void> unpack_member() {
    while (true) {
      const int status = unpack_some();
      if (output_.size() > limit_) return damaged("the gzip data unpacks to too many bytes");
      if (status == Z_STREAM_END) return {};
      if (status == Z_BUF_ERROR || (status == Z_OK && rest_.empty() && stream_.avail_out > 0))
        return damaged("the gzip data is cut off");
      if (status == Z_MEM_ERROR) return damaged("zlib has no memory");
      if (status != Z_OK) return damaged("the gzip data is damaged");
    }
  }

  /// One call of inflate(), whose counters are narrower than std::size_t.
  int unpack_some() {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const auto [room, room_size] = output_.room();
    const auto input = static_cast<uInt>(std::min(rest_.size(), kMost));
    const auto space = static_cast<uInt>(std::min(room_size, kMost));
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));
    stream_.next_out = reinterpret_cast<Bytef*>(room);
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
    stream_.avail_in = input;
    stream_.avail_out = space;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    rest_.remove_prefix(input - stream_.avail_in);
    output_.add(space - stream_.avail_out);
    return status;
  }

  std::string_view rest_;
  std::size_t limit_;
  Output output_;
  z_stream stream_ = {};
  bool ready_ = false;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

Result<Secret> gunzip(std::string_view bytes, std::size_t limit) {
  return gunzip_within(bytes, limit);
}

Result<Secret> gunzip_within(std::string_view bytes, std::size_t& budget) {
  if (!is_gzip(bytes)) return damaged("it is not gzip data");
  const std::size_t by_ratio = std::max(kUnpackRatioFrom, bytes.size() * kUnpackRatio);
  const std::size_t limit = std::min(budget, by_ratio);
  Unpacker unpacker(bytes, limit);
  auto text = unpacker.unpack();
  if (!text && unpacker.size() > limit) {
    budget -= limit;
    return fail(Reason::kCustomData,
                by_ratio == limit
                    ? "the gzip data unpacks to more than " + std::to_string(kUnpackRatio) +
                          " times its size"
                    : "the gzip data unpacks to more than " + std::to_string(limit) + " bytes");
  }
  budget -= std::min(budget, text ? text->size() : unpacker.size());
  return text;
}

}  // namespace azl::provision::custom_data
