// Items as a stage of custom data stores them, for tests that run the stage.
#pragma once

#include <string>
#include <utility>

#include "provision/custom_data/run/stored.h"

namespace azl::provision::custom_data {

inline constexpr const char* kBoot = "tree";  // boot_id_of() a tree without /proc

inline Item item(std::string id, ItemPhase phase, Action action) {
  return {.id = std::move(id), .phase = phase, .what = "what", .action = std::move(action)};
}

inline Item file(std::string id, std::string path, ItemPhase phase = ItemPhase::kEarly) {
  return item(std::move(id), phase, WriteFile{.path = std::move(path), .content = Secret("x")});
}

inline Item script(const std::string& id, ItemPhase phase = ItemPhase::kEarly) {
  return item(id, phase, RunScript{.name = id, .text = Secret("#!/bin/sh\nexit 1\n")});
}

template <class... Items>
StoredItems stored(std::string vm_id, Items... items) {
  StoredItems result = {
      .vm_id = std::move(vm_id), .source = "CustomData on the media", .items = {}};
  (result.items.push_back({.item = std::move(items)}), ...);
  return result;
}

}  // namespace azl::provision::custom_data
