// Reads one JSON object of a scenario, member by member, and collects all that is wrong with it.
//
//   ObjectReader vm(document, "vm", problems);
//   vm.read("name", scenario.vm.name);
//   vm.finish();  // members that nobody read are unknown keys
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace azl::platform {

/// Keeps the order of members, so documents and messages come in the order in which they were
/// written.
using Json = nlohmann::ordered_json;

/// A problem is a sentence that starts with the member's path, as in `vm.interfaces[0].mac: …`.
using Problems = std::vector<std::string>;

/// The last element of `path` names what is read; an empty path is the whole file.
class ObjectReader {
 public:
  /// Whatever isn't an object is a problem and reads as an empty one.
  ObjectReader(const Json& value, std::string path, Problems& problems);

  /// Each leaves `out` alone when the member is missing, and when it is of a wrong type, which is a
  /// problem.
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, unsigned& out);
  void read(std::string_view key, std::vector<std::string>& out);
  void read(std::string_view key, std::vector<unsigned>& out);
  template <class T>
  void read(std::string_view key, std::optional<T>& out) {
    T value{};
    const std::size_t before = problems_->size();
    if (find(key) == nullptr) return;
    read(key, value);
    if (problems_->size() == before) out = std::move(value);
  }

  /// The member itself, or null when it is missing.
  [[nodiscard]] const Json* find(std::string_view key);
  /// A problem with one member.
  void complain(std::string_view key, std::string_view what);
  /// "vm" and "name" make "vm.name".
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// Complains about each member that no call above asked for, and suggests a known one.
  void finish();

 private:
  const Json* object_ = nullptr;
  std::string path_;
  Problems* problems_;
  std::vector<std::string> known_;
};

}  // namespace azl::platform
