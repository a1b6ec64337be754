#include "provision/accounts/tool.h"

#include <string_view>
#include <utility>

namespace azl::provision {

namespace {

constexpr std::string_view kLiveStaging = "/run/azl-provision";

}  // namespace

std::unexpected<Error> fail_tool(Reason reason, Error&& error, std::string context) {
  if (error.reason() == Reason::kDiskFull || error.reason() == Reason::kReadOnly) {
    return fail(std::move(error), std::move(context));
  }
  return fail(Error(reason, error.to_string()), std::move(context));
}

Result<PrivateDirectory> make_staging(const Root& root) {
  const std::string context = "preparing files for a program";
  // /run is in memory, so that no private key gets to a disk.
  if (!root.live()) return OR_RETURN(PrivateDirectory::make({"/run", "/tmp"}), context);
  OR_RETURN(root.make_directory(kLiveStaging, {.mode = 0700}), context);
  return OR_RETURN(PrivateDirectory::make({std::string(kLiveStaging)}), context);
}

}  // namespace azl::provision
