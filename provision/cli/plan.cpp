#include "provision/cli/plan.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/text.h"
#include "imds/identity.h"
#include "net/link.h"
#include "net/primary.h"
#include "net/rtnetlink.h"
#include "provision/cli/output.h"
#include "provision/config/config.h"
#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/run/remark_finding.h"
#include "provision/custom_data/run/store_step.h"
#include "provision/disks/look.h"
#include "provision/engine/custom_data_disks.h"
#include "provision/gather/disks.h"
#include "provision/gather/disks_document.h"
#include "provision/gather/documents.h"
#include "provision/gather/imds.h"
#include "provision/gather/links.h"
#include "provision/gather/links_document.h"
#include "provision/gather/media.h"
#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"
#include "provision/plan/ageing.h"
#include "provision/plan/custom_data.h"
#include "provision/plan/network.h"
#include "provision/plan/plan.h"
#include "provision/plan/plan_json.h"
#include "provision/record/record.h"
#include "provision/store/pool_marker.h"
#include "provision/tell/debug_log.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMediaTime = 10s;
constexpr Duration kImdsTime = 10s;  // a boot waits for minutes; here a person waits

Config config_of(const Root& root, const PlanOptions& options) {
  auto config = load_config(root);
  if (!options.imds_url.empty()) config.platform.imds_url = options.imds_url;
  config.imds.timeout = std::min(config.imds.timeout, kImdsTime);
  return config;
}

/// Takes the sources from the files that were given.
Result<void> gather_from_files(const PlanOptions& options, Clock& clock, Facts& facts) {
  if (!options.imds_file.empty()) OR_RETURN(read_imds_document(options.imds_file, facts));
  if (!options.ovf_file.empty())
    OR_RETURN(read_ovf_document(options.ovf_file, Deadline(clock, kMediaTime), facts));
  return {};
}

/// Asks the sources that a boot asks, without waiting for devices or a lease.
Result<void> gather_from_machine(const Context& context, bool has_links_file, Facts& facts) {
  StageRecord unused;
  Recorder recorder(unused);
  ProvisioningMedia media;
  if (auto read = read_ovf(context, facts, media); !read) facts.ovf_error = std::move(read.error());
  (void)ask_imds(context, facts, recorder);  // the facts have its error
  auto records = find_other_records(context.root(), facts.identity.vm_id);
  facts.provisioned_by = std::move(records.of_this_vm);
  facts.earlier_record = std::move(records.of_another_vm);
  if (!has_links_file) {
    (void)read_links(context, facts, recorder);  // without links the plan has no network
    if (!facts.primary) facts.primary = net::find_primary(facts.network);
  }
  facts.state = OR_RETURN(load_state(context.root()));
  facts.pool_marker = OR_RETURN(load_pool_marker(context.root()));
  facts.known_network = OR_RETURN(load_known_network(context.root(), facts.identity.vm_id));
  return {};
}

Result<Facts> gather_facts(const Context& context, const PlanOptions& options) {
  Facts facts;
  facts.identity = context.identity;
  if (options.has_source_file()) {
    OR_RETURN(gather_from_files(options, context.machine.clock, facts));
  } else {
    if (facts.identity.platform == imds::Platform::kAzure && facts.identity.vm_id.empty() &&
        ::geteuid() != 0)
      return fail(Reason::kUsage,
                  "only root can read this VM's id and media; run it with sudo, or give files by "
                  "--imds and --ovf");
    OR_RETURN(gather_from_machine(context, !options.links_file.empty(), facts));
  }
  if (!options.links_file.empty()) OR_RETURN(read_links_document(options.links_file, facts));
  return facts;
}

/// The disks of this machine, with what custom data asks for if it is known.
DisksRun plan_disks_of_machine(const Context& context, const State& state) {
  auto config = context.config;
  const auto main = find_main_stage(state, context.identity.vm_id);
  const auto custom = read_disks_of_custom_data(context.root(), main, context.identity.vm_id);
  if (main.provisioned) config.disk = add_custom_data(config.disk, custom);
  return look_at_disks(context.machine, config, DiskReading::kTouchNothing);
}

/// The disks of the given file, or of the machine if no other file is given.
Result<DisksRun> plan_disks_from(const Context& context, const PlanOptions& options,
                                 const State& state) {
  const bool elsewhere = options.has_source_file() || !options.links_file.empty();
  if (options.disks_file.empty())
    return elsewhere ? DisksRun{} : plan_disks_of_machine(context, state);
  const auto text = OR_RETURN(read_named_file(options.disks_file, kDisksLimit));
  DisksRun run{.facts = OR_RETURN(parse_disks(text), "reading " + options.disks_file)};
  run.actions = disk::plan_disks(run.facts, context.config.disk);
  return run;
}

/// What the stages of custom data will do, and what is wrong with the document.
void plan_custom_data(const Context& context, const Facts& facts, Plan& plan) {
  const auto given = find_custom_data(facts);
  if (given.bytes == nullptr || !plan.custom_data.yes) return;
  const auto variables = custom_data::make_variables(
      context, facts, plan.hostname ? plan.hostname->value : std::string());
  const auto planned = custom_data::make_custom_data_plan(given.bytes->reveal(), variables);
  for (const auto& item : planned.items)
    plan.custom_data_items.push_back({.id = item.id,
                                      .phase = std::string(to_string(item.phase)),
                                      .repeat = std::string(to_string(item.repeat)),
                                      .what = item.what});
  for (const auto& remark : planned.remarks)
    plan.findings.push_back(custom_data::make_finding(remark));
}

