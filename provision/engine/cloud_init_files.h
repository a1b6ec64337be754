// Keeps the files current by which other programs see whether cloud-init has ended.
#pragma once

#include <vector>

#include "base/root.h"
#include "provision/config/config.h"
#include "provision/engine/gate.h"
#include "provision/engine/run_data.h"
#include "provision/record/words.h"
#include "provision/step/context.h"

namespace azl::provision {

/// The files while a stage runs. Does nothing unless [CustomData] CloudInitFiles= is on and
/// cloud-init has a name for the stage. A file that cannot be written costs nothing else: that is
/// printed. Stage local writes none, because its sandbox does not let it; nobody looks before stage
/// main.
class CloudInitFiles {
 public:
  CloudInitFiles(const Config& config, const Machine& machine, const Gate& gate, Stage stage)
      : machine_(machine),
        gate_(gate),
        stage_(stage),
        on_(config.custom_data.cloud_init_files && stage != Stage::kLocal) {}

  void begin() const;
  /// `status`: the exit status of the stage. The final stage of custom data is the last one:
  /// everything of this boot has ended.
  void end(int status) const;

 private:
  const Machine& machine_;
  const Gate& gate_;
  Stage stage_;
  bool on_;
};

/// Keeps the variables of a VM that was provisioned by this run of stage main, for `cloud-init
/// query`. Does nothing unless [CustomData] CloudInitFiles= is on.
void keep_variables(StageRun& run);

/// Returns the stages of custom data that have something to do, those that have run included. Empty
/// also if only root can see it.
[[nodiscard]] std::vector<Stage> find_due_stages(const Root& root, const Gate& gate);

/// Writes that everything of this boot has ended, once no stage runs that cloud-init has a name
/// for. This is for boots on which the final stage had nothing to do, or was killed. Errors: as
/// Root::write.
[[nodiscard]] Result<void> finish_cloud_init_files(const Machine& machine, const Gate& gate);

}  // namespace azl::provision
