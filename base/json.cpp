#include "base/json.h"

#include <algorithm>
#include <exception>
#include <vector>

namespace azl {
namespace {

using nlohmann::json;

/// ` (line 3, column 5)`: where byte `offset` of `text` is. Both count from 1, columns in bytes.
std::string describe_place(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return " (line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - line_start + 1) + ")";
}

/// Returns the offset of the first bracket that is nested deeper than kJsonDepth.
std::size_t find_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      if (++depth > kJsonDepth) return i;
    } else if (!in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return text.size();
}

/// Builds the document within the bounds. The parser that calls it does not recurse. (The library's
/// own filtering callback searches the parent's children at the end of each child, which takes
/// quadratic time.)
class Builder final : public nlohmann::json_sax<json> {
 public:
  Builder(std::string_view text, const JsonCaps& caps, CappedJson& result)
      : text_(text), caps_(caps), result_(result) {}

  /// What is wrong, a sentence; empty if nothing is.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return true; }  // does not occur in JSON text
  bool start_object(std::size_t /*size*/) override { return open(json::object()); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    // `position` counts the bytes that were read, the faulty one included.
    fault_ = "it is not JSON" + describe_place(text_, std::max<std::size_t>(position, 1) - 1);
    return false;
  }

 private:
  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    if (++depth_ > kJsonDepth) {
      fault_ = "it is nested deeper than " + std::to_string(kJsonDepth) + " levels" +
               describe_place(text_, find_too_deep(text_));
      return false;
    }
    // Inside a container that is left out, everything is left out; only depth_ counts on.
    if (left_out_at_ > 0) return true;
    if (auto* placed = place(std::move(container))) {
      open_.push_back(placed);
    } else {
      left_out_at_ = depth_;
    }
    return true;
  }

  bool close() {
    if (left_out_at_ == 0) open_.pop_back();
    if (left_out_at_ == depth_) left_out_at_ = 0;
    --depth_;
    return true;
  }

  /// Puts a value where it belongs; returns nullptr if it is left out. Pointers into open
  /// containers stay valid, since only the innermost one grows.
  json* place(json value) {
    if (left_out_at_ > 0) return nullptr;
    if (open_.empty()) return &(result_.value = std::move(value));
    auto& parent = *open_.back();
    const bool full = parent.size() >= (parent.is_array() ? caps_.elements : caps_.keys);
    if (full || values_ >= caps_.values) {
      result_.shortened = true;
      return nullptr;
    }
    ++values_;
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return &(parent[key_] = std::move(value));
  }

  std::string_view text_;
  JsonCaps caps_;
  CappedJson& result_;
  std::vector<json*> open_;      ///< containers that are being filled, outermost first
  std::string key_;              ///< of the next value
  std::size_t depth_ = 0;        ///< containers open in the text
  std::size_t left_out_at_ = 0;  ///< depth of the container that is left out; 0: none is
  std::size_t values_ = 0;       ///< kept so far
  std::string fault_;
};

}  // namespace

Result<CappedJson> parse_json(std::string_view text, std::size_t limit, Reason reason,
                              const JsonCaps& caps) {
  if (text.size() > limit)
    return fail(reason, "it is longer than " + std::to_string(limit) + " bytes");
  try {
    CappedJson result;
    Builder builder(text, caps, result);
    if (!json::sax_parse(text.begin(), text.end(), &builder)) return fail(reason, builder.fault());
    return result;
  } catch (const std::exception&) {  // its message may quote the text
    return fail(reason, "the JSON library cannot read it");
  }
}

Result<json> parse_json(std::string_view text, std::size_t limit, Reason reason) {
  auto document = OR_RETURN(parse_json(text, limit, reason, JsonCaps{}));
  return std::move(document.value);
}

}  // namespace azl
