#include "provision/custom_data/plan/disk_setup.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "disk-setup";
constexpr auto kKeys = std::to_array<std::string_view>({"layout", "overwrite", "table_type"});

class SetupReader {
 public:
  SetupReader(DiskResolver& resolver, ModuleOutput& out) : resolver_(resolver), out_(out) {}

  [[nodiscard]] std::vector<DiskSetup> read(const YamlMember& member);

 private:
  void read_disk(const YamlMember& disk);
  void add(const YamlMember& disk, DiskSetup setup);
  void refuse(const YamlMember& disk, const std::string& why, std::string advice);
  [[nodiscard]] std::string subject() const { return "disk " + std::to_string(number_); }

  DiskResolver& resolver_;
  ModuleOutput& out_;
  std::size_t number_ = 0;  ///< of the disk, from 1
  std::vector<DiskSetup> setups_;
};

std::vector<DiskSetup> SetupReader::read(const YamlMember& member) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) {
    out_.remark(RemarkLevel::kWarning, "no-value", out_.place_of(member),
                "'disk_setup' has no disks");
  } else if (value.kind != YamlKind::kMap) {
    out_.remark(RemarkLevel::kError, kRule, out_.place_of(member),
                describe_wrong_kind(member.name, value.kind, "a map") + "; it is ignored",
                "write 'ephemeral0: {layout: true}' below it");
  }
  for (const auto& disk : value.members) {
    if (number_ == kMostDisks) {
      out_.remark(RemarkLevel::kError, kRule, out_.place_of(disk),
                  "'disk_setup' has more than 64 disks; this one and those after it are left out");
      break;
    }
    read_disk(disk);
  }
  return std::move(setups_);
}

void SetupReader::refuse(const YamlMember& disk, const std::string& why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, out_.place_of(disk),
              subject() + " of 'disk_setup' is left out: " + why, std::move(advice));
}

void SetupReader::read_disk(const YamlMember& disk) {
  ++number_;
  const auto resolved = resolver_.resolve(disk.name, out_.place_of(disk));
  if (!resolved.disk)
    return refuse(disk, "azl-provision does not set up a disk of this name",
                  std::string(kDiskNameAdvice));
  if (resolved.disk->partition != 0)
    return refuse(disk, "its name is that of a partition", "write the name of the whole disk");
  if (disk.value.kind != YamlKind::kMap)
    return refuse(disk,
                  "it is " + std::string(to_string(disk.value.kind)) + ", and has to be a map",
                  "write 'layout: true' below it");
  const MapReader reader(disk.value, kRule, subject(), out_);
  reader.remark_unknown_keys("a disk", kKeys);
  DiskSetup setup{.target = resolved.disk->target,
                  .layout = read_disk_layout(reader.find("layout")),
                  .place = out_.place_of(disk)};
  const bool overwrites = reader.read_flag("overwrite").value_or(false);
  setup.overwrite = overwrites && setup.layout.kind != LayoutKind::kNone;
  add(disk, std::move(setup));
}

void SetupReader::add(const YamlMember& disk, DiskSetup setup) {
  const auto other = std::ranges::find(setups_, setup.target, &DiskSetup::target);
  if (other == setups_.end()) return setups_.push_back(std::move(setup));
  out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(disk),
              "this is the same disk as one before it, " + describe_target(setup.target) +
                  "; what stands here counts",
              "remove one of them");
  *other = std::move(setup);
}

}  // namespace

std::vector<DiskSetup> read_disk_setup(const YamlMember& member, DiskResolver& resolver,
                                       ModuleOutput& out) {
  return SetupReader(resolver, out).read(member);
}

}  // namespace azl::provision::custom_data
