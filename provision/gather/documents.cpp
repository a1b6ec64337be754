#include "provision/gather/documents.h"

#include <filesystem>

#include <unistd.h>

#include "disk/provisioning_media.h"
#include "imds/instance_client.h"
#include "net/rtnetlink.h"
#include "provision/config/config.h"
#include "provision/disks/look.h"
#include "provision/gather/disks_document.h"
#include "provision/gather/facts.h"
#include "provision/gather/links_document.h"
#include "provision/plan/network.h"

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

/// A file that was named on the command line, wherever it is.
Result<std::string> read_named_file(const std::string& path, std::size_t limit) {
  auto live = Root::open("/");
  if (!live) return std::unexpected(std::move(live.error()));
  auto text = live->read(std::filesystem::absolute(path).string(), limit);
  if (!text) return fail(std::move(text.error()), "reading " + path);
  return text;
}

Result<void> take_imds_file(const std::string& path, Facts& facts) {
  auto text = read_named_file(path, imds::kInstanceLimit);
  if (!text) return std::unexpected(std::move(text.error()));
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
  const auto records = find_other_records(root, facts.identity.vm_id);
  facts.provisioned_by = records.of_this_vm;
  facts.earlier_record = records.of_another_vm;
}

void gather_links(const Root& root, const Config& config, Facts& facts) {
  if (auto state = net::read_network_state(root, config.network.synthetic_drivers))
    facts.network = std::move(*state);
  if (auto primary = net::find_primary(facts.network)) facts.primary = std::move(*primary);
}

}  // namespace

Result<void> take_links_file(const std::string& path, Facts& facts) {
  auto text = read_named_file(path, kLinksLimit);
  if (!text) return std::unexpected(std::move(text.error()));
  auto file = parse_links(*text);
  if (!file) return fail(std::move(file.error()), "reading " + path);
  facts.network = {};
  facts.network.links = std::move(file->links);
  facts.primary = std::move(file->primary);
  return {};
}

Result<std::string> dump_links(const std::string& directory) {
  auto root = Root::open(directory);
  if (!root) return std::unexpected(std::move(root.error()));
  LinksFile file;
  if (root->live()) {
    auto state = net::read_network_state(*root, load_config(*root).network.synthetic_drivers);
    if (!state) return std::unexpected(std::move(state.error()));
    file.primary = net::find_primary(*state);
    file.links = std::move(state->links);
  } else {
    auto links = net::read_sysfs_links(*root);
    if (!links) return std::unexpected(std::move(links.error()));
    file.links = std::move(*links);
  }
  return to_json(file);
}

namespace {

Result<Facts> gather_facts(const Root& root, const Config& config, const PlanInputs& inputs,
                           Clock& clock, imds::HttpClient& http) {
  Facts facts;
  facts.identity = imds::identify(imds::read_identity_facts(root));
  if (!inputs.imds_file.empty() || !inputs.ovf_file.empty()) {
    if (auto gathered = gather_files(inputs, clock, facts); !gathered)
      return std::unexpected(std::move(gathered.error()));
  } else {
    if (facts.identity.platform == imds::Platform::kAzure && facts.identity.vm_id.empty() &&
        ::geteuid() != 0)
      return fail(Reason::kUsage,
                  "only root can read this VM's id and media; run it by sudo, or give files by "
                  "--imds and --ovf");
    gather_live(root, inputs, clock, http, facts);
    if (inputs.links_file.empty()) gather_links(root, config, facts);
    auto state = load_state(root);
    if (!state) return std::unexpected(std::move(state.error()));
    facts.state = std::move(*state);
    auto known = load_known_network(root, facts.identity.vm_id);
    if (!known) return std::unexpected(std::move(known.error()));
    facts.known_network = std::move(*known);
  }
  if (!inputs.links_file.empty()) {
    if (auto taken = take_links_file(inputs.links_file, facts); !taken)
      return std::unexpected(std::move(taken.error()));
  }
  return facts;
}

/// What the disks' part of the Plan rests on: the file, or the running machine's disks where no
/// source is a file.
Result<DisksLook> look_from(const PlanInputs& inputs, const Machine& machine,
                            const Config& config) {
  const bool elsewhere =
      !inputs.imds_file.empty() || !inputs.ovf_file.empty() || !inputs.links_file.empty();
  if (inputs.disks_file.empty()) return elsewhere ? DisksLook{} : look_at_disks(machine, config);
  auto text = read_named_file(inputs.disks_file, kDisksLimit);
  if (!text) return std::unexpected(std::move(text.error()));
  auto facts = parse_disks(*text);
  if (!facts) return fail(std::move(facts.error()), "reading " + inputs.disks_file);
  DisksLook look{.facts = std::move(*facts)};
  look.actions = disk::plan_disks(look.facts, config.disk);
  return look;
}

}  // namespace

Result<Plan> plan_from(const PlanInputs& inputs, Clock& clock, Processes& processes,
                       imds::HttpClient& http) {
  const auto root = Root::open(inputs.root);
  if (!root) return std::unexpected(root.error());
  const auto config = load_config(*root);
  auto facts = gather_facts(*root, config, inputs, clock, http);
  if (!facts) return std::unexpected(std::move(facts.error()));
  if (auto gathered = gather_tree(*root, config, *facts); !gathered)
    return std::unexpected(std::move(gathered.error()));
  // With links from elsewhere, whether this machine has networkd says nothing.
  if (!inputs.links_file.empty()) facts->has_networkd = true;
  auto plan = make_plan(*facts, config);
  auto look = look_from(inputs, {*root, clock, processes, http}, config);
  if (!look) return std::unexpected(std::move(look.error()));
  plan.disks = std::move(look->actions);
  for (auto& error : look->unread) plan.add_finding(Severity::kDegraded, std::move(error));
  return plan;
}

Result<std::string> dump_disks(const PlanInputs& inputs, Clock& clock, Processes& processes,
                               imds::HttpClient& http) {
  const auto root = Root::open(inputs.root);
  if (!root) return std::unexpected(root.error());
  if (!root->live())
    return fail(Reason::kUsage, "a tree has no disks of its own: leave out --root");
  auto look = look_at_disks({*root, clock, processes, http}, load_config(*root));
  if (!look.unread.empty()) return std::unexpected(std::move(look.unread.front()));
  return to_json(look.facts);
}

Result<Plan> network_plan_from(const PlanInputs& inputs, Clock& clock, imds::HttpClient& http) {
  const auto root = Root::open(inputs.root);
  if (!root) return std::unexpected(root.error());
  const auto config = load_config(*root);
  auto facts = gather_facts(*root, config, inputs, clock, http);
  if (!facts) return std::unexpected(std::move(facts.error()));
  facts->has_networkd = !inputs.links_file.empty() || has_networkd(*root);
  Plan plan;
  decide_network(*facts, config, plan);
  return plan;
}

}  // namespace azl::provision
