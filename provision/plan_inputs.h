// `azl-provision plan`: the Facts from files, or from the live machine with nothing touched.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"
#include "provision/plan.h"

namespace azl::provision {

/// Where `plan` takes its facts from. With a file for either source, the other source is not asked.
struct PlanInputs {
  std::string root = "/";
  std::string imds_file;
  std::string ovf_file;
  std::string imds_url;  ///< empty: the platform's
};

/// Gathers and decides. A source that can't be read is a finding of the plan, as it is at boot;
/// only a file that was named and can't be opened is an error here.
[[nodiscard]] Result<Plan> plan_from(const PlanInputs& inputs, Clock& clock,
                                     imds::HttpClient& http);

}  // namespace azl::provision
