#include "imds/json.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace azl::imds {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxKeys = 2'000;
constexpr std::size_t kMaxElements = 4'096;
constexpr std::size_t kMaxValues = 100'000;

/// Builds the document as the library reads it and leaves out what is over a bound. (The library's
/// own filtering callback searches the parent's children at the end of each child: quadratic time.)
class Builder final : public nlohmann::json_sax<json> {
 public:
  explicit Builder(BoundedJson& result) : result_(result) {}

  /// What went wrong, a sentence; empty if nothing did.
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
    fault_ = "not JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    if (++depth_ > kMaxDepth) {
      fault_ = "nested more than " + std::to_string(kMaxDepth) + " deep";
      return false;
    }
    // Below what is left out, all is left out: its containers are counted by depth_ only.
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

  /// Puts a value where it belongs; null where it is left out. Pointers into open containers stay
  /// good, since only the innermost of them grows.
  json* place(json value) {
    if (left_out_at_ > 0) return nullptr;
    if (open_.empty()) return &(result_.value = std::move(value));
    auto& parent = *open_.back();
    const bool full = parent.size() >= (parent.is_array() ? kMaxElements : kMaxKeys);
    if (full || ++values_ > kMaxValues) {
      result_.shortened = true;
      return nullptr;
    }
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return &(parent[key_] = std::move(value));
  }

  BoundedJson& result_;
  std::vector<json*> open_;      ///< containers that are being filled, outermost first
  std::string key_;              ///< of the next value
  std::size_t depth_ = 0;        ///< containers open in the text
  std::size_t left_out_at_ = 0;  ///< depth of the container that is left out; 0: none is
  std::size_t values_ = 0;
  std::string fault_;
};

}  // namespace

Result<BoundedJson> parse_json(std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    return fail(Reason::kImdsMalformed, "longer than " + std::to_string(limit) + " bytes");
  }
  try {
    BoundedJson result;
    Builder builder(result);
    if (!json::sax_parse(text.begin(), text.end(), &builder)) {
      return fail(Reason::kImdsMalformed, builder.fault());
    }
    return result;
  } catch (const std::exception&) {  // its text may quote the document
    return fail(Reason::kImdsMalformed, "the JSON library refused it");
  }
}

}  // namespace azl::imds
