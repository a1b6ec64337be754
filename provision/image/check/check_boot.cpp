// The kernel command line, and what SELinux would do at boot.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "provision/image/check/check_image.h"

namespace azl::provision {
namespace {

/// Whether Azure's serial port gets the kernel's messages.
bool has_serial_console(std::string_view command_line, ImageArchitecture architecture) {
  bool has_console = false;
  for (auto word : split(command_line, ' ')) {
    constexpr std::string_view kKey = "console=";
    word = trim(word);
    if (!word.starts_with(kKey)) continue;
    has_console = true;
    const auto device = word.substr(kKey.size(), word.find(',') - kKey.size());
    if (device == "ttyS0" && architecture != ImageArchitecture::kArm) return true;
    if (device == "ttyAMA0" && architecture != ImageArchitecture::kX86) return true;
  }
  // On Arm, ACPI's table SPCR names the serial console if the command line names none.
  return !has_console && architecture == ImageArchitecture::kArm;
}

void check_console(const BootFacts& boot, CheckFindings& findings) {
  for (const auto& [line, complete] : boot.command_lines) {
    if (!complete || has_serial_console(line.text, boot.architecture)) continue;
    const bool arm = boot.architecture == ImageArchitecture::kArm;
    findings.push_back({.check = Check::kNoSerialConsole,
                        .path = line.path,
                        .line = line.line,
                        .detail = std::string("the kernel command line has no console=") +
                                  (arm ? "ttyAMA0" : "ttyS0")});
  }
}

}  // namespace

void check_boot(const ImageFacts& facts, CheckFindings& findings) {
  check_console(facts.boot, findings);
  const auto& selinux = facts.selinux;
  if (!selinux.enforcing || selinux.autorelabel) return;
  for (const auto& path : selinux.unlabeled)
    findings.push_back({.check = Check::kSelinuxUnlabeled,
                        .path = path,
                        .detail = "it has no SELinux label, and the policy is enforced"});
}

}  // namespace azl::provision
