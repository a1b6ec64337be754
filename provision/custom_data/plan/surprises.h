// What a script does that would surprise its writer on Azure Linux, or at this point of the boot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// Returns one remark for each rule that applies, at the first place where it does. The places have
/// no part; lines count in the script. Looks at the first 256 KiB.
[[nodiscard]] Remarks find_surprises(std::string_view script);

/// The words that the rules look for, such as "apt-get" and "reboot": they are no secrets.
[[nodiscard]] std::vector<std::string_view> surprising_words();

}  // namespace azl::provision::custom_data
