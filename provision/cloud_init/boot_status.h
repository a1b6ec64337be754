// What cloud-init's status.json says of a boot: the stages of azl-provision under cloud-init's
// names.
//
//   init-local       local
//   init             main, and what goes wrong in disks, report and close
//   modules-config   custom-data-early
//   modules-final    custom-data
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "provision/record/record.h"

namespace azl::provision::cloud_init {

inline constexpr std::array<std::string_view, 4> kStageNames = {"init-local", "init",
                                                                "modules-config", "modules-final"};

/// Returns the index in kStageNames, or nullopt for the stages that have no name of their own.
[[nodiscard]] std::optional<std::size_t> find_stage_index(Stage stage);

struct StageStatus {
  std::optional<double> start = {};     ///< seconds since the machine was started; nullopt: unknown
  std::optional<double> finished = {};  ///< the same
  std::vector<std::string> errors = {};
  std::vector<std::string> warnings = {};  ///< cloud-init's recoverable errors
  bool recorded = false;                   ///< azl-provision has a record of the stage

  bool operator==(const StageStatus&) const = default;
};

struct BootStatus {
  std::string datasource = {};  ///< "DataSourceAzure [seed=/dev/sr0]"; empty: not found yet
  std::array<StageStatus, kStageNames.size()> stages = {};
  std::string running = {};  ///< one of kStageNames; empty: none runs

  bool operator==(const BootStatus&) const = default;
};

/// Describes the records of a boot. An item of custom data that failed is an error, as for
/// cloud-init; other degraded findings are warnings. Pure.
[[nodiscard]] BootStatus describe_boot(const BootRecords& boot);

/// Adds what an earlier status of the same boot says of the stages that have no record: they had
/// nothing to do, or only root can read the records of what runs. Pure.
void add_unrecorded(BootStatus& status, const BootStatus& earlier);

/// Adds an error to a stage that has no record, unless one is known. Nothing for the stages that
/// have no name of their own. Pure.
void add_error_if_unrecorded(BootStatus& status, Stage stage, const std::string& sentence);

/// Whether a record says that a stage runs: status.json may be of a run that was killed. Pure.
[[nodiscard]] bool runs_by_record(const BootStatus& status);

/// The content of status.json, and what can be read of it. Errors: kState. Pure.
[[nodiscard]] std::string status_to_json(const BootStatus& status);
[[nodiscard]] Result<BootStatus> parse_status(std::string_view json);
/// The content of result.json. Pure.
[[nodiscard]] std::string result_to_json(const BootStatus& status);

/// All errors of the boot, and all warnings. Pure.
[[nodiscard]] std::vector<std::string> list_errors(const BootStatus& status);
[[nodiscard]] std::vector<std::string> list_warnings(const BootStatus& status);

/// The members of one stage as JSON. Pure.
[[nodiscard]] nlohmann::json to_json(const StageStatus& stage);

}  // namespace azl::provision::cloud_init