/// A VM that waits in a pool has the pool's settings, which are never applied.
Plan choose_plan(const Context& context, const Facts& facts) {
  const bool settled = decide_course_by_records(facts).has_value();
  const auto pool = settled ? PoolPlan{} : decide_pool(facts, boot_id_of(context.root()));
  return pool.waits() ? pool_plan(facts, context.config, pool) : make_plan(facts, context.config);
}

Result<Plan> make_whole_plan(const Context& context, const PlanOptions& options) {
  auto facts = OR_RETURN(gather_facts(context, options));
  facts.today = days_of(context.machine.clock.wall());
  OR_RETURN(gather_tree(context.root(), context.config, facts));
  // Links from elsewhere are not this machine's, so it does not matter whether networkd is enabled
  // here.
  if (!options.links_file.empty()) facts.has_networkd = true;
  auto plan = choose_plan(context, facts);
  log_decision(facts, context.config, plan);
  plan_custom_data(context, facts, plan);
  auto disks = OR_RETURN(plan_disks_from(context, options, facts.state));
  plan.disks = std::move(disks.actions);
  for (auto& error : disks.read_errors) plan.add_finding(Severity::kDegraded, std::move(error));
  return plan;
}

/// The network's part of the plan, which a VM that is refused has too.
Result<Plan> make_network_plan(const Context& context, const PlanOptions& options) {
  auto facts = OR_RETURN(gather_facts(context, options));
  facts.has_networkd = !options.links_file.empty() || has_networkd(context.root());
  Plan plan;
  decide_network(facts, context.config, plan);
  return plan;
}

/// Opens the tree and hands `make` a context for it.
template <class Make>
auto with_context(const PlanOptions& options, Make make)
    -> decltype(make(std::declval<const Context&>(), options)) {
  const auto root = OR_RETURN(Root::open(options.root));
  // Only if a person asks for it: the kernel's command line means the boot, and a plan writes no
  // file.
  const auto log =
      options.log_level ? OR_RETURN(start_debug_log(root, {.asked = options.log_level})) : nullptr;
  const auto config = config_of(root, options);
  const auto identity = imds::identify(imds::read_identity_facts(root));
  SystemMachine machine;
  return make(Context{.machine = machine.at(root),
                      .stage = Stage::kMain,
                      .config = config,
                      .identity = identity},
              options);
}

Result<std::string> dump_links(const Root& root) {
  LinksFile file;
  if (root.live()) {
    auto state =
        OR_RETURN(net::read_network_state(root, load_config(root).network.synthetic_drivers));
    file.primary = net::find_primary(state);
    file.links = std::move(state.links);
  } else {
    file.links = OR_RETURN(net::read_sysfs_links(root));
  }
  return to_json(file);
}

Result<std::string> dump_disks(const Context& context, const PlanOptions& /*options*/) {
  // A tree's /dev may be this machine's.
  if (!context.root().live())
    return fail(Reason::kUsage, "a tree has no disks of its own: leave out --root");
  auto gathered = gather_disks(context.machine, context.config, DiskReading::kTouchNothing);
  if (!gathered.errors.empty()) return std::unexpected(std::move(gathered.errors.front()));
  return to_json(gathered.facts);
}

/// Prints the error. If the plan was made from files, gives advice about the command line.
int print_plan_error(const Error& error, const PlanOptions& options) {
  const bool from_files =
      options.has_source_file() || !options.links_file.empty() || !options.disks_file.empty();
  return from_files ? print_argument_error(error) : print_error(error);
}

/// Prints a JSON document, or the error.
int print(const Result<std::string>& json) {
  return json ? write_output(*json) : print_error(json.error());
}

}  // namespace

Result<std::string> describe_plan(const PlanOptions& options) {
  return printable_json(to_json(OR_RETURN(with_context(options, make_whole_plan))));
}

Result<std::string> describe_links(const PlanOptions& options) {
  const auto root = OR_RETURN(Root::open(options.root));
  return printable_json(OR_RETURN(dump_links(root)));
}

Result<std::string> describe_disks(const PlanOptions& options) {
  return printable_json(OR_RETURN(with_context(options, dump_disks)));
}

int plan_command(const PlanOptions& options) {
  const auto plan = with_context(options, make_whole_plan);
  if (!plan) return print_plan_error(plan.error(), options);
  const auto style = decide_style(options.style, look_at_terminal());
  const int written = write_text(printable_json(to_json(*plan)), style);
  if (written != kExitDone) return written;
  return plan->fatal() != nullptr ? kExitFailed : kExitDone;
}

int dump_links_command(const PlanOptions& options) { return print(describe_links(options)); }

int dump_disks_command(const PlanOptions& options) { return print(describe_disks(options)); }

int render_network_command(const PlanOptions& options) {
  const auto plan = with_context(options, make_network_plan);
  if (!plan) return print_plan_error(plan.error(), options);
  for (const auto& [severity, error] : plan->findings) {
    if (error.reason() == Reason::kNetwork)
      std::fprintf(stderr, "azl-provision: %s\n", printable_line(error.to_string()).c_str());
  }
  if (options.output.empty()) {
    std::string text;
    for (const auto& file : plan->network.files)
      text += "# " + file.path + ": " + file.why + "\n" + file.content + "\n";
    return write_text(text, decide_style(options.style, look_at_terminal()));
  }
  for (const auto& file : plan->network.files) {
    const auto path = options.output + "/" + file.path.substr(file.path.rfind('/') + 1);
    if (const int status = write_output(file.content, path); status != kExitDone) return status;
    std::printf("%s: %s\n", path.c_str(), file.why.c_str());
  }
  return kExitDone;
}

}  // namespace azl::provision
