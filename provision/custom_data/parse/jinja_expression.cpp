#include "provision/custom_data/parse/jinja_expression.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/closest.h"
#include "base/text.h"
#include "provision/custom_data/parse/instance_variables.h"
#include "provision/custom_data/parse/jinja.h"
#include "provision/custom_data/parse/jinja_filters.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kTooMuch = "the values of the template come to more than 16 MiB";
static_assert(kTemplateWork == std::size_t{16} << 20);

std::string list_names(std::span<const std::string_view> names) {
  std::string list;
  for (const auto name : names) (list += list.empty() ? "" : ", ") += name;
  return list;
}

/// Jinja has its constants in two spellings.
std::optional<Json> find_constant(std::string_view name) {
  if (name == "true" || name == "True") return Json(true);
  if (name == "false" || name == "False") return Json(false);
  if (name == "none" || name == "None") return Json(nullptr);
  return std::nullopt;
}

/// Returns nullopt if the number is beyond any list.
std::optional<std::int64_t> read_position(const Json& number) {
  if (number.is_number_unsigned() && !std::in_range<std::int64_t>(number.get<std::uint64_t>()))
    return std::nullopt;
  return number.get<std::int64_t>();
}

/// The names that lead to a value, for messages.
struct Path {
  std::string text;
  std::size_t offset;

  /// Messages show the start only, so that long chains of names stay linear.
  void append(std::string_view name) {
    constexpr std::size_t kLongest = 200;
    if (text.size() < kLongest) text += name.substr(0, kLongest);
  }
};

/// Reads an expression by recursive descent, and evaluates it at once. After a failure the values
/// mean nothing.
class Evaluator {
 public:
  Evaluator(std::string_view text, std::size_t begin, JinjaContext& context)
      : cursor_(text, begin), context_(context) {}

  std::expected<ExpressionResult, ExpressionFailure> evaluate();

 private:
  JinjaValue read_expression(std::size_t depth);
  JinjaValue read_operand(std::size_t depth);
  JinjaValue read_variable(std::size_t depth);
  JinjaValue read_members(JinjaValue value, Path path, std::size_t depth);
  JinjaValue read_member(JinjaValue value, Path& path, std::size_t depth);
  JinjaValue read_index(const JinjaValue& value, Path& path, std::size_t depth);
  JinjaValue read_filter(JinjaValue value, std::size_t depth);
  JinjaArguments read_arguments(std::size_t depth);
  void read_argument(JinjaArguments& arguments, std::size_t depth);

  JinjaValue find_indexed(const JinjaValue& value, const Json& index, Path& path);
  JinjaValue take_result(JinjaResult result, std::size_t offset, std::string_view name,
                         std::span<const std::string_view> known);
  JinjaValue fail(std::size_t offset, std::string text, std::string advice = {});
  JinjaValue fail_undefined(const JinjaValue& value, const Path& path);

  JinjaCursor cursor_;
  JinjaContext& context_;
};

std::expected<ExpressionResult, ExpressionFailure> Evaluator::evaluate() {
  const auto value = read_expression(0);
  ExpressionResult result;
  result.strip = cursor_.take("-}}");
  if (!result.strip) cursor_.expect("}}");
  result.end = cursor_.at();
  if (!cursor_.failure()) result.text = to_text(value, context_);
  if (context_.exhausted) fail(cursor_.begin(), std::string(kTooMuch));
  if (cursor_.failure()) return std::unexpected(*cursor_.failure());
  return result;
}

/// Reads an operand and its filters. A filter belongs to the whole operand before it.
JinjaValue Evaluator::read_expression(std::size_t depth) {
  if (depth > kTemplateDepth) return fail(cursor_.at(), "the expression is nested too deeply");
  auto value = read_operand(depth);
  for (cursor_.skip_space(); cursor_.take("|"); cursor_.skip_space())
    value = read_filter(std::move(value), depth);
  return value;
}

JinjaValue Evaluator::read_operand(std::size_t depth) {
  cursor_.skip_space();
  const auto offset = cursor_.at();
  const char c = cursor_.peek();
  if (cursor_.at_name()) return read_variable(depth);
  if (cursor_.at_digit() || c == '-') return owned(cursor_.read_number());
  if (c == '\'' || c == '"')
    return read_members(owned(cursor_.read_text()), {"the text", offset}, depth);
  cursor_.expect("(");
  if (cursor_.failure()) return {};
  auto value = read_expression(depth + 1);
  cursor_.expect(")");
  return read_members(std::move(value), {"the value", offset}, depth);
}

JinjaValue make_undefined(std::string name, const Path& path, const Json* parent) {
  JinjaValue value;
  value.undefined = true;
  value.name = std::move(name);
  value.path = path.text;
  value.offset = path.offset;
  value.parent = parent;
  return value;
}

JinjaValue find_member(const JinjaValue& value, const std::string& name, Path& path) {
  const Json& json = value.get();
  const bool map = json.is_object();
  // Any text can stand in brackets.
  const std::string shown = is_shown_name(name) ? name : "…";
  path.append(path.text.empty() ? shown : "." + shown);
  if (map) {
    if (const auto found = json.find(name); found != json.end()) return of_tree(*found);
  }
  return make_undefined(name, path, map ? &json : nullptr);
}

JinjaValue Evaluator::read_variable(std::size_t depth) {
  const auto offset = cursor_.at();
  const std::string name(cursor_.read_name());
  Path path{{}, offset};
  if (auto constant = find_constant(name))
    return read_members(owned(std::move(*constant)), {name, offset}, depth);
  auto value = find_member(of_tree(*context_.variables), name, path);
  return read_members(std::move(value), std::move(path), depth);
}

