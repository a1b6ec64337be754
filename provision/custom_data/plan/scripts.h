// Parts that are scripts: "#!", boothooks, and scripts for each boot, instance or once.
#pragma once

#include <string_view>

#include "provision/custom_data/parse/line_map.h"
#include "provision/custom_data/parse/part_kind.h"
#include "provision/custom_data/parse/parts.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans a part that is a script or a boothook; any other part gives nothing. White space in front
/// of a script is removed. Text that does not start with "#!" cannot be executed, and gives a
/// remark. If the first line ends in CRLF, every CRLF becomes LF. A script takes the place of an
/// earlier one of its file name, as in cloud-init's folder, with a remark that names both parts;
/// boothooks of one name all run, as cloud-init runs each when it finds it. Source: cloud-init's
/// user-data formats. `kind` and `text` are the part's, or what its template rendered to. Places
/// have the lines that `lines` gives.
void plan_script(const Part& part, PartKind kind, std::string_view text, const LineMap& lines,
                 ModuleOutput& out);

}  // namespace azl::provision::custom_data
