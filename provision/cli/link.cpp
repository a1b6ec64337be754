#include "provision/cli/link.h"

#include <cstdio>

#include "base/text.h"
#include "net/link_role.h"
#include "provision/apply/link_tuning.h"
#include "provision/cli/output.h"
#include "provision/config/config.h"

namespace azl::provision {

int link_role_command(const std::string& name) {
  const auto root = Root::open("/");
  if (!root) return print_error(root.error());
  const auto role = net::read_role(*root, name, load_config(*root).network.synthetic_drivers);
  if (!role) return print_error(role.error());
  std::printf("AZL_LINK_ROLE=%s\n", std::string(net::to_string(*role)).c_str());
  return kExitDone;
}

int tune_link_command(int index) {
  const auto root = Root::open("/");
  if (!root) return print_error(root.error());
  const auto tuned = tune_late_link(*root, index);
  if (!tuned) return print_error(tuned.error());
  if (!tuned->changes.empty())
    std::printf("link %d: %s\n", index, join(tuned->changes, ", ").c_str());
  for (const auto& error : tuned->refused) print_error(error);
  return tuned->refused.empty() ? kExitDone : kExitFailed;
}

}  // namespace azl::provision
