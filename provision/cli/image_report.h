// What `check-image` found, for its text, JSON and SARIF formats, and what it says of its checks.
#pragma once

#include <string>
#include <vector>

#include "provision/image/check/checks.h"
#include "provision/image/check/fix_image.h"
#include "provision/report/style.h"

namespace azl::provision {

struct ImageReport {
  std::string directory = "/";       ///< the root of the image
  std::vector<CheckFix> fixes = {};  ///< what --fix did
  CheckFindings findings = {};       ///< what is left
};

/// As a compiler prints it: the place, what is wrong and its code, below it the remedy; then a line
/// of numbers.
///
///   /mnt/image/etc/fstab:3: error: /data has no nofail, and … [fstab-without-nofail]
///       add nofail to the options in /mnt/image/etc/fstab, or remove the line
[[nodiscard]] std::string image_report_to_text(const ImageReport& report, const TextStyle& style);

/// As docs/checks-schema.json describes it.
[[nodiscard]] std::string image_report_to_json(const ImageReport& report);

/// SARIF 2.1.0. The paths are relative to the image, which is the base IMAGE.
[[nodiscard]] std::string image_report_to_sarif(const ImageReport& report);

/// A line for each check: its code, its severity, whether --fix does it, its title.
[[nodiscard]] std::string list_checks();

/// What a check means and what to do, in lines of the style's width.
[[nodiscard]] std::string explain_check(const CheckInfo& check, const TextStyle& style);

}  // namespace azl::provision
