// What the items about settings of the system are carried out with.
#pragma once

#include <optional>

#include "provision/step/context.h"
#include "provision/step/recorder.h"

namespace azl::provision::custom_data {

struct SystemRun {
  const Context& context;
  std::optional<int> primary_link;  ///< its ifindex; nullopt: there is none
  Recorder& recorder;
};

}  // namespace azl::provision::custom_data
