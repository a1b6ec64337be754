// The order in which items are carried out.
#pragma once

#include <string_view>
#include <vector>

#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// The module of an item: its id up to the first "/".
[[nodiscard]] std::string_view find_module(const Item& item);

/// Whether an item is carried out before another one, by phase, module and, of scripts, file name.
[[nodiscard]] bool comes_before(const Item& one, const Item& other);

/// Sorts items as they are carried out: all of the early phase before all of the final one, and in
/// a phase by module. Scripts and runcmd are sorted together, by the bytes of their file names. All
/// other items of a module keep their order.
void sort_items(std::vector<Item>& items);

}  // namespace azl::provision::custom_data
