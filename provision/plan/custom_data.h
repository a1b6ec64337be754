// Decides which document of the platform is carried out. Pure.
#pragma once

#include <string>

#include "base/secret.h"
#include "provision/gather/facts.h"
#include "provision/plan/choice.h"
#include "provision/plan/finding.h"

namespace azl::provision {

/// A document that the platform gave.
struct GivenCustomData {
  const Secret* bytes = nullptr;  ///< part of the facts; null: none
  std::string source = {};        ///< for people: "CustomData on the media"
};

/// Finds the media's CustomData, else IMDS userData, as cloud-init does.
[[nodiscard]] GivenCustomData find_custom_data(const Facts& facts);
/// Decides whether there is a document to store for the stages of custom data. Adds a degraded
/// finding if one was announced and did not come, or cannot be decoded.
[[nodiscard]] Choice decide_custom_data(const Facts& facts, Findings& findings);

}  // namespace azl::provision
