#include "disk/array.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/text.h"

namespace azl::disk {

namespace {

Result<void> check(const Array& array) {
  constexpr std::size_t kLongestName = 32;  // of a version 1 superblock
  constexpr std::uint32_t kLeastChunk = 4;
  const bool good_name = !array.name.empty() && array.name.size() <= kLongestName &&
                         std::all_of(array.name.begin(), array.name.end(),
                                     [](char c) {
                                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                              (c >= '0' && c <= '9') || c == '-' || c == '_';
                                     }) &&
                         !array.name.starts_with('-');
  if (!good_name) {
    return fail(Reason::kInvalidInput, "'" + printable(array.name) + "' is no name for an array");
  }
  if (array.members.size() < 2) {
    return fail(Reason::kInvalidInput, "a striped array has two disks or more");
  }
  if (array.chunk_kib < kLeastChunk || !std::has_single_bit(array.chunk_kib)) {
    return fail(Reason::kInvalidInput, "an array's chunk is 4 KiB times a power of two");
  }
  return {};
}

Result<std::string> run(Processes& processes, const Array& array, std::vector<std::string> argv,
                        const char* what, const Deadline& deadline) {
  const std::string context = std::string(what) + " the array " + printable(array.name);
  if (auto good = check(array); !good) return fail(std::move(good.error()), context);
  argv.insert(argv.end(), array.members.begin(), array.members.end());
  auto done = processes.run({.argv = std::move(argv)}, deadline);
  if (!done) return fail(std::move(done.error()), context);
  return array_device(array);
}

}  // namespace

std::string array_device(const Array& array) { return "/dev/md/" + array.name; }

Result<std::string> make_array(Processes& processes, const Array& array, const Deadline& deadline) {
  // --homehost=any: the array has its name whatever the VM is called at a later boot, where mdadm
  // would make it "NAME_0". --run answers the questions about what is on the members.
  std::vector<std::string> argv = {"mdadm",
                                   "--create",
                                   array_device(array),
                                   "--level=0",
                                   "--raid-devices=" + std::to_string(array.members.size()),
                                   "--metadata=1.2",
                                   "--chunk=" + std::to_string(array.chunk_kib),
                                   "--homehost=any",
                                   "--name=" + array.name,
                                   "--run"};
  if (!array.uuid.empty()) argv.push_back("--uuid=" + array.uuid);
  return run(processes, array, std::move(argv), "making", deadline);
}

Result<std::string> start_array(Processes& processes, const Array& array,
                                const Deadline& deadline) {
  return run(processes, array,
             {"mdadm", "--assemble", array_device(array), "--homehost=any", "--name=" + array.name},
             "starting", deadline);
}

Result<void> stop_array(Processes& processes, const std::string& name, const Deadline& deadline) {
  auto done = processes.run({.argv = {"mdadm", "--stop", "/dev/" + name}}, deadline);
  if (!done) return fail(std::move(done.error()), "stopping the array " + printable(name));
  return {};
}

}  // namespace azl::disk
