#include "provision/apply/link_tuning.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/text.h"
#include "net/link.h"
#include "net/link_role.h"
#include "provision/config/config.h"

namespace azl::provision {
namespace {

constexpr const char* kTunedMark = "/run/azl-provision/tuned";  // the udev rule tests for it

}  // namespace

StepResult tune_links(const Context& context, Recorder& recorder) {
  const Root& root = context.root();
  if (!root.live()) return skipped("root tree");
  // Before the look: a link that comes meanwhile is tuned by this run, by udev, or by both.
  OR_RETURN(root.write(kTunedMark, "", {.mode = 0600, .durable = false}));
  const auto links = OR_RETURN(net::read_sysfs_links(root));
  const auto roles = net::roles(links, context.config.network.synthetic_drivers);
  std::vector<std::string> changes;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto& name = links[i].name;
    const auto tuned = net::tune_link(root, name, roles[i], context.config.network.tuning);
    for (const auto& error : tuned.refused)
      recorder.record_finding(Severity::kNote,
                              Error(error).with_context(name + " is not tuned as configured"));
    if (!tuned.changes.empty()) changes.push_back(name + ": " + join(tuned.changes, ", "));
  }
  if (std::ranges::all_of(roles, [](net::Role role) { return role == net::Role::kOther; }))
    return done("there is no NIC yet; udev tunes each one as it comes");
  return done_if(!changes.empty(),
                 changes.empty() ? "no link needs a change" : join(changes, "; "));
}

Result<net::Tuned> tune_late_link(const Root& root, int index) {
  const auto config = load_config(root);
  const auto links = OR_RETURN(net::read_sysfs_links(root));
  const auto link = std::ranges::find(links, index, &net::Link::index);
  if (link == links.end())
    return fail(Reason::kInvalidInput, "there is no link " + std::to_string(index));
  const auto roles = net::roles(links, config.network.synthetic_drivers);
  return net::tune_link(root, link->name, roles[static_cast<std::size_t>(link - links.begin())],
                        config.network.tuning);
}

}  // namespace azl::provision
