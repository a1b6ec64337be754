// Custom data of any bytes is planned. Items can be carried out as they are, in their order;
// remarks can be shown, and stand at a place that there is.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "disk/disk_words.h"
#include "disk/plan/disk_decision.h"
#include "provision/accounts/ssh_key.h"
#include "provision/accounts/user_name.h"
#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/plan/disk_name.h"
#include "provision/custom_data/plan/disk_setup.h"
#include "provision/custom_data/plan/mounts.h"
#include "provision/custom_data/plan/packages.h"
#include "provision/custom_data/plan/remark_list.h"
#include "provision/custom_data/plan/write_files.h"
#include "tests/fuzz/require.h"

using namespace azl::provision::custom_data;
using azl::fuzz::require;
using azl::provision::is_account_name;
using namespace std::string_view_literals;

namespace {

const nlohmann::json& variables() {
  static const nlohmann::json values = {
      {"v1", {{"local_hostname", "vm"}, {"region", "westeurope"}}},
      {"ds", {{"meta_data", {{"local_hostname", "vm"}, {"imds", {{"compute", {{"a", 1}}}}}}}}},
      {"instance_id", "1"}};
  return values;
}

bool is_shown_as_is(std::string_view text) {
  return azl::printable(text, 8 * text.size() + 8, azl::Quotes::kKept) == text;
}

void check_file(const WriteFile& file) {
  require(file.path.starts_with('/') && file.path.size() > 1, "a path is absolute, and no root");
  require(!file.path.contains('\0'), "a path has no NUL byte");
  const auto path = file.path + "/";
  for (const auto* part : {"//", "/./", "/../"})
    require(path.find(part) == std::string::npos, "a path is normalised");
  require(file.mode <= 07777, "a mode has four digits");
  require(!file.user.empty() && !file.group.empty(), "a file has an owner");
}

bool is_argument(std::string_view word) {
  return !word.starts_with('-') && word.find_first_of(" \t\r\n\0"sv) == std::string_view::npos;
}

void check_packages(const InstallPackages& packages) {
  require(packages.names.size() <= kMostPackages, "packages are bounded");
  for (const auto& package : packages.names) {
    require(!package.name.empty() && is_argument(package.name), "a name is no option");
    require(is_argument(package.version), "a version is no option");
  }
}

void check_user(const MakeUser& user) {
  require(user.name.empty() || is_account_name(user.name), "a user has a name that useradd takes");
  require(user.primary_group.empty() || is_account_name(user.primary_group), "so has its group");
  require(std::ranges::all_of(user.groups, is_account_name), "so have its groups");
  require(user.uid != 0U, "uid 0 is root's");
  for (const auto* path : {&user.homedir, &user.shell}) {
    require(path->empty() ||
                (path->starts_with('/') && path->find_first_of(":\n") == std::string::npos),
            "a path of a user can stand in passwd(5)");
  }
  for (const auto& rule : user.sudo)
    require(!rule.empty() && rule.find('\n') == std::string::npos, "a sudo rule is one line");
  for (const auto* hash : {&user.passwd, &user.hashed_passwd})
    require(hash->reveal().find_first_of(":\n ") == std::string_view::npos,
            "a hash can stand in shadow(5)");
  for (const auto& key : user.keys)
    require(azl::provision::parse_ssh_key(key).has_value(), "sshd accepts a key");
}

void check_account(const Action& action) {
  if (const auto* user = std::get_if<MakeUser>(&action)) check_user(*user);
  if (const auto* group = std::get_if<MakeGroup>(&action)) {
    require(is_account_name(group->name), "a group has a name that groupadd takes");
    require(std::ranges::all_of(group->members, is_account_name), "so have its members");
  }
  if (const auto* password = std::get_if<SetPassword>(&action)) {
    require(password->user.empty() || is_account_name(password->user), "a password has a user");
    require(password->password.reveal().find('\n') == std::string_view::npos,
            "a password is one line");
    require(password->password.empty() == (password->kind == PasswordKind::kRandom),
            "only a random password is made later");
  }
}

void check_target(const azl::disk::DiskTarget& target) {
  using Kind = azl::disk::DiskTarget::Kind;
  require(target.kind != Kind::kLun || (target.lun >= 0 && target.lun <= 63), "a LUN is 0 to 63");
  if (target.kind != Kind::kDevice) return;
  const auto name = parse_disk_name(target.device);
  require(name && name->partition == 0 && name->disk == target.device,
          "a device is a whole disk, below /dev");
}

void check_wish(const azl::disk::DiskWish& wish) {
  const bool is_resource = wish.target.kind == azl::disk::DiskTarget::Kind::kResource;
  check_target(wish.target);
  require(
      wish.file_system.empty() || std::ranges::find(azl::disk::kFileSystems, wish.file_system) !=
                                      azl::disk::kFileSystems.end(),
      "a file system is one that is made");
  require(azl::disk::is_label(wish.label), "a label fits");
  require(wish.mount_point.empty() || azl::disk::is_mount_point(wish.mount_point),
          "a disk can be mounted where it is to be");
  require(azl::disk::are_mount_options(wish.mount_options), "its options can stand in fstab");
  require(wish.swap_percent <= 99, "swap leaves space for data");
  require(is_resource || (wish.use && wish.swap_percent == 0 && wish.swap_file == 0),
          "swap is on the resource disk only, which alone can be left");
  require(!wish.overwrite || wish.target.kind == azl::disk::DiskTarget::Kind::kLun,
          "only a disk with a LUN is overwritten");
}

void check_setup(const SetUpDisks& setup) {
  require(!setup.disks.empty(), "there are disks to set up");
  require(setup.disks.size() <= kMostDisks + 1, "disks are bounded");
  std::set<std::string> targets;
  for (const auto& wish : setup.disks) {
    check_wish(wish);
    require(targets.insert(describe_target(wish.target)).second, "each disk is set up once");
  }
}

bool is_field(std::string_view text) {
  return !text.empty() &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void check_mount(const AddMount& mount) {
  require(is_field(mount.what), "something is mounted");
  require(mount.type == "swap" ? mount.mount_point == "none"
                               : azl::disk::is_mount_point(mount.mount_point),
          "it is mounted at a directory, or is swap");
  require(is_field(mount.type) && mount.type.find(' ') == std::string::npos, "a type is a word");
  require(!mount.options.empty() && azl::disk::are_mount_options(mount.options.reveal()),
          "options can stand in fstab");
  require(is_number(mount.dump) && is_number(mount.pass), "the last fields are numbers");
}

void check_swap(const MakeSwapFile& swap) {
  require(is_field(swap.path) && swap.path.starts_with('/') && !swap.path.ends_with('/'),
          "a swap file has an absolute path");
  require((swap.path + "/").find("/../") == std::string::npos, "a path of a swap file is plain");
  require(swap.size == 0 || swap.max_size == 0, "a size that is given has no bound");
}

void check_disks(const CustomDataPlan& plan) {
  std::size_t mounts = 0;
  for (const auto& item : plan.items) {
    if (const auto* setup = std::get_if<SetUpDisks>(&item.action)) check_setup(*setup);
    if (const auto* swap = std::get_if<MakeSwapFile>(&item.action)) check_swap(*swap);
    if (const auto* mount = std::get_if<AddMount>(&item.action)) {
      check_mount(*mount);
      ++mounts;
    }
  }
  require(mounts <= kMostMounts, "mounts are bounded");
}

void check_items(const CustomDataPlan& plan) {
  std::set<std::string_view> ids;
  std::size_t size = 0;
  bool is_final = false;
  for (const auto& item : plan.items) {
    require(ids.insert(item.id).second, "each item has an id of its own");
    require(!item.what.empty() && is_shown_as_is(item.what), "what an item does can be shown");
    require(!is_final || item.phase == ItemPhase::kFinal, "early items come first");
    is_final = item.phase == ItemPhase::kFinal;
    if (const auto* file = std::get_if<WriteFile>(&item.action)) {
      check_file(*file);
      size += file->content.size();
    } else if (const auto* script = std::get_if<RunScript>(&item.action)) {
      require(script->text.reveal().starts_with("#!"), "a script can be executed");
      require(!script->name.empty() && script->name.find('/') == std::string::npos,
              "a script has the name of a file");
    } else if (const auto* packages = std::get_if<InstallPackages>(&item.action)) {
      check_packages(*packages);
    } else {
      check_account(item.action);
    }
  }
  require(size <= kWriteFilesLimit, "all files together are bounded");
}

void check_place(const CustomDataPlan& plan, const Place& place) {
  require(place.line >= 0 && place.column >= 0, "a place counts from 1");
  if (place.line == 0) return;
  const auto part = std::find_if(plan.parts.begin(), plan.parts.end(),
                                 [&](const PartSummary& p) { return p.name == place.part; });
  if (part == plan.parts.end()) return;  // of a message, or of a part that cannot be read
  const auto text = part->text.reveal();
  require(place.line <= std::count(text.begin(), text.end(), '\n') + 1,
          "a place is a line of its part");
}

void check_remarks(const CustomDataPlan& plan) {
  require(plan.remarks.size() <= kPlanRemarks + 1, "remarks are bounded");
  for (const auto& remark : plan.remarks) {
    require(!remark.rule.empty() && !remark.text.empty(), "a remark has a rule and a text");
    require(remark.text.size() < 500 && remark.advice.size() < 500,
            "a remark does not quote the document");
    for (const auto* const text : {&remark.rule, &remark.text, &remark.advice})
      require(is_shown_as_is(*text), "a remark can be shown");
    require(!remark.text.ends_with('.'), "a remark has no final period");
    check_place(plan, remark.place);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto plan = make_custom_data_plan(azl::fuzz::text_of(data, size), variables());
  check_items(plan);
  check_disks(plan);
  check_remarks(plan);
  for (const auto& item : plan.items) check_place(plan, item.place);
  return 0;
}
