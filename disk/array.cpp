#include "disk/array.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace azl::disk {

namespace {

std::string device_of(const Array& array) { return "/dev/md/" + array.name; }

Result<void> check(const Array& array) {
  constexpr std::size_t kMaxName = 32;  // version 1 superblock
  constexpr std::uint32_t kMinChunk = 4;
  const bool valid_name = !array.name.empty() && array.name.size() <= kMaxName &&
                          std::all_of(array.name.begin(), array.name.end(),
                                      [](char c) {
                                        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                               (c >= '0' && c <= '9') || c == '-' || c == '_';
                                      }) &&
                          !array.name.starts_with('-');
  if (!valid_name) {
    return fail(Reason::kInvalidInput, "'" + printable(array.name) + "' is not a valid array name");
  }
  if (array.members.size() < 2) {
    return fail(Reason::kInvalidInput, "a striped array needs at least two disks");
  }
  if (array.chunk_kib < kMinChunk || !std::has_single_bit(array.chunk_kib)) {
    return fail(Reason::kInvalidInput,
                "the chunk size of an array must be a power of two of at least 4 KiB");
  }
  return {};
}

Result<std::string> run(Processes& processes, const Array& array, std::vector<std::string> argv,
                        const char* what, const Deadline& deadline) {
  const std::string context = std::string(what) + " the array " + printable(array.name);
  OR_RETURN(check(array), context);
  argv.insert(argv.end(), array.members.begin(), array.members.end());
  OR_RETURN(processes.run({.argv = std::move(argv)}, deadline), context);
  return device_of(array);
}

}  // namespace

Result<std::string> make_array(Processes& processes, const Array& array, const Deadline& deadline) {
  // --homehost=any: otherwise mdadm names the array "NAME_0" at a later boot if the VM's host name
  // has changed. --run: mdadm asks no questions about what is on the members.
  std::vector<std::string> argv = {"mdadm",
                                   "--create",
                                   device_of(array),
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
             {"mdadm", "--assemble", device_of(array), "--homehost=any", "--name=" + array.name},
             "starting", deadline);
}

Result<void> stop_array(Processes& processes, const std::string& name, const Deadline& deadline) {
  OR_RETURN(processes.run({.argv = {"mdadm", "--stop", "/dev/" + name}}, deadline),
            "stopping the array " + printable(name));
  return {};
}

}  // namespace azl::disk
