#include "provision/cli/config.h"

#include <cstdio>
#include <string>

#include "base/root.h"
#include "provision/cli/output.h"
#include "provision/config/config.h"
#include "provision/config/listing.h"
#include "provision/record/words.h"

namespace azl::provision {

int config_command(const ConfigOptions& options) {
  if (options.defaults) return write_output(list_config({}));
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto config = load_config(*root);
  const int written = options.check ? kExitDone : write_output(list_config(config));
  for (const auto& warning : config.warnings) std::fprintf(stderr, "%s\n", warning.text.c_str());
  for (const auto& error : config.unread) std::fprintf(stderr, "%s\n", error.to_string().c_str());
  const bool usable = config.warnings.empty() && config.unread.empty();
  return usable ? written : kExitFailed;
}

}  // namespace azl::provision
