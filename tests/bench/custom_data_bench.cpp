// Measures planning 1 to 256 KiB of cloud-config, and writing 10 to 1,000 files.
//
//   azl-bench-custom-data     needs root; prints tables in Markdown
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <time.h>

#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/run/file_writer.h"
#include "tests/unit/temporary_tree.h"

namespace {

using namespace azl::provision::custom_data;

constexpr int kRounds = 21;

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Median CPU time in ms; nullopt if it fails.
std::optional<double> measure(const std::function<bool()>& work) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const double start = cpu_ms();
    if (!work()) return std::nullopt;
    times.push_back(cpu_ms() - start);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

/// A document of about this size, as people write it: files of 20 lines, and as many commands.
std::string document_of(std::size_t size) {
  std::string files = "#cloud-config\nwrite_files:\n";
  std::string commands = "runcmd:\n";
  for (int i = 0; files.size() + commands.size() < size; ++i) {
    const auto number = std::to_string(i);
    files +=
        "  - path: /etc/app/conf.d/" + number + ".conf\n    permissions: '0640'\n    content: |\n";
    for (int line = 0; line < 20; ++line)
      files += "      key" + std::to_string(line) + " = the value of this setting\n";
    commands +=
        "  - systemctl restart app@" + number + ".service && echo restarted " + number + "\n";
  }
  return files + commands;
}

bool measure_plan() {
  std::printf("| cloud-config, KiB | items | CPU, ms | of one KiB, ms |\n|---|---|---|---|\n");
  for (const std::size_t kib : {1U, 4U, 16U, 64U, 256U}) {
    const auto document = document_of(kib << 10U);
    std::size_t items = 0;
    const auto time = measure([&] {
      items = make_custom_data_plan(document, nlohmann::json::object()).items.size();
      return items > 0;
    });
    if (!time) return false;
    std::printf("| %zu | %zu | %.2f | %.3f |\n", kib, items, *time,
                *time / static_cast<double>(kib));
  }
  return true;
}

/// `trees`: keeps what was written. ext4 does not use an inode again that was freed a moment ago,
/// and looks longer for a new one after each round that removes its files.
bool write_files(int count, std::list<azl::test::TemporaryTree>& trees) {
  auto& tree = trees.emplace_back();
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n").write("etc/group", "root:x:0:\n");
  const auto root = azl::Root::open(tree.path());
  if (!root) return false;
  UnsyncedFiles unsynced;
  for (int i = 0; i < count; ++i) {
    const WriteFile file = {.path = "/etc/app/" + std::to_string(i) + ".conf",
                            .content = azl::Secret(std::string(600, 'x'))};
    if (const auto written = write_file(*root, file, &unsynced); !written) {
      std::fprintf(stderr, "%s\n", written.error().to_string().c_str());
      return false;
    }
  }
  return unsynced.sync().has_value();
}

bool measure_files() {
  std::printf(
      "\n| files of 600 bytes | CPU, ms | of one file, ms |\n"
      "|---|---|---|\n");
  for (const int count : {10, 100, 1000}) {
    std::list<azl::test::TemporaryTree> trees;
    const auto time = measure([&] { return write_files(count, trees); });
    if (!time) return false;
    std::printf("| %d | %.2f | %.3f |\n", count, *time, *time / count);
  }
  return true;
}

}  // namespace

int main() { return measure_plan() && measure_files() ? 0 : 1; }
