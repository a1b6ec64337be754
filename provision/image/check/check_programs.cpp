// Whether the programs are there that azl-provision runs.
#include "base/text.h"
#include "provision/image/check/check_image.h"

namespace azl::provision {
namespace {

Check check_for(ProgramUse use) {
  switch (use) {
    case ProgramUse::kProvisioning:
      return Check::kProgramMissing;
    case ProgramUse::kDisks:
      return Check::kDiskProgramMissing;
    case ProgramUse::kReport:
      break;
  }
  return Check::kHelperMissing;
}

}  // namespace

void check_programs(const ImageFacts& facts, CheckFindings& findings) {
  for (const auto& [name, use] : facts.programs.missing)
    findings.push_back(
        {.check = check_for(use), .detail = "the image has no " + printable(name), .name = name});
  if (!facts.programs.has_libcurl)
    findings.push_back(
        {.check = Check::kLibcurlMissing, .detail = "the image has no libcurl.so.4"});
}

}  // namespace azl::provision
