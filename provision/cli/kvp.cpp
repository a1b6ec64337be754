#include "provision/cli/kvp.h"

#include <cstddef>
#include <string>

#include "base/ascii.h"
#include "base/error.h"
#include "base/root.h"
#include "imds/kvp_pool.h"
#include "provision/cli/kvp_listing.h"
#include "provision/cli/output.h"
#include "provision/gather/documents.h"

namespace azl::provision {
namespace {

/// More than six times what the host reads.
constexpr std::size_t kPoolLimit = std::size_t{16} << 20;

Result<std::string> read_pool_of_guest(const std::string& directory) {
  const auto root = OR_RETURN(Root::open(directory));
  const auto bytes = OR_RETURN(root.read_if_exists(imds::kKvpPool, kPoolLimit));
  if (bytes) return *bytes;
  return fail(Reason::kKvp, "there is no " + std::string(imds::kKvpPool));
}

int print(const imds::KvpPoolContent& pool, const std::string& file, const KvpOptions& options) {
  if (options.format == "json") return write_output(pool_to_json(pool, file));
  const auto style = decide_style(options.style, look_at_terminal());
  const auto text = describe_pool(pool, file);
  return write_text(style.text.ascii ? to_ascii(text) : text, style);
}

}  // namespace

int kvp_command(const KvpOptions& options) {
  const bool named = !options.file.empty();
  const auto bytes =
      named ? read_named_file(options.file, kPoolLimit) : read_pool_of_guest(options.root);
  if (!bytes && named) {
    (void)print_argument_error(bytes.error());
    return kExitUsage;
  }
  if (!bytes) return print_error(bytes.error());
  const auto pool = imds::examine_pool(*bytes);
  const int printed = print(pool, named ? options.file : std::string(imds::kKvpPool), options);
  if (printed != kExitDone) return printed;
  return pool.is_damaged() ? kExitDegraded : kExitDone;
}

}  // namespace azl::provision
