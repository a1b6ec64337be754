// The command line.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "net/rtnetlink.h"
#include "provision/apply/network_files.h"
#include "provision/config/values.h"
#include "provision/engine/stage_run.h"
#include "provision/gather/documents.h"
#include "provision/record/advice.h"
#include "provision/report/report.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr const char* kExamples = R"(Examples:
  azl-provision --report                 what happened on this boot
  azl-provision --report --boot=-1       and on the one before
  azl-provision status --wait            wait until this VM is provisioned
  azl-provision plan                     what would be done here, as JSON; nothing is touched
  azl-provision plan --imds instance.json --ovf ovf-env.xml
  azl-provision run --root /mnt/image --media ovf-env.xml \
      --imds-url http://127.0.0.1:8080   provision a tree instead of this machine

Exit status of run and status: 0 done, 1 failed, 2 done with warnings,
3 not run here, 4 in progress. See azl-provision(8).)";

constexpr Duration kStatusPause = 200ms;

int complain(const Error& error) {
  std::fprintf(stderr, "azl-provision: %s\n", error.to_string().c_str());
  std::fprintf(stderr, "  %s.\n", std::string(advice_for(error.reason()).text).c_str());
  return kExitFailed;
}

/// A line per finished step, and for people at a terminal what is being waited for.
class TerminalProgress final : public Progress {
 public:
  void begin(const StepRecord& step) override {
    if (terminal_)
      std::fprintf(stderr, "\r\033[K           %s: %s ...", step.name.c_str(), step.what.c_str());
  }
  void end(const StepRecord& step) override {
    if (quiet_) return;
    std::fprintf(stderr, "%s%8.1f ms  %-12s %s: %s\n", terminal_ ? "\r\033[K" : "",
                 static_cast<double>(step.took_us) / 1000.0, step.name.c_str(),
                 step.outcome.c_str(), step.why.c_str());
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool quiet_ = std::getenv("JOURNAL_STREAM") !=
                nullptr;  // systemd's: the journal has it already, with fields
};

/// Loads libcurl when a request is really made: a later boot makes none.
struct SystemMachine {
  SystemClock clock;
  SystemProcesses processes;
  std::unique_ptr<imds::HttpClient> http = imds::make_curl_client();
};

struct ReportOptions {
  std::string root = "/";
  std::string format = "text";
  std::string boot = "0";
  std::string output;
  bool list = false;
  bool no_color = false;
  int width = 0;
};

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int put(const std::string& text, const std::string& path) {
  if (path.empty())
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                   std::fflush(stdout) == 0
               ? 0
               : kExitFailed;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  std::size_t done = 0;
  while (file && done < text.size()) {
    const auto wrote = ::write(file.get(), text.data() + done, text.size() - done);
    if (wrote < 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  return done == text.size() ? 0 : complain(fail_errno(errno, "writing " + path).error());
}

int do_report(const ReportOptions& options) {
  auto root = Root::open(options.root);
  if (!root) return complain(root.error());
  const auto inputs = gather_report(*root);
  if (options.list) return put(report_list(inputs), options.output);
  const auto choice = choose_boot(inputs, options.boot);
  if (!choice) return complain(choice.error());
  if (options.format == "json") return put(report_json(inputs, *choice), options.output);
  const bool terminal = options.output.empty() && ::isatty(STDOUT_FILENO) != 0;
  const bool colour = terminal && !options.no_color && std::getenv("NO_COLOR") == nullptr;
  const int width = options.width > 0 ? options.width : terminal ? terminal_width() : 80;
  return put(report_text(inputs, *choice, {.width = width, .colour = colour}), options.output);
}

struct StatusOptions {
  std::string root = "/";
  bool wait = false;
  bool guest_agent = false;
  std::string timeout = "5min";
};

int do_status(const StatusOptions& options) {
  auto root = Root::open(options.root);
  if (!root) return complain(root.error());
  const auto limit = parse_time_span(options.timeout);
  if (!limit)
    return complain(Error(Reason::kUsage, "--timeout=" + printable(options.timeout) +
                                              " is not a time span such as 90s or 5min"));
  if (options.guest_agent) return guest_agent_may_start(gather_report(*root)) ? 0 : 1;
  SystemClock clock;
  const Deadline deadline(clock, *limit);
  auto status = status_of(gather_report(*root));
  while (options.wait && status.exit_status == kExitInProgress && !deadline.passed()) {
    clock.sleep(kStatusPause);
    status = status_of(gather_report(*root));
  }
  std::printf("%s\n", status.sentence.c_str());
  return status.exit_status;
}

int do_plan(const PlanInputs& inputs) {
  SystemMachine machine;
  const auto plan = plan_from(inputs, machine.clock, machine.processes, *machine.http);
  if (!plan) return complain(plan.error());
  if (const int status = put(to_json(*plan), {}); status != 0) return status;
  return plan->fatal() != nullptr ? kExitFailed : kExitDone;
}

int do_dump_links(const std::string& root) {
  const auto text = dump_links(root);
  return text ? put(*text, {}) : complain(text.error());
}

int do_dump_disks(const PlanInputs& inputs) {
  SystemMachine machine;
  const auto text = dump_disks(inputs, machine.clock, machine.processes, *machine.http);
  return text ? put(*text, {}) : complain(text.error());
}

/// The .network files that the plan means, to a directory or one after the other to stdout.
int do_render_network(const PlanInputs& inputs, const std::string& output) {
  SystemMachine machine;
  const auto plan = network_plan_from(inputs, machine.clock, *machine.http);
  if (!plan) return complain(plan.error());
  for (const auto& [severity, error] : plan->findings) {
    if (error.reason() == Reason::kNetwork)
      std::fprintf(stderr, "azl-provision: %s\n", error.to_string().c_str());
  }
  for (const auto& file : plan->network.files) {
    const auto name = file.path.substr(file.path.rfind('/') + 1);
    const auto where = output.empty() ? std::string() : output + "/" + name;
    const auto before = output.empty() ? "# " + file.path + ": " + file.why + "\n" : std::string();
    const auto after = output.empty() ? "\n" : "";
    if (const int status = put(before + file.content + after, where); status != 0) return status;
    if (!output.empty()) std::printf("%s: %s\n", where.c_str(), file.why.c_str());
  }
  return kExitDone;
}

int do_run(const RunOptions& options) {
  // Set for ExecStopPost=; a person who closes a machine by hand means it.
  const char* result = std::getenv("SERVICE_RESULT");
  const char* status = std::getenv("EXIT_STATUS");
  const bool closing = options.stages == std::vector{Stage::kClose};
  if (closing && result != nullptr && ended_by_itself(result, status == nullptr ? "" : status))
    return kExitDone;
  SystemMachine machine;
  TerminalProgress progress;
  return run(options, machine.clock, machine.processes, *machine.http, progress);
}

/// For the udev rule: what kind of link this is, as properties.
int do_link_role(const std::string& name) {
  auto root = Root::open("/");
  if (!root) return complain(root.error());
  const auto role = net::role_of(*root, name, load_config(*root).network.synthetic_drivers);
  if (!role) return complain(role.error());
  std::printf("AZL_LINK_ROLE=%s\n", std::string(net::to_string(*role)).c_str());
  return 0;
}

/// For the udev rule: a link that came after the local stage.
int do_tune_link(int index) {
  auto root = Root::open("/");
  if (!root) return complain(root.error());
  const auto tuned = tune_late_link(*root, index);
  if (!tuned) return complain(tuned.error());
  // udev takes what is printed into the journal.
  if (!tuned->changes.empty())
    std::printf("link %d: %s\n", index, join(tuned->changes, ", ").c_str());
  for (const auto& error : tuned->refused) complain(error);
  return tuned->refused.empty() ? kExitDone : kExitFailed;
}

void add_report_options(CLI::App& app, ReportOptions& options) {
  app.add_option("--root", options.root, "The tree to look at")->type_name("DIR");
  app.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  app.add_option("--boot", options.boot, "0: this boot, -1: the one before, or an id of --list")
      ->type_name("BOOT");
  app.add_option("-o,--output", options.output, "Write to FILE")->type_name("FILE");
  app.add_option("--width", options.width, "Columns, 40 to 200")
      ->check(CLI::Range(40, 200))
      ->type_name("N");
  app.add_flag("--list", options.list, "List the boots that have records");
  app.add_flag("--no-color", options.no_color, "No colours (also: NO_COLOR in the environment)");
}

void add_run_options(CLI::App& app, RunOptions& options, std::string& stage) {
  auto* stage_option =
      app.add_option("--stage", stage,
                     "local, main, report, close, link or disks; without it local, main, report, "
                     "disks")
          ->check(CLI::IsMember({"local", "main", "report", "close", "link", "disks"}))
          ->type_name("STAGE");
  app.add_option("--disk", options.late_disk,
                 "With --stage=disks: set up this one, which came late, and leave the others")
      ->needs(stage_option)
      ->check([](const std::string& name) {
        return name.empty() || name.find('/') != std::string::npos
                   ? std::string("a disk is named as in /sys/block: sdd")
                   : std::string();
      })
      ->type_name("NAME");
  app.add_option("--root", options.root, "Provision this tree; the running system is not changed")
      ->type_name("DIR");
  app.add_option("--media", options.media, "ovf-env.xml, a directory that holds it, or an image")
      ->type_name("PATH");
  app.add_option("--links", options.links_file,
                 "The tree's network links, as plan --dump-links prints them")
      ->type_name("FILE");
  app.add_option("--imds-url", options.imds_url, "The metadata service")->type_name("URL");
  app.add_option("--wireserver-url", options.wireserver_url, "The WireServer")->type_name("URL");
}

void add_plan_options(CLI::App& app, PlanInputs& inputs) {
  app.add_option("--root", inputs.root, "The tree whose accounts and configuration count")
      ->type_name("DIR");
  app.add_option("--imds", inputs.imds_file, "IMDS's instance document")->type_name("FILE");
  app.add_option("--ovf", inputs.ovf_file, "ovf-env.xml, a directory that holds it, or an image")
      ->type_name("PATH");
  app.add_option("--links", inputs.links_file, "Network links, as --dump-links prints them")
      ->type_name("FILE");
  app.add_option("--imds-url", inputs.imds_url, "The metadata service to ask")->type_name("URL");
}

void add_status_options(CLI::App& app, StatusOptions& options) {
  app.add_option("--root", options.root, "The tree to look at")->type_name("DIR");
  app.add_flag("--wait", options.wait, "Wait while it is in progress");
  app.add_option("--timeout", options.timeout, "How long to wait, 5min if not given")
      ->type_name("TIME");
  app.add_flag("--guest-agent", options.guest_agent,
               "Exit status 0: WALinuxAgent may start now; 1: not");
}

int main_of(int argc, char** argv) {
  CLI::App app("Provisions an Azure VM at its first boot, and says what it did.", "azl-provision");
  app.footer(kExamples);
  app.set_version_flag("--version", "azl-provision " AZL_VERSION);
  ReportOptions report;
  bool report_flag = false;
  app.add_flag("--report", report_flag,
               "Say what happened on this boot (the same as the command report)");
  add_report_options(app, report);

  auto* report_command = app.add_subcommand("report", "Say what happened on this boot");
  add_report_options(*report_command, report);

  RunOptions run_options;
  std::string stage;
  auto* run_command = app.add_subcommand("run", "Provision this machine, or a tree: the main job");
  add_run_options(*run_command, run_options, stage);

  PlanInputs plan_inputs;
  bool links_wanted = false;
  auto* plan_command =
      app.add_subcommand("plan", "Print what would be done, as JSON; touches nothing");
  add_plan_options(*plan_command, plan_inputs);
  plan_command->add_flag("--dump-links", links_wanted,
                         "Print this machine's links instead, as --links takes them");
  bool disks_wanted = false;
  plan_command->add_flag("--dump-disks", disks_wanted,
                         "Print this machine's disks instead, as --disks takes them");
  plan_command->add_option("--disks", plan_inputs.disks_file, "Disks, as --dump-disks prints them")
      ->type_name("FILE");
  std::string network_output;
  auto* render_command = app.add_subcommand(
      "render-network",
      "Write the .network files that the plan means to a directory, or print them");
  add_plan_options(*render_command, plan_inputs);
  render_command->add_option("--output", network_output, "An existing directory")->type_name("DIR");

  StatusOptions status;
  auto* status_command =
      app.add_subcommand("status", "Say by exit status whether this VM is provisioned");
  add_status_options(*status_command, status);

  std::string link;
  auto* link_command =
      app.add_subcommand("link-role", "Print a network link's role for udev")->group("");
  link_command->add_option("NAME", link)->required();

  int link_index = 0;
  auto* tune_command =
      app.add_subcommand("tune-link", "Tune a link that came late, for udev")->group("");
  tune_command->add_option("IFINDEX", link_index)->required();

  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitFailed;
  }
  if (!stage.empty()) run_options.stages = {*parse_word<Stage>(stage)};
  if (!run_options.late_disk.empty() && stage != "disks") {
    std::fputs("azl-provision: --disk is for --stage=disks\n", stderr);
    return kExitFailed;
  }
  if (run_command->parsed()) return do_run(run_options);
  if (plan_command->parsed() && disks_wanted) return do_dump_disks(plan_inputs);
  if (plan_command->parsed())
    return links_wanted ? do_dump_links(plan_inputs.root) : do_plan(plan_inputs);
  if (render_command->parsed()) return do_render_network(plan_inputs, network_output);
  if (status_command->parsed()) return do_status(status);
  if (link_command->parsed()) return do_link_role(link);
  if (tune_command->parsed()) return do_tune_link(link_index);
  if (report_flag || report_command->parsed()) return do_report(report);
  std::fputs(app.help().c_str(), stdout);
  return kExitFailed;
}

}  // namespace
}  // namespace azl::provision

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return azl::provision::main_of(argc, argv);
  } catch (const std::exception& error) {
    // A library threw where it says that it does not; the platform may not have been told.
    std::fprintf(stderr, "azl-provision: unexpected: %s\n", error.what());
    return azl::provision::kExitFailed;
  }
}
