// What every step is given and must not change: the machine, the configuration, who this VM is, and
// which stage runs.
#pragma once

#include "base/clock.h"
#include "base/process.h"
#include "base/root.h"
#include "imds/http.h"
#include "imds/identity.h"
#include "provision/config/config.h"
#include "provision/record/words.h"

namespace azl::provision {

/// The seams to the machine. All of them outlive the run.
struct Machine {
  const Root& root;
  Clock& clock;
  Processes& processes;
  imds::HttpClient& http;
};

/// What holds during a whole run of a stage.
struct Context {
  Machine machine;  ///< programs that are started through it are noted in the record
  Stage stage;
  const Config& config;
  const imds::Identity& identity;
  bool resumed = false;  ///< a run of this stage was killed on this boot

  [[nodiscard]] const Root& root() const { return machine.root; }
  /// A deadline that begins now.
  [[nodiscard]] Deadline within(Duration time) const { return {machine.clock, time}; }
};

}  // namespace azl::provision
