// A tree with disks as in /sys, /dev and /proc of an Azure VM. The devices are regular files.
#pragma once

#include <string>
#include <utility>

#include "base/root.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

/// Disks have 1 GiB in /sys. Their devices in /dev are empty files.
class FakeDisks {
 public:
  /// A disk whose directory is /sys/devices/`place`/block/NAME, or without "block" as NVMe has it.
  FakeDisks& disk(const std::string& name, const std::string& place, const std::string& dev) {
    const std::string directory = "devices/" + place + "/" + name;
    tree_.symlink("../" + directory, "sys/block/" + name);
    tree_.symlink("../../" + directory, "sys/dev/block/" + dev);
    tree_.write("sys/" + directory + "/size", "2097152\n").write("sys/" + directory + "/dev", dev);
    return node(name);
  }
  /// A SCSI disk of Hyper-V. `device_id` is that of its VMBus device. `address` is on the SCSI bus.
  FakeDisks& scsi(const std::string& name, const std::string& device_id, const std::string& address,
                  const std::string& dev) {
    const std::string vmbus = "VMBUS:00/" + device_id.substr(1, device_id.size() - 2);
    const std::string scsi = vmbus + "/host0/target0:0:0/" + address;
    tree_.write("sys/devices/" + vmbus + "/device_id", device_id + "\n");
    tree_.write("sys/devices/" + scsi + "/vendor", "Msft    \n");
    tree_.write("sys/devices/" + scsi + "/model", "Virtual Disk    \n");
    disk(name, scsi + "/block", dev);
    tree_.symlink("../../../" + address, "sys/devices/" + scsi + "/block/" + name + "/device");
    return *this;
  }
  /// A namespace of NVMe controller N. `name` begins with "nvmeN".
  FakeDisks& nvme(const std::string& name, const std::string& vendor, const std::string& model,
                  int nsid, const std::string& dev) {
    const std::string controller = name.substr(0, name.find('n', 1));
    const std::string pci = "pci0000:00/" + controller;
    const std::string place = pci + "/nvme/" + controller;
    tree_.write("sys/devices/" + pci + "/vendor", vendor + "\n");
    tree_.write("sys/devices/" + place + "/model", model + "   \n");
    disk(name, place, dev);
    attribute(name, "nsid", std::to_string(nsid));
    if (!tree_.exists("sys/devices/" + place + "/device")) {
      tree_.symlink("../../../" + controller, "sys/devices/" + place + "/device");
    }
    tree_.symlink("../../" + controller, "sys/devices/" + place + "/" + name + "/device");
    return *this;
  }
  FakeDisks& attribute(const std::string& disk, const std::string& key, const std::string& value) {
    tree_.write("sys/block/" + disk + "/" + key, value + "\n");
    return *this;
  }
  /// A partition of 256 MiB as the kernel shows it.
  FakeDisks& partition(const std::string& disk, const std::string& name, int number,
                       const std::string& dev) {
    attribute(disk, name + "/partition", std::to_string(number));
    attribute(disk, name + "/start", std::to_string(2048 + (number - 1) * 524288));
    attribute(disk, name + "/size", "524288");
    attribute(disk, name + "/dev", dev);
    tree_.symlink("../../block/" + disk + "/" + name, "sys/dev/block/" + dev);
    return node(name);
  }
  FakeDisks& node(const std::string& name) {
    tree_.write("dev/" + name, "");
    return *this;
  }
  FakeDisks& link(const std::string& target, const std::string& path) {
    tree_.symlink(target, path);
    return *this;
  }
  /// Adds a line to /proc/self/mountinfo.
  FakeDisks& mount(const std::string& number, const std::string& point, const std::string& type,
                   const std::string& source) {
    mountinfo_ +=
        "30 1 " + number + " / " + point + " rw shared:1 - " + type + " " + source + " rw\n";
    tree_.write("proc/self/mountinfo", mountinfo_);
    return *this;
  }

  [[nodiscard]] TemporaryTree& tree() { return tree_; }
  [[nodiscard]] Root root() const { return std::move(Root::open(tree_.path()).value()); }

 private:
  TemporaryTree tree_;
  std::string mountinfo_;
};

inline constexpr const char* kIdeOs = "{00000000-0000-8899-0000-000000000000}";
inline constexpr const char* kIdeResource = "{00000000-0001-8899-0000-000000000000}";
inline constexpr const char* kScsi0 = "{f8b3781a-1e82-4818-a1c3-63d806ec15bb}";
inline constexpr const char* kScsi1 = "{f8b3781b-1e82-4818-a1c3-63d806ec15bb}";
inline constexpr const char* kMicrosoft = "0x1414";
inline constexpr const char* kLocalModel = "Microsoft NVMe Direct Disk v2";
inline constexpr const char* kRemoteModel = "MSFT NVMe Accelerator v1.0";

}  // namespace azl::test
