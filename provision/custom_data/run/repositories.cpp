#include "provision/custom_data/run/repositories.h"

#include <string_view>

#include "provision/custom_data/run/package_manager.h"

namespace azl::provision::custom_data {

Result<std::string> add_repository(const SystemRun& run, const AddRepository& item) {
  constexpr std::string_view kDirectory = "/etc/yum.repos.d";
  const Root& root = run.context.root();
  const auto path = std::string(kDirectory) + "/" + item.id + ".repo";
  if (root.exists(path)) return "kept " + path + ", which exists";
  const auto manager = find_package_manager(root);
  if (manager && manager->family == PackageFamily::kApt)
    return "did not write " + path + ", because the system has apt";
  OR_RETURN(root.make_directory(kDirectory));
  OR_RETURN(root.write(path, item.text.reveal()));
  return "wrote " + path;
}

}  // namespace azl::provision::custom_data
