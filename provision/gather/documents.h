// `azl-provision plan`: the Facts from files, or from the live machine with nothing touched.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "imds/http.h"
#include "provision/plan/plan.h"

namespace azl::provision {

/// Where `plan` takes its facts from. With a file for either source, the other source is not asked.
/// Links and disks are
/// those of the machine, unless there is a file for a source or for them.
struct PlanInputs {
  std::string root = "/";
  std::string imds_file;
  std::string ovf_file;
  std::string links_file;
  std::string disks_file;
  std::string imds_url;  ///< empty: the platform's
};

/// Gathers and decides. A source that can't be read is a finding of the plan, as it is at boot;
/// only a file that was named and can't be opened is an error here.
[[nodiscard]] Result<Plan> plan_from(const PlanInputs& inputs, Clock& clock, Processes& processes,
                                     imds::HttpClient& http);

/// The same, but of the Plan the network's part only, which a VM that is refused has too.
[[nodiscard]] Result<Plan> network_plan_from(const PlanInputs& inputs, Clock& clock,
                                             imds::HttpClient& http);

/// The disks of the running machine, as --disks takes them. Only root can look into them. Errors:
/// kIo, kUsage for a tree, whose /dev may be this machine's.
[[nodiscard]] Result<std::string> dump_disks(const PlanInputs& inputs, Clock& clock,
                                             Processes& processes, imds::HttpClient& http);

/// The links of the machine, or of a tree by its /sys, as --links takes them.
[[nodiscard]] Result<std::string> dump_links(const std::string& root);
/// Takes the links from a document. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<void> take_links_file(const std::string& path, Facts& facts);

}  // namespace azl::provision
