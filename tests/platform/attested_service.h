// The attested document of the metadata service, signed by an authority of the simulator's own.
#pragma once

#include <string>

#include "tests/platform/authority.h"
#include "tests/platform/http_message.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

class AttestedService {
 public:
  /// Makes the authority. `scenario` must outlive this.
  explicit AttestedService(const Scenario& scenario);

  /// Answers GET /metadata/attested/document by the rules of IMDS. May be called by several threads
  /// at once.
  [[nodiscard]] Answer answer(const Request& request) const;
  /// Writes root.pem and intermediate.pem to a directory, which is made if it is missing. The
  /// error is a sentence.
  [[nodiscard]] Result<void> write_authority(const std::string& directory) const;

 private:
  const Scenario& scenario_;
  Authority authority_;
};

}  // namespace azl::platform
