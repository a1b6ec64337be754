// Files that are written into the homes of users who are made later.
#pragma once

#include <span>

#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/plan/remark_list.h"

namespace azl::provision::custom_data {

/// Warns of each file that is written, before logins, below the home of a user whom the document
/// makes after it: root then owns what the user is to have.
void remark_files_in_new_homes(std::span<const Item> items, RemarkList& remarks);

}  // namespace azl::provision::custom_data
