// Measures reading and planning 1 to 64 data disks. They are in a fake /sys, and their devices are
// sparse files.
//
//   azl-bench-disks     prints a table in Markdown
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <time.h>

#include "disk/inventory.h"
#include "disk/plan/disk_plan.h"
#include "tests/unit/temporary_tree.h"

namespace {

constexpr int kRounds = 21;
constexpr std::uintmax_t kSize = 1ULL << 30U;

/// "sda" … "sdz", "sdaa" …
std::string name_of(int index) {
  std::string name;
  for (int rest = index; rest >= 0; rest = rest / 26 - 1)
    name.insert(name.begin(), static_cast<char>('a' + rest % 26));
  return "sd" + name;
}

void add_disk(azl::test::TemporaryTree& tree, int index) {
  const auto name = name_of(index);
  const auto directory = "sys/block/" + name + "/";
  tree.write(directory + "size", std::to_string(kSize / 512) + "\n")
      .write(directory + "ro", "0\n")
      .write(directory + "dev", "8:" + std::to_string(16 * index) + "\n")
      .write(directory + "device/vendor", "Msft    \n")
      .write(directory + "device/model", "Virtual Disk    \n")
      .mkdir(directory + "holders")
      .write("dev/" + name, "")
      .symlink("../../../../" + name, "dev/disk/azure/data/by-lun/" + std::to_string(index));
  std::filesystem::resize_file(tree.path("dev/" + name), kSize);
}

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Median CPU time in ms of reading and planning, if the configuration names `named` of the disks.
double measure(const azl::Root& root, int named) {
  azl::disk::DiskOptions options;
  for (int lun = 0; lun < named; ++lun)
    options.data.push_back({.lun = lun, .mount_point = "/data/" + std::to_string(lun)});
  const azl::disk::ReadOptions read_options = {
      .needs_content = [&](const azl::disk::Disk& disk) { return disk.number < named; },
      .read_identify = {}};
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const double start = cpu_ms();
    const auto disks = azl::disk::read_disks(root, {}, read_options);
    if (!disks) {
      std::fprintf(stderr, "%s\n", disks.error().to_string().c_str());
      return -1;
    }
    const auto actions = azl::disk::plan_disks({.disks = *disks}, options);
    times.push_back(cpu_ms() - start);
    if (actions.size() < static_cast<std::size_t>(named)) return -1;
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main() {
  std::printf(
      "| disks | CPU, none named, ms | CPU, all named and read, ms | per disk, ms |\n"
      "|---|---|---|---|\n");
  for (const int disks : {1, 2, 4, 8, 16, 32, 64}) {
    azl::test::TemporaryTree tree;
    tree.write("proc/self/mountinfo", "").write("proc/swaps", "");
    for (int index = 0; index < disks; ++index) add_disk(tree, index);
    const auto root = azl::Root::open(tree.path());
    if (!root) return 1;
    const double all = measure(*root, disks);
    std::printf("| %d | %.2f | %.2f | %.2f |\n", disks, measure(*root, 0), all, all / disks);
  }
  return 0;
}
