#include "provision/gather/disks_document.h"

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "disk/sysfs.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
using disk::Content;
using disk::Disk;
using disk::DiskFacts;
using disk::DiskKind;
using disk::Partition;
using disk::PointState;
using disk::UnfinishedWork;
using disk::Use;

constexpr std::size_t kMostElements = 4'096;

constexpr std::array<DiskKind, 6> kKinds{DiskKind::kOs,   DiskKind::kResource, DiskKind::kLocal,
                                         DiskKind::kData, DiskKind::kArray,    DiskKind::kOther};
constexpr std::array<std::pair<PointState, std::string_view>, 6> kPoints{{
    {PointState::kFree, "free"},
    {PointState::kMounted, "mounted"},
    {PointState::kNotEmpty, "not-empty"},
    {PointState::kNoDirectory, "no-directory"},
    {PointState::kLink, "link"},
    {PointState::kClaimed, "claimed"},
}};

/// Reads the members of one object. Keeps the first error and reads nothing after it, so that a
/// reader is a plain list of members. A missing or null member leaves its value as it is.
class Members {
 public:
  /// `where`: the path of the object, "disks[0]"; empty for the document.
  Members(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) {
      wrong_ = (where_.empty() ? "it" : where_) + " is not an object";
    }
  }

  void text(const char* key, std::string& value) {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_string()) return complain(key, "is not a text");
    value = json->get<std::string>();
  }
  void flag(const char* key, bool& value) {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_boolean()) return complain(key, "is not true or false");
    value = json->get<bool>();
  }
  void bytes(const char* key, std::uint64_t& value) {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_number_unsigned()) return complain(key, "is not a number of bytes");
    value = json->get<std::uint64_t>();
  }
  void number(const char* key, int& value, int least) {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_number_integer() || *json < least || *json > INT_MAX) {
      return complain(key, "is not a whole number of at least " + std::to_string(least));
    }
    value = json->get<int>();
  }
  /// A list of texts. One text is taken as a list of one.
  void texts(const char* key, std::vector<std::string>& value) {
    const Json* json = find(key);
    if (json == nullptr) return;
    const Json list = json->is_string() ? Json::array({*json}) : *json;
    const auto is_text = [](const Json& each) { return each.is_string(); };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_text)) {
      return complain(key, "is not a list of texts");
    }
    value.clear();
    for (const Json& each : list) value.push_back(each.get<std::string>());
  }
  /// The elements of a list. `read` gets each with its path, and returns an error as wrong() does.
  template <class Function>
  void each(const char* key, Function read) {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_array() || json->size() > kMostElements) {
      return complain(key,
                      "is not a list of at most " + std::to_string(kMostElements) + " elements");
    }
    for (std::size_t i = 0; i < json->size() && wrong_.empty(); ++i) {
      wrong_ = read((*json)[i], path(key) + "[" + std::to_string(i) + "]");
    }
  }
  /// The member; null if it is missing or JSON's null, or after an error.
  [[nodiscard]] const Json* find(const char* key) const {
    if (!wrong_.empty()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] std::string path(const std::string& key) const {
    return where_.empty() ? key : where_ + "." + key;
  }
  /// Keeps an error about a member. `what` continues the sentence after the member's path.
  void complain(const std::string& key, const std::string& what) {
    if (wrong_.empty()) wrong_ = path(key) + " " + what;
  }
  /// Keeps the error of a member's own reader.
  void take(std::string wrong) {
    if (wrong_.empty()) wrong_ = std::move(wrong);
  }
  /// The error, a sentence; empty: none.
  [[nodiscard]] std::string wrong() && { return std::move(wrong_); }

 private:
  const Json& object_;
  std::string where_;
  std::string wrong_;
};

void read_content(Members& members, Content& content) {
  members.text("fs", content.type);
  members.text("label", content.label);
  members.text("uuid", content.uuid);
  members.flag("unclear", content.unclear);
}

void read_use(Members& members, Use& use) {
  members.texts("mounted_at", use.mounted_at);
  members.flag("swap", use.swap);
  members.texts("holders", use.holders);
}

