#include "provision/custom_data/run/store_step.h"

#include <string>
#include <string_view>
#include <utility>

#include <gnu/libc-version.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/text.h"
#include "disk/fstab.h"
#include "imds/identity.h"
#include "imds/instance.h"
#include "provision/accounts/password.h"
#include "provision/custom_data/run/os_release.h"
#include "provision/custom_data/run/stored.h"
#include "provision/plan/custom_data.h"
#include "provision/plan/user.h"
#include "provision/store/disk_wishes.h"
#include "provision/store/kept_custom_data.h"

namespace azl::provision::custom_data {
namespace {

/// Forgets what the custom data of an earlier VM asked of disks, removes its lines from /etc/fstab,
/// and the copies of it that were kept.
Result<void> forget_earlier(const Root& root) {
  (void)OR_RETURN(remove_kept_custom_data(root));
  OR_RETURN(remove_disk_wishes(root));
  const auto text = OR_RETURN(disk::read_fstab(root));
  const auto edit = disk::remove_custom_lines(text);
  if (edit.changed) OR_RETURN(disk::write_fstab(root, edit.text));
  return {};
}

}  // namespace

nlohmann::json make_variables(const Context& context, const Facts& facts,
                              const std::string& host_name) {
  InstanceFacts instance = {.instance_id = imds::instance_id(context.identity),
                            .host_name = host_name,
                            .seed = facts.ovf ? facts.ovf_source : "IMDS",
                            .os = read_os_release(context.root())};
  if (utsname kernel{}; ::uname(&kernel) == 0) {
    instance.kernel_release = kernel.release;
    instance.kernel_version = kernel.version;
    instance.machine = kernel.machine;
    instance.system_platform = describe_system_platform(instance.kernel_release, instance.machine,
                                                        ::gnu_get_libc_version());
  }
  if (const auto* imds = facts.instance()) {
    for (const auto& key : imds->public_keys) instance.public_ssh_keys.push_back(key.key_data);
    auto document = parse_json(imds->document, imds::kInstanceLimit, Reason::kImdsMalformed);
    if (document) instance.imds = std::move(*document);
  }
  return make_instance_variables(instance);
}

StepResult store_custom_data(const Context& context, const Facts& facts,
                             const std::string& host_name) {
  const auto given = find_custom_data(facts);
  if (given.bytes == nullptr) {
    OR_RETURN(erase_custom_data(context.root()), "erasing the custom data of an earlier VM");
    OR_RETURN(forget_earlier(context.root()), "forgetting an earlier VM's custom data");
    return skipped("neither the media nor IMDS gave any");
  }
  if (is_taken_apart(context.root(), context.identity.vm_id))
    return skipped(given.source + " was taken apart before, by a run that did not end");
  const auto user = find_user_name(facts).value;
  OR_RETURN(store_document(context.root(),
                           {.vm_id = context.identity.vm_id,
                            .source = given.source,
                            .azure_user = user,
                            .azure_password = password_usable(context.root(), user).value_or(false),
                            .bytes = given.bytes->clone(),
                            .variables = make_variables(context, facts, host_name).dump()}),
            "storing the custom data");
  OR_RETURN(forget_earlier(context.root()), "forgetting an earlier VM's custom data");
  return done(given.source + ", " + std::to_string(given.bytes->size()) +
              " bytes; it is carried out by azl-provision-custom-data-early.service and "
              "azl-provision-custom-data.service");
}

}  // namespace azl::provision::custom_data
