#include "provision/cli/config.h"

#include <cstdio>
#include <sstream>
#include <string>

#include "base/ascii.h"
#include "base/root.h"
#include "provision/cli/output.h"
#include "provision/config/config.h"
#include "provision/config/listing.h"
#include "provision/record/words.h"

namespace azl::provision {
namespace {

/// Prints a configuration: sections bold and comments dim. Values change for a terminal only, so
/// that what is written to a file stays a valid configuration.
int print_listing(const Config& config, const OutputStyle& style) {
  const bool escaped = style.on_terminal && style.text.ascii;
  std::istringstream listing(list_config(config));
  std::string text;
  for (std::string line; std::getline(listing, line);) {
    const std::string code = line.starts_with('[') ? "1" : line.starts_with('#') ? "2" : "";
    if (escaped) line = to_ascii(line);
    const bool coloured = style.text.colour && !code.empty();
    text += coloured ? "\x1b[" + code + "m" + line + "\x1b[0m\n" : line + "\n";
  }
  return write_text(text, style);
}

}  // namespace

int config_command(const ConfigOptions& options) {
  const auto style = decide_style(options.style, look_at_terminal());
  if (options.defaults) return print_listing({}, style);
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto config = load_config(*root);
  const int written = options.check ? kExitDone : print_listing(config, style);
  for (const auto& warning : config.warnings) std::fprintf(stderr, "%s\n", warning.text.c_str());
  for (const auto& error : config.unread) std::fprintf(stderr, "%s\n", error.to_string().c_str());
  const bool usable = config.warnings.empty() && config.unread.empty();
  return usable ? written : kExitFailed;
}

}  // namespace azl::provision