std::string read_partition(const Json& json, const std::string& where, const Disk& disk,
                           Partition& partition) {
  Members members(json, where);
  members.number("number", partition.number, 1);
  partition.device = disk::partition_node(disk.device, partition.number);
  members.text("device", partition.device);
  members.bytes("start", partition.start);
  members.bytes("size", partition.size);
  members.text("partuuid", partition.uuid);
  members.text("parttype", partition.type);
  read_content(members, partition.content);
  if (members.find("entries") != nullptr) members.texts("entries", partition.entries.emplace());
  members.text("entries_error", partition.entries_error);
  members.flag("zeroed", partition.zeroed);
  read_use(members, partition.use);
  return std::move(members).wrong();
}

void read_kind(Members& members, DiskKind& kind) {
  std::string word(to_string(kind));
  members.text("azure", word);
  const auto found =
      std::ranges::find_if(kKinds, [&](DiskKind each) { return to_string(each) == word; });
  if (found == kKinds.end()) {
    return members.complain("azure", "is not one of os, resource, local, data, array, other");
  }
  kind = *found;
}

std::string read_disk(const Json& json, const std::string& where, Disk& disk) {
  Members members(json, where);
  members.text("device", disk.device);
  read_kind(members, disk.kind);
  members.number("number", disk.number, -1);
  members.text("why", disk.why);
  members.bytes("size", disk.size);
  members.flag("read_only", disk.read_only);
  members.text("table", disk.table);
  members.text("table_uuid", disk.table_uuid);
  members.text("array_uuid", disk.array_uuid);
  members.flag("table_unclear", disk.table_unclear);
  read_content(members, disk.content);
  members.flag("zeroed", disk.zeroed);
  members.flag("gap_used", disk.gap_used);
  read_use(members, disk.use);
  members.text("error", disk.error);
  members.each("partitions", [&](const Json& each, const std::string& at) {
    auto& partition = disk.partitions.emplace_back();
    partition.number = static_cast<int>(disk.partitions.size());
    return read_partition(each, at, disk, partition);
  });
  return std::move(members).wrong();
}

void read_points(Members& members, DiskFacts& facts) {
  const Json* points = members.find("points");
  if (points == nullptr) return;
  if (!points->is_object()) return members.complain("points", "is not an object");
  for (const auto& [path, word] : points->items()) {
    const auto found = std::ranges::find_if(
        kPoints, [&](const auto& each) { return word.is_string() && word == each.second; });
    if (found == kPoints.end()) {
      return members.complain(
          "points[\"" + printable(path) + "\"]",
          "is not one of free, mounted, not-empty, no-directory, link, claimed");
    }
    facts.points[path] = found->first;
  }
}

std::string read_work(const Json& json, const std::string& where, UnfinishedWork& work) {
  Members members(json, where);
  members.text("uuid", work.uuid);
  members.text("place", work.place);
  members.flag("failed", work.failed);
  return std::move(members).wrong();
}

void read_root(Members& members, disk::RootFileSystem& root) {
  const Json* json = members.find("root");
  if (json == nullptr) return;
  Members of_root(*json, "root");
  of_root.text("source", root.source);
  of_root.text("type", root.type);
  members.take(std::move(of_root).wrong());
}

void read_history(Members& members, disk::DiskHistory& history) {
  const Json* json = members.find("memory");
  if (json == nullptr) return;
  Members of_history(*json, "memory");
  of_history.each("making", [&](const Json& each, const std::string& at) {
    return read_work(each, at, history.unfinished.emplace_back());
  });
  of_history.text("striping", history.unfinished_array);
  of_history.texts("made", history.made);
  of_history.bytes("grown_to", history.grown_to);
  of_history.flag("lost", history.incomplete);
  members.take(std::move(of_history).wrong());
}

void read_line(Members& members, std::optional<disk::ResourceLine>& line) {
  const Json* json = members.find("resource_line");
  if (json == nullptr) return;
  auto& found = line.emplace();
  Members of_line(*json, "resource_line");
  of_line.text("device", found.device);
  of_line.number("partition", found.partition, -1);
  of_line.texts("replaced", found.replaced);
  of_line.text("mount_point", found.mount_point);
  of_line.text("options", found.options);
  of_line.text("mounted_type", found.mounted_type);
  of_line.flag("mounted_untouched", found.mounted_untouched);
  members.take(std::move(of_line).wrong());
}

