#include "provision/accounts/tool.h"

#include <optional>
#include <string_view>
#include <utility>

namespace azl::provision {

namespace {

constexpr std::string_view kLiveStaging = "/run/azl-provision";

}  // namespace

namespace {

/// Returns the cause of this reason for a missing program, or nullopt if the reason has none.
std::optional<Cause> cause_of_missing_tool(Reason reason) {
  switch (reason) {
    case Reason::kUser:
      return Cause::kUserToolMissing;
    case Reason::kPassword:
      return Cause::kPasswordToolMissing;
    case Reason::kHostKeys:
      return Cause::kHostKeyToolMissing;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::unexpected<Error> fail_tool(Reason reason, Error&& error, std::string context) {
  if (error.reason() == Reason::kDiskFull || error.reason() == Reason::kReadOnly) {
    return fail(std::move(error), std::move(context));
  }
  const auto cause =
      error.reason() == Reason::kToolMissing ? cause_of_missing_tool(reason) : error.known_cause();
  Error failure(reason, error.to_string());
  if (!cause) return fail(std::move(failure), std::move(context));
  return fail(std::move(failure).with_cause(*cause), std::move(context));
}

Result<PrivateDirectory> make_staging(const Root& root) {
  const std::string context = "preparing files for a program";
  // /run is in memory, so that no private key gets to a disk.
  if (!root.live()) return OR_RETURN(PrivateDirectory::make({"/run", "/tmp"}), context);
  OR_RETURN(root.make_directory(kLiveStaging, {.mode = 0700}), context);
  return OR_RETURN(PrivateDirectory::make({std::string(kLiveStaging)}), context);
}

}  // namespace azl::provision