/// Reads what follows a value: members, indexes and calls of methods.
JinjaValue Evaluator::read_members(JinjaValue value, Path path, std::size_t depth) {
  for (;;) {
    cursor_.skip_space();
    if (cursor_.take(".")) {
      value = read_member(std::move(value), path, depth);
    } else if (cursor_.take("[")) {
      value = read_index(value, path, depth);
    } else if (cursor_.peek() == '(') {
      return fail(cursor_.at(), "functions are not supported",
                  "these methods of text are supported: " + list_names(method_names()));
    } else {
      return value;
    }
  }
}

JinjaValue Evaluator::read_member(JinjaValue value, Path& path, std::size_t depth) {
  cursor_.skip_space();
  const auto offset = cursor_.at();
  if (cursor_.at_digit()) return find_indexed(value, cursor_.read_number(), path);
  const std::string name(cursor_.read_name());
  if (name.empty()) cursor_.fail_here();
  if (cursor_.failure()) return {};
  if (value.undefined) return fail_undefined(value, path);
  cursor_.skip_space();
  if (!cursor_.take("(")) return find_member(value, name, path);
  auto arguments = read_arguments(depth);
  if (cursor_.failure()) return {};
  return take_result(call_method(name, std::move(value), std::move(arguments), context_), offset,
                     name, method_names());
}

JinjaValue Evaluator::read_index(const JinjaValue& value, Path& path, std::size_t depth) {
  const auto offset = cursor_.at();
  const auto index = read_expression(depth + 1);
  cursor_.expect("]");
  if (cursor_.failure()) return {};
  if (value.undefined) return fail_undefined(value, path);
  if (const auto* name = index.text()) return find_member(value, *name, path);
  if (!index.undefined && index.get().is_number_integer())
    return find_indexed(value, index.get(), path);
  return fail(offset, "an index must be text or a whole number");
}

JinjaValue Evaluator::find_indexed(const JinjaValue& value, const Json& index, Path& path) {
  if (cursor_.failure()) return {};
  if (value.undefined) return fail_undefined(value, path);
  const auto name = index.dump();
  path.append("[" + name + "]");
  const auto number = read_position(index);
  auto item = number ? find_item(value, *number, context_) : std::nullopt;
  return item ? std::move(*item) : make_undefined(name, path, nullptr);
}

JinjaValue Evaluator::read_filter(JinjaValue value, std::size_t depth) {
  cursor_.skip_space();
  const auto offset = cursor_.at();
  const std::string name(cursor_.read_name());
  if (name.empty()) cursor_.fail_here();
  cursor_.skip_space();
  auto arguments = cursor_.take("(") ? read_arguments(depth) : JinjaArguments();
  if (cursor_.failure()) return {};
  return take_result(apply_filter(name, std::move(value), std::move(arguments), context_), offset,
                     name, filter_names());
}

JinjaValue Evaluator::take_result(JinjaResult result, std::size_t offset, std::string_view name,
                                  std::span<const std::string_view> known) {
  // First of all: what was computed after the limit means nothing.
  if (context_.exhausted) return fail(offset, std::string(kTooMuch));
  if (result) {
    if (result->undefined && result->path.empty()) {
      result->path = "the item of an empty list";
      result->offset = offset;
    }
    return std::move(*result);
  }
  if (std::ranges::find(known, name) != known.end()) return fail(offset, std::move(result.error()));
  const auto meant = find_closest(name, known);
  return fail(offset, std::move(result.error()),
              meant.empty() ? "these are supported: " + list_names(known)
                            : "did you mean " + std::string(meant) + "?");
}

/// Reads up to the closing parenthesis. A comma may stand before it.
JinjaArguments Evaluator::read_arguments(std::size_t depth) {
  JinjaArguments arguments;
  for (cursor_.skip_space(); !cursor_.failure() && !cursor_.take(")"); cursor_.skip_space()) {
    read_argument(arguments, depth);
    cursor_.skip_space();
    if (cursor_.peek() != ')') cursor_.expect(",");
  }
  return arguments;
}

void Evaluator::read_argument(JinjaArguments& arguments, std::size_t depth) {
  const auto offset = cursor_.at();
  const auto name = cursor_.read_name();
  cursor_.skip_space();
  const bool named = !name.empty() && cursor_.take("=");
  if (named && name == "boolean") {
    arguments.boolean = read_expression(depth + 1);
  } else if (named) {
    fail(offset, "this argument is not supported by name");
  } else {
    cursor_.go_back(offset);
    arguments.values.push_back(read_expression(depth + 1));
  }
}

JinjaValue Evaluator::fail(std::size_t offset, std::string text, std::string advice) {
  cursor_.fail(offset, std::move(text), std::move(advice));
  return {};
}

JinjaValue Evaluator::fail_undefined(const JinjaValue& value, const Path& path) {
  const auto meant = find_meant(value);
  return fail(path.offset,
              printable(path.text) + (is_left_out_variable(path.text)
                                          ? " is a variable of cloud-init that is left out here"
                                          : " is undefined, so it has no members"),
              meant.empty() ? "" : "did you mean " + meant + "?");
}

}  // namespace

std::expected<ExpressionResult, ExpressionFailure> evaluate_expression(std::string_view text,
                                                                       std::size_t begin,
                                                                       JinjaContext& context) {
  return Evaluator(text, begin, context).evaluate();
}

}  // namespace azl::provision::custom_data
