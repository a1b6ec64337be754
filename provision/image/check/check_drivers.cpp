// Whether the kernels and initrds of an image have the drivers of Azure's VM sizes.
#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "provision/image/check/check_image.h"

namespace azl::provision {
namespace {

constexpr std::array<Driver, 11> kDrivers = {{
    {"hv_vmbus", Check::kDriverMissing},
    {"hv_storvsc", Check::kDriverMissing},
    {"hv_netvsc", Check::kDriverMissing},
    {"udf", Check::kMediaDriverMissing},
    {"isofs", Check::kMediaDriverMissing},
    {"nvme", Check::kSizeDriverMissing},
    {"pci_hyperv", Check::kSizeDriverMissing},
    {"mlx5_core", Check::kSizeDriverMissing},
    {"mana", Check::kSizeDriverMissing},
    {"mlx4_core", Check::kOldSizeDriverMissing},
    {"ntfs3", Check::kResourceDiskDriverMissing},
}};

/// With TrustLabel=, the label says enough of the resource disk.
bool needs_ntfs(const disk::DiskOptions& options) {
  return options.resource_disk && !options.trust_label;
}

bool has_module(const KernelFacts& kernel, const std::string& module) {
  return kernel.builtin.contains(module) || kernel.modules.contains(module);
}

void check_kernel(const KernelFacts& kernel, const ImageFacts& facts, CheckFindings& findings) {
  const std::string directory = "/usr/lib/modules/" + kernel.version;
  const bool wants_ntfs = needs_ntfs(facts.config.disk);
  for (const auto& [name, check] : kDrivers) {
    const std::string module(name);
    if (has_module(kernel, module)) continue;
    // udf alone reads the media; isofs is what is left where udf is missing.
    if (module == "isofs" && has_module(kernel, "udf")) continue;
    if (module == "ntfs3" && !wants_ntfs) continue;
    findings.push_back({.check = check,
                        .path = directory,
                        .detail = "kernel " + printable(kernel.version) + " has no " + module,
                        .name = module});
  }
}

/// Modules that are built into a kernel cannot be blocked.
bool is_builtin_everywhere(const DriverFacts& drivers, const std::string& module) {
  return !drivers.kernels.empty() &&
         std::ranges::all_of(drivers.kernels, [&](const KernelFacts& kernel) {
           return kernel.builtin.contains(module);
         });
}

void check_blocks(const ImageFacts& facts, CheckFindings& findings) {
  for (const auto& [name, check] : kDrivers) {
    const std::string module(name);
    if (is_builtin_everywhere(facts.drivers, module)) continue;
    if (module == "isofs") continue;  // only where udf is missing, see above
    if (module == "ntfs3" && !needs_ntfs(facts.config.disk)) continue;
    for (const auto& line : facts.drivers.blocks) {
      if (line.text != module) continue;
      findings.push_back({.check = check,
                          .path = line.path,
                          .line = line.line,
                          .detail = "this line keeps the kernel from loading " + module,
                          .name = module});
    }
  }
}

const KernelFacts* find_kernel(const DriverFacts& drivers, const std::string& version) {
  const auto found = std::ranges::find(drivers.kernels, version, &KernelFacts::version);
  return found == drivers.kernels.end() ? nullptr : &*found;
}

void check_initrd(const InitrdFacts& initrd, const DriverFacts& drivers, CheckFindings& findings) {
  const auto* kernel = find_kernel(drivers, initrd.version);
  // Without a kernel that is known, nobody can say what is built in.
  if (kernel == nullptr) return;
  const auto need = [&](const std::string& module, Check check) {
    if (kernel->builtin.contains(module) || initrd.modules.contains(module)) return;
    // What the kernel lacks, the initrd cannot have: that is a finding of the kernel's.
    if (!kernel->modules.contains(module)) return;
    findings.push_back(
        {.check = check,
         .path = initrd.path,
         .detail = "the initrd of kernel " + printable(kernel->version) + " has no " + module,
         .name = module});
  };
  need("hv_vmbus", Check::kInitrdDriverMissing);
  need("hv_storvsc", Check::kInitrdDriverMissing);
  if (!drivers.root_type.empty()) need(drivers.root_type, Check::kInitrdDriverMissing);
  need("nvme", Check::kInitrdSizeDriverMissing);
  need("pci_hyperv", Check::kInitrdSizeDriverMissing);
}

}  // namespace

std::span<const Driver> azure_drivers() { return kDrivers; }

void check_drivers(const ImageFacts& facts, CheckFindings& findings) {
  const auto& drivers = facts.drivers;
  for (const auto& kernel : drivers.kernels) {
    if (kernel.has_modules_dep) {
      check_kernel(kernel, facts, findings);
    } else {
      findings.push_back({.check = Check::kDriverMissing,
                          .path = "/usr/lib/modules/" + kernel.version,
                          .detail = "kernel " + printable(kernel.version) +
                                    " has no modules.dep, without which no module can be loaded"});
    }
  }
  check_blocks(facts, findings);
  for (const auto& initrd : drivers.initrds) {
    if (initrd.unread.empty())
      check_initrd(initrd, drivers, findings);
    else
      findings.push_back({.check = Check::kNotChecked,
                          .path = initrd.path,
                          .detail = "the initrd was not read: " + initrd.unread});
  }
  if (drivers.kernels.empty())
    findings.push_back({.check = Check::kNotChecked,
                        .detail = "/usr/lib/modules has no kernel, so drivers were not checked"});
}

}  // namespace azl::provision
