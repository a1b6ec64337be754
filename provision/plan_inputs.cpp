#include "provision/plan_inputs.h"

#include <filesystem>

#include <unistd.h>

#include "disk/media.h"
#include "imds/client.h"
#include "net/rtnetlink.h"
#include "provision/config.h"
#include "provision/facts.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMediaWait = 10s;
constexpr Duration kImdsWait = 10s;  // at boot it is minutes; a person waits here

void take_media(Result<disk::Media> media, Facts& facts) {
  auto ovf =
      media ? imds::parse_ovf(media->ovf) : Result<imds::Ovf>(std::unexpected(media.error()));
  if (ovf) {
    facts.ovf = std::move(*ovf);
    facts.ovf_source = media->where;
  } else {
    facts.ovf_error = std::move(ovf.error());
  }
}

Result<void> take_imds_file(const std::string& path, Facts& facts) {
  auto live = Root::open("/");
  if (!live) return std::unexpected(std::move(live.error()));
  auto text = live->read(std::filesystem::absolute(path).string(), imds::kInstanceLimit);
  if (!text) return fail(std::move(text.error()), "reading " + path);
  auto instance = imds::parse_instance(*text);
  if (!instance) {
    facts.imds_error = std::move(instance.error()).with_context("reading " + path);
    return {};
  }
  // A document from elsewhere speaks of its own VM, not of the machine on which it is read.
  if (!instance->vm_id.empty()) facts.identity.vm_id = instance->vm_id;
  facts.imds = imds::ImdsAnswer{.instance = std::move(*instance), .api_version = "file"};
  return {};
}

Result<void> gather_files(const PlanInputs& inputs, Clock& clock, Facts& facts) {
  if (!inputs.imds_file.empty()) {
    if (auto taken = take_imds_file(inputs.imds_file, facts); !taken) return taken;
  }
  if (!inputs.ovf_file.empty()) {
    auto media = disk::read_media(inputs.ovf_file, imds::kOvfLimit, Deadline(clock, kMediaWait));
    if (!media) return std::unexpected(std::move(media.error()));
    take_media(std::move(media), facts);
  }
  return {};
}

void gather_live(const Root& root, const PlanInputs& inputs, Clock& clock, imds::HttpClient& http,
                 Facts& facts) {
  auto media = disk::find_media(root, imds::kOvfLimit, Deadline(clock, kMediaWait));
  if (!media) {
    facts.ovf_error = std::move(media.error());
  } else if (*media) {
    take_media(std::move(**media), facts);
  }
  imds::AttemptLog log;
  const auto url = inputs.imds_url.empty() ? std::string(imds::kImdsUrl) : inputs.imds_url;
  auto answer = imds::fetch_instance(http, url, clock, Deadline(clock, kImdsWait), log);
  if (answer) {
    facts.imds = std::move(*answer);
  } else {
    facts.imds_error = std::move(answer.error());
  }
  if (auto state = net::read_network_state(root)) facts.network = std::move(*state);
  if (auto primary = net::find_primary(facts.network)) facts.primary = std::move(*primary);
  const auto records = find_other_records(root, facts.identity.vm_id);
  facts.provisioned_by = records.of_this_vm;
  facts.earlier_record = records.of_another_vm;
}

}  // namespace

Result<Plan> plan_from(const PlanInputs& inputs, Clock& clock, imds::HttpClient& http) {
  auto root = Root::open(inputs.root);
  if (!root) return std::unexpected(std::move(root.error()));
  Facts facts;
  facts.identity = imds::identify(imds::read_identity_facts(*root));
  if (!inputs.imds_file.empty() || !inputs.ovf_file.empty()) {
    if (auto gathered = gather_files(inputs, clock, facts); !gathered)
      return std::unexpected(std::move(gathered.error()));
  } else {
    if (facts.identity.platform == imds::Platform::kAzure && facts.identity.vm_id.empty() &&
        ::geteuid() != 0)
      return fail(Reason::kUsage,
                  "only root can read this VM's id and media; run it by sudo, or give files by "
                  "--imds and --ovf");
    gather_live(*root, inputs, clock, http, facts);
    auto state = load_state(*root);
    if (!state) return std::unexpected(std::move(state.error()));
    facts.state = std::move(*state);
  }
  const auto config = load_config(*root);
  if (auto gathered = gather_tree(*root, config, facts); !gathered)
    return std::unexpected(std::move(gathered.error()));
  return make_plan(facts, config);
}

}  // namespace azl::provision