std::string read_facts(const Json& json, DiskFacts& facts) {
  Members members(json, "");
  members.each("disks", [&](const Json& each, const std::string& at) {
    return read_disk(each, at, facts.disks.emplace_back());
  });
  read_root(members, facts.root);
  read_points(members, facts);
  read_history(members, facts.history);
  read_line(members, facts.resource_line);
  members.text("other_formatter", facts.other_formatter);
  members.text("other_local_formatter", facts.other_local_formatter);
  members.text("other_grower", facts.other_grower);
  return std::move(members).wrong();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

void add_content(const Content& content, Json& json) {
  json["fs"] = text_or_null(content.type);
  json["label"] = text_or_null(content.label);
  json["uuid"] = text_or_null(content.uuid);
  json["unclear"] = content.unclear;
}

void add_use(const Use& use, Json& json) {
  json["mounted_at"] = use.mounted_at;
  json["swap"] = use.swap;
  json["holders"] = use.holders;
}

Json json_of(const Partition& partition) {
  Json json{{"number", partition.number},
            {"device", partition.device},
            {"start", partition.start},
            {"size", partition.size},
            {"partuuid", text_or_null(partition.uuid)},
            {"parttype", text_or_null(partition.type)}};
  add_content(partition.content, json);
  json["entries"] = partition.entries ? Json(*partition.entries) : Json();
  json["entries_error"] = text_or_null(partition.entries_error);
  json["zeroed"] = partition.zeroed;
  add_use(partition.use, json);
  return json;
}

Json json_of(const Disk& disk) {
  Json json{{"device", disk.device},
            {"azure", to_string(disk.kind)},
            {"number", disk.number},
            {"why", disk.why},
            {"size", disk.size},
            {"read_only", disk.read_only},
            {"table", text_or_null(disk.table)},
            {"table_uuid", text_or_null(disk.table_uuid)},
            {"array_uuid", text_or_null(disk.array_uuid)},
            {"table_unclear", disk.table_unclear}};
  add_content(disk.content, json);
  json["zeroed"] = disk.zeroed;
  json["gap_used"] = disk.gap_used;
  json["partitions"] = Json::array();
  for (const Partition& each : disk.partitions) json["partitions"].push_back(json_of(each));
  add_use(disk.use, json);
  json["error"] = text_or_null(disk.error);
  return json;
}

Json json_of(const std::vector<Disk>& disks) {
  Json json = Json::array();
  for (const Disk& each : disks) json.push_back(json_of(each));
  return json;
}

Json json_of(const std::vector<UnfinishedWork>& unfinished) {
  Json json = Json::array();
  for (const UnfinishedWork& each : unfinished)
    json.push_back({{"uuid", each.uuid}, {"place", each.place}, {"failed", each.failed}});
  return json;
}

Json json_of(const disk::ResourceLine& line) {
  return {{"device", line.device},
          {"partition", line.partition},
          {"replaced", line.replaced},
          {"mount_point", line.mount_point},
          {"options", line.options},
          {"mounted_type", line.mounted_type},
          {"mounted_untouched", line.mounted_untouched}};
}

/// Labels and names from a disk may not be UTF-8.
std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<DiskFacts> parse_disks(std::string_view text) {
  Json json = OR_RETURN(parse_json(text, kDisksLimit, Reason::kInvalidInput));
  if (json.is_array()) json = Json{{"disks", std::move(json)}};
  DiskFacts facts;
  auto wrong = read_facts(json, facts);
  if (!wrong.empty()) return fail(Reason::kInvalidInput, std::move(wrong));
  return facts;
}

std::string to_json(const DiskFacts& facts) {
  Json points = Json::object();
  for (const auto& [path, state] : facts.points) {
    points[path] =
        std::ranges::find(kPoints, state, &std::pair<PointState, std::string_view>::first)->second;
  }
  return dump(Json{{"disks", json_of(facts.disks)},
                   {"root", {{"source", facts.root.source}, {"type", facts.root.type}}},
                   {"points", std::move(points)},
                   {"memory",
                    {{"making", json_of(facts.history.unfinished)},
                     {"striping", facts.history.unfinished_array},
                     {"made", facts.history.made},
                     {"grown_to", facts.history.grown_to},
                     {"lost", facts.history.incomplete}}},
                   {"resource_line", facts.resource_line ? json_of(*facts.resource_line) : Json()},
                   {"other_formatter", facts.other_formatter},
                   {"other_local_formatter", facts.other_local_formatter},
                   {"other_grower", facts.other_grower}});
}

std::string to_json(const std::vector<Disk>& disks) { return dump(json_of(disks)); }

}  // namespace azl::provision
