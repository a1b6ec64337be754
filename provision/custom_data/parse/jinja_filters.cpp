#include "provision/custom_data/parse/jinja_filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/count.h"
#include "base/text.h"

namespace azl::provision::custom_data {

namespace {

using Json = nlohmann::json;

std::unexpected<std::string> refuse(std::string what) { return std::unexpected(std::move(what)); }

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// Counts the work of a search. The library's search compares `wanted` anew at each position.
bool work_of_search(const std::string& text, const std::string& wanted, JinjaContext& context) {
  constexpr std::size_t kBytesAtOnce = 32;
  return context.work(text.size() * (1 + wanted.size() / kBytesAtOnce));
}

JinjaResult replace(const std::string& text, const std::string& old, const std::string& by,
                    JinjaContext& context) {
  if (old.empty()) return refuse("replace needs a text to replace, which is not empty");
  if (!work_of_search(text, old, context)) return JinjaValue();
  std::string result;
  std::size_t at = 0;
  for (auto found = text.find(old); found != std::string::npos; found = text.find(old, at)) {
    if (!context.work(by.size())) return JinjaValue();
    result.append(text, at, found - at).append(by);
    at = found + old.size();
  }
  return owned(result.append(text, at));
}

// What a list takes in memory, beside its texts.
constexpr std::size_t kItemWork = 128;

JinjaResult split_at(const std::string& text, const std::string& separator, JinjaContext& context) {
  if (separator.empty()) return refuse("split needs a separator that is not empty");
  if (!work_of_search(text, separator, context)) return JinjaValue();
  Json items = Json::array();
  std::size_t at = 0;
  for (auto found = text.find(separator); found != std::string::npos;
       found = text.find(separator, at)) {
    if (!context.work(kItemWork)) return JinjaValue();
    items.push_back(text.substr(at, found - at));
    at = found + separator.size();
  }
  items.push_back(text.substr(at));
  return owned(std::move(items));
}

JinjaResult split_at_space(std::string_view text, JinjaContext& context) {
  Json items = Json::array();
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const auto end = std::min(text.find_first_of(" \t\r\n\v\f"), text.size());
    if (!context.work(kItemWork)) return JinjaValue();
    items.push_back(std::string(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return owned(std::move(items));
}

/// What can be taken one by one: the items of a list, the names of a map, the characters of text.
/// Fails for anything else. An undefined value has none.
std::expected<std::vector<JinjaValue>, std::string> items_of(const JinjaValue& value,
                                                             JinjaContext& context) {
  std::vector<JinjaValue> items;
  if (value.undefined) {
    record_undefined(value, context);
    return items;
  }
  if (const auto* text = value.text()) {
    for (std::string_view rest = *text; !rest.empty() && context.work(kItemWork);) {
      const auto length = std::max<std::size_t>(utf8_length(rest), 1);
      items.push_back(owned(std::string(rest.substr(0, length))));
      rest.remove_prefix(length);
    }
    return items;
  }
  const Json& json = value.get();
  if (!json.is_structured()) return refuse("join needs a list or text");
  for (const auto& item : json.items()) {
    if (!context.work(kItemWork)) break;
    if (json.is_object())
      items.push_back(owned(item.key()));
    else if (value.tree == nullptr)
      items.push_back(owned(item.value()));
    else
      items.push_back(of_tree(item.value()));
  }
  return items;
}

JinjaResult filter_default(JinjaValue& value, JinjaArguments& arguments,
                           JinjaContext& /*context*/) {
  const bool also_false = arguments.boolean
                              ? is_true(*arguments.boolean)
                              : arguments.values.size() > 1 && is_true(arguments.values[1]);
  if (!value.undefined && (!also_false || is_true(value))) return std::move(value);
  return arguments.values.empty() ? owned("") : std::move(arguments.values[0]);
}

JinjaResult filter_lower(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return owned(lower(to_text(value, context)));
}

JinjaResult filter_upper(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return owned(upper(to_text(value, context)));
}

JinjaResult filter_trim(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return owned(std::string(trim(to_text(value, context))));
}

JinjaResult filter_string(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return owned(to_text(value, context));
}

JinjaResult filter_replace(JinjaValue& value, JinjaArguments& arguments, JinjaContext& context) {
  return replace(to_text(value, context), to_text(arguments.values[0], context),
                 to_text(arguments.values[1], context), context);
}

JinjaResult filter_join(JinjaValue& value, JinjaArguments& arguments, JinjaContext& context) {
  const auto separator =
      arguments.values.empty() ? std::string() : to_text(arguments.values[0], context);
  const auto items = items_of(value, context);
  if (!items) return refuse(items.error());
  std::string result;
  for (std::size_t i = 0; i < items->size() && context.work(separator.size()); ++i) {
    if (i > 0) result += separator;
    result += to_text((*items)[i], context);
  }
  return owned(std::move(result));
}

JinjaResult filter_length(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  if (value.undefined) {
    record_undefined(value, context);
    return owned(0);
  }
  if (const auto* text = value.text()) {
    if (!context.work(kCharacterWork * text->size())) return JinjaValue();
    return owned(count_characters(*text));
  }
  if (!value.get().is_structured()) return refuse("length needs a list or text");
  return owned(value.get().size());
}

/// Returns the first or the last item. If there is none, the value is undefined and has no name,
/// which Python writes as "None".
JinjaResult find_end(const JinjaValue& value, bool first, JinjaContext& context) {
  JinjaValue none;
  none.undefined = true;
  none.name = "None";
  none.path = value.path;
  none.offset = value.offset;
  if (value.undefined) return none;
  const Json& json = value.get();
  if (json.is_object() && !json.empty())
    return owned(first ? json.begin().key() : std::prev(json.end()).key());
  if (!json.is_structured() && value.text() == nullptr)
    return refuse("first and last need a list or text");
  return find_item(value, first ? 0 : -1, context).value_or(none);
}

JinjaResult filter_first(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return find_end(value, true, context);
}

JinjaResult filter_last(JinjaValue& value, JinjaArguments& /*none*/, JinjaContext& context) {
  return find_end(value, false, context);
}

JinjaResult to_whole(double number) {
  constexpr double kBeyond = 9.2e18;
  if (std::abs(number) >= kBeyond) return refuse("the number is too large");
  return owned(static_cast<std::int64_t>(number));
}

/// Reads a number as Python's int() does, else as float() does. Returns `otherwise` if it is none.
JinjaResult read_whole(std::string_view text, JinjaValue otherwise) {
  text = trim(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t whole = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (!text.empty() && read.ptr == text.data() + text.size()) {
    if (read.ec != std::errc()) return refuse("the number is too large");
    return owned(whole);
  }
  double number = 0;
  const auto real = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole_text = real.ec == std::errc() && real.ptr == text.data() + text.size();
  if (whole_text && std::isfinite(number)) return to_whole(number);
  return otherwise;
}

JinjaResult filter_int(JinjaValue& value, JinjaArguments& arguments, JinjaContext& context) {
  if (value.undefined) return refuse("int needs a value that is defined");
  JinjaValue otherwise = arguments.values.empty() ? owned(0) : std::move(arguments.values[0]);
  const Json& json = value.get();
  if (const auto* text = value.text()) {
    context.work(text->size());
    return read_whole(*text, std::move(otherwise));
  }
  if (json.is_boolean()) return owned(json.get<bool>() ? 1 : 0);
  if (json.is_number_float()) return to_whole(json.get<double>());
  if (json.is_number()) return std::move(value);
  return otherwise;
}

struct Filter {
  std::string_view name;
  std::size_t fewest;  ///< arguments
  std::size_t most;
  JinjaResult (*apply)(JinjaValue& value, JinjaArguments& arguments, JinjaContext& context);
};

constexpr std::array kFilters = {
    Filter{"count", 0, 0, filter_length},    Filter{"d", 0, 2, filter_default},
    Filter{"default", 0, 2, filter_default}, Filter{"first", 0, 0, filter_first},
    Filter{"int", 0, 1, filter_int},         Filter{"join", 0, 1, filter_join},
    Filter{"last", 0, 0, filter_last},       Filter{"length", 0, 0, filter_length},
    Filter{"lower", 0, 0, filter_lower},     Filter{"replace", 2, 2, filter_replace},
    Filter{"string", 0, 0, filter_string},   Filter{"trim", 0, 0, filter_trim},
    Filter{"upper", 0, 0, filter_upper}};

JinjaResult method_split(JinjaValue& value, JinjaArguments& arguments, JinjaContext& context) {
  context.work(value.text()->size());
  return arguments.values.empty() ? split_at_space(*value.text(), context)
                                  : split_at(*value.text(), *arguments.values[0].text(), context);
}

constexpr std::array kMethods = {
    Filter{"lower", 0, 0, filter_lower}, Filter{"replace", 2, 2, filter_replace},
    Filter{"split", 0, 1, method_split}, Filter{"strip", 0, 0, filter_trim},
    Filter{"upper", 0, 0, filter_upper}};

template <std::size_t N>
constexpr std::array<std::string_view, N> names_of(const std::array<Filter, N>& filters) {
  std::array<std::string_view, N> names;
  std::ranges::transform(filters, names.begin(), &Filter::name);
  return names;
}
constexpr auto kFilterNames = names_of(kFilters);
constexpr auto kMethodNames = names_of(kMethods);

std::string quoted(std::string_view name) { return "\"" + printable(name) + "\""; }

/// Returns what is wrong with the number of arguments; empty if nothing is.
std::string check_arguments(const Filter& filter, const JinjaArguments& arguments) {
  const auto count = arguments.values.size();
  if (arguments.boolean && filter.apply != filter_default)
    return quoted(filter.name) + " takes no argument with a name";
  if (count >= filter.fewest && count <= filter.most) return {};
  if (filter.most == 0) return quoted(filter.name) + " takes no arguments here";
  if (filter.fewest == filter.most)
    return quoted(filter.name) + " takes " + std::to_string(filter.most) + " arguments here";
  return quoted(filter.name) + " takes at most " + describe_count(filter.most, "argument") +
         " here";
}

}  // namespace

JinjaResult apply_filter(std::string_view name, JinjaValue value, JinjaArguments arguments,
                         JinjaContext& context) {
  const auto* const filter = std::ranges::find(kFilters, name, &Filter::name);
  if (filter == kFilters.end()) return refuse("there is no filter " + quoted(name));
  if (auto wrong = check_arguments(*filter, arguments); !wrong.empty())
    return refuse(std::move(wrong));
  return filter->apply(value, arguments, context);
}

JinjaResult call_method(std::string_view name, JinjaValue value, JinjaArguments arguments,
                        JinjaContext& context) {
  const auto* const method = std::ranges::find(kMethods, name, &Filter::name);
  if (method == kMethods.end()) return refuse("there is no method " + quoted(name));
  if (value.text() == nullptr) return refuse("only text has the method " + quoted(name));
  if (auto wrong = check_arguments(*method, arguments); !wrong.empty())
    return refuse(std::move(wrong));
  const bool texts = std::ranges::all_of(
      arguments.values, [](const JinjaValue& argument) { return argument.text() != nullptr; });
  if (!texts) return refuse("the arguments of " + quoted(name) + " must be text");
  return method->apply(value, arguments, context);
}

std::span<const std::string_view> filter_names() { return kFilterNames; }
std::span<const std::string_view> method_names() { return kMethodNames; }

}  // namespace azl::provision::custom_data
