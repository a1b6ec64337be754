#include "tests/platform/object_reader.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace azl::platform {
namespace {

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

/// Levenshtein distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

bool is_unsigned(const Json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() <= std::numeric_limits<unsigned>::max();
}

}  // namespace

ObjectReader::ObjectReader(const Json& value, std::string path, Problems& problems)
    : object_(&value), path_(std::move(path)), problems_(&problems) {
  if (value.is_object()) return;
  object_ = &empty_object();
  problems.push_back((path_.empty() ? "the scenario" : path_) + ": must be an object {…}, not " +
                     value.type_name());
}

const Json* ObjectReader::member(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  const auto found = object_->find(std::string(key));
  return found == object_->end() ? nullptr : &*found;
}

void ObjectReader::read(std::string_view key, std::string& out) {
  const Json* value = member(key);
  if (value == nullptr) return;
  if (!value->is_string()) return complain(key, "must be a string");
  out = value->get<std::string>();
}

void ObjectReader::read(std::string_view key, bool& out) {
  const Json* value = member(key);
  if (value == nullptr) return;
  if (!value->is_boolean()) return complain(key, "must be true or false");
  out = value->get<bool>();
}

void ObjectReader::read(std::string_view key, unsigned& out) {
  const Json* value = member(key);
  if (value == nullptr) return;
  if (!is_unsigned(*value)) return complain(key, "must be a whole number from 0 to 4294967295");
  out = value->get<unsigned>();
}

void ObjectReader::read(std::string_view key, std::vector<std::string>& out) {
  const Json* value = member(key);
  if (value == nullptr) return;
  const auto is_string = [](const Json& item) { return item.is_string(); };
  if (!value->is_array() || !std::ranges::all_of(*value, is_string)) {
    return complain(key, "must be a list of strings");
  }
  out = value->get<std::vector<std::string>>();
}

void ObjectReader::read(std::string_view key, std::vector<unsigned>& out) {
  const Json* value = member(key);
  if (value == nullptr) return;
  if (!value->is_array() || !std::ranges::all_of(*value, is_unsigned)) {
    return complain(key, "must be a list of whole numbers");
  }
  out = value->get<std::vector<unsigned>>();
}

void ObjectReader::complain(std::string_view key, std::string_view what) {
  problems_->push_back(path_of(key) + ": " + std::string(what));
}

std::string ObjectReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void ObjectReader::finish() {
  for (const auto& [key, value] : object_->items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const auto by_distance = [&](const std::string& known) { return distance(key, known); };
    const auto nearest = std::ranges::min_element(known_, {}, by_distance);
    std::string what = "unknown key";
    if (nearest != known_.end() && by_distance(*nearest) <= 1 + key.size() / 4) {
      what += "; did you mean \"" + *nearest + "\"?";
    } else {
      what += "; known keys are";
      for (const std::string& known : known_) what += (&known == &known_[0] ? " " : ", ") + known;
    }
    complain(key, what);
  }
}

}  // namespace azl::platform
