// Reads one JSON object of a scenario, member by member, and collects its problems.
//
//   ObjectReader vm(document, "vm", problems);
//   vm.read("name", scenario.vm.name);
//   vm.finish();  // reports the members that were not read as unknown keys
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace azl::platform {

/// Keeps the members in their written order, for documents and messages.
using Json = nlohmann::ordered_json;

/// A problem starts with the member's path, as in `vm.interfaces[0].mac: must be …`.
using Problems = std::vector<std::string>;

/// Reads the object at `path`; an empty path is the whole file.
class ObjectReader {
 public:
  /// A value that is not an object is a problem, and is read as an empty object.
  ObjectReader(const Json& value, std::string path, Problems& problems);

  /// Each keeps `out` if the member is missing. A member of the wrong type is a problem, and `out`
  /// is kept, too.
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, unsigned& out);
  void read(std::string_view key, std::vector<std::string>& out);
  void read(std::string_view key, std::vector<unsigned>& out);
  template <class T>
  void read(std::string_view key, std::optional<T>& out) {
    T value{};
    const std::size_t before = problems_->size();
    if (member(key) == nullptr) return;
    read(key, value);
    if (problems_->size() == before) out = std::move(value);
  }

  /// Returns the member, or null if it is missing. Marks `key` as known.
  [[nodiscard]] const Json* member(std::string_view key);
  /// Adds a problem with one member.
  void complain(std::string_view key, std::string_view what);
  /// "vm" and "name" make "vm.name".
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// Adds a problem for each member whose key is not known, and suggests a known key.
  void finish();

 private:
  const Json* object_ = nullptr;
  std::string path_;
  Problems* problems_;
  std::vector<std::string> known_;
};

}  // namespace azl::platform
