#include "provision/engine/custom_data_disks.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/custom_data/run/pending_disks.h"
#include "provision/custom_data/run/stored.h"
#include "tests/unit/provision/bench.h"

namespace azl::provision {
namespace {

using disk::DiskTarget;
using disk::DiskWish;

constexpr const char* kVm = "2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab";

std::vector<DiskWish> one_wish() {
  return {{.target = {.kind = DiskTarget::Kind::kLun, .lun = 0}, .mount_point = "/data"}};
}

/// A machine with the directories of this program.
struct Tree {
  azl::test::TemporaryTree files;
  Root root = Root::open(files.path()).value();

  Tree() {
    files.mkdir("var/lib/azl-provision");
    files.mkdir("run/azl-provision");
  }
  void store_document(const std::string& text, const std::string& vm_id = kVm) const {
    REQUIRE(custom_data::store_document(
        root, {.vm_id = vm_id, .source = "the media", .bytes = Secret(text), .variables = "{}"}));
  }
  [[nodiscard]] DisksOfCustomData find(bool provisioned = true) const {
    return decide_disks_of_custom_data(root, {.provisioned = provisioned}, kVm, true);
  }
};

TEST_CASE("disks are left alone until it is known what custom data asks for") {
  const std::optional<DiskWishes> wishes = DiskWishes{.vm_id = kVm, .disks = one_wish()};
  const auto damaged = fail(Reason::kState, "it is damaged");
  struct Row {
    std::string what;
    DisksOfCustomData found;
    std::string undecided;  ///< the beginning
    std::size_t data_disks;
  };
  const std::vector<Row> rows = {
      {"no custom data", {.provisioned = true}, "", 0},
      {"stage main has not ended", {}, "azl-provision.service has not provisioned this VM", 0},
      {"it did not end, and there are wishes of an earlier boot",
       {.wishes = wishes},
       "azl-provision.service has not",
       0},
      {"custom data set its disks up earlier", {.provisioned = true, .wishes = wishes}, "", 0},
      {"custom data has come to its disks",
       {.provisioned = true, .wishes = wishes, .pending = true},
       "",
       1},
      {"it has not come to its disks",
       {.provisioned = true, .pending = true},
       "custom data sets up disks, and has not come to that yet",
       0},
      {"what it asks for is damaged",
       {.provisioned = true, .wishes = damaged},
       "what custom data asks of disks could not be read",
       0},
      {"the document cannot be read",
       {.provisioned = true, .pending = damaged},
       "what custom data asks of disks could not be read",
       0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto options = add_custom_data({}, row.found);
    CHECK(options.undecided.starts_with(row.undecided));
    CHECK(options.undecided.empty() == row.undecided.empty());
    CHECK(options.data.size() == row.data_disks);
    CHECK(errors_of(row.found).empty() == (row.found.wishes && row.found.pending));
  }
}

TEST_CASE("a document that sets up disks is pending until its disks are set up") {
  Tree tree;
  CHECK_FALSE(custom_data::has_pending_disks(tree.root, kVm).value());
  tree.store_document("#cloud-config\nruncmd: [date]\n");
  CHECK_FALSE(custom_data::has_pending_disks(tree.root, kVm).value());
  const auto mounts = "#cloud-config\nmounts:\n- [ephemeral0, /scratch]\n";
  tree.store_document(mounts, "another");
  CHECK_FALSE(custom_data::has_pending_disks(tree.root, kVm).value());
  tree.store_document(mounts);
  CHECK(custom_data::has_pending_disks(tree.root, kVm).value());
  custom_data::StoredItems items{.vm_id = kVm, .source = "the media", .items = {}};
  items.items.push_back({.item = {.id = "disk_setup",
                                  .phase = custom_data::ItemPhase::kEarly,
                                  .action = custom_data::SetUpDisks{.disks = one_wish()}}});
  REQUIRE(custom_data::store_items(tree.root, items));
  CHECK(custom_data::has_pending_disks(tree.root, kVm).value());
  REQUIRE(custom_data::mark_begun(tree.root, items, 0, "boot"));
  CHECK(custom_data::has_pending_disks(tree.root, kVm).value());
  REQUIRE(custom_data::mark_ended(tree.root, items, 0, "boot"));
  CHECK_FALSE(custom_data::has_pending_disks(tree.root, kVm).value());
}

TEST_CASE("disks are marked as undecided as long as they are") {
  Tree tree;
  CHECK_FALSE(tree.find(false).was_undecided);
  CHECK(are_disks_undecided(tree.root));
  CHECK(tree.find().was_undecided);
  CHECK_FALSE(are_disks_undecided(tree.root));
  CHECK_FALSE(tree.find().was_undecided);
}

TEST_CASE("a run for a disk that came late keeps the mark for the disks that were left") {
  Tree tree;
  (void)tree.find(false);
  CHECK(decide_disks_of_custom_data(tree.root, {.provisioned = true}, kVm, false).was_undecided);
  CHECK(are_disks_undecided(tree.root));
  (void)tree.find();
  CHECK_FALSE(are_disks_undecided(tree.root));
  (void)decide_disks_of_custom_data(tree.root, {.provisioned = true}, kVm, false);
  CHECK_FALSE(are_disks_undecided(tree.root));
}

TEST_CASE("wishes of another VM do not count, unless this VM is a copy of it") {
  Tree tree;
  REQUIRE(save_disk_wishes(tree.root, {.vm_id = "another", .disks = one_wish()}));
  CHECK_FALSE(tree.find().wishes.value().has_value());
  const MainStage copy{.provisioned = true, .specialized = true};
  CHECK(read_disks_of_custom_data(tree.root, copy, kVm).wishes.value()->disks == one_wish());
  REQUIRE(save_disk_wishes(tree.root, {.vm_id = kVm, .disks = one_wish()}));
  CHECK(tree.find().wishes.value()->disks == one_wish());
}

}  // namespace
}  // namespace azl::provision
