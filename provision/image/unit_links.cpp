#include "provision/image/unit_links.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

const std::string kUnits = "/etc/systemd/system";

/// Makes a link in a directory, which it makes too. Leaves what has this name already.
Result<void> make_link(const Root& root, const std::string& directory, const std::string& name,
                       const std::string& target) {
  OR_RETURN(root.make_directory(directory));
  const auto opened = OR_RETURN(root.open_file(directory, O_RDONLY | O_DIRECTORY));
  if (::symlinkat(target.c_str(), opened.get(), name.c_str()) != 0) {
    if (errno == EEXIST && root.link_target(directory + "/" + name)) return {};
    return fail_errno(errno, "making the link " + directory + "/" + name);
  }
  return root.relabel(directory);
}

}  // namespace

std::vector<std::string> find_enabling_links(const Root& root, const std::string& unit) {
  std::vector<std::string> links;
  for (const auto& name : root.list(kUnits).value_or(std::vector<std::string>())) {
    if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
    auto path = kUnits + "/" + name + "/" + unit;
    if (root.link_target(path)) links.push_back(std::move(path));
  }
  return links;
}

Result<void> make_enabling_link(const Root& root, const std::string& unit) {
  const auto file = find_unit_file(root, unit);
  if (file.empty()) return fail(Reason::kInvalidInput, "there is no such unit");
  return make_link(root, kUnits + "/multi-user.target.wants", unit, file);
}

Result<void> remove_enabling_links(const Root& root, const std::string& unit) {
  for (const auto& link : find_enabling_links(root, unit)) OR_RETURN(root.remove(link));
  return {};
}

Result<void> make_mask(const Root& root, const std::string& unit) {
  return make_link(root, kUnits, unit, "/dev/null");
}

}  // namespace azl::provision
