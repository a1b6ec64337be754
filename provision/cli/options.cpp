#include "provision/cli/options.h"

#include <cstdio>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/closest.h"
#include "imds/http.h"
#include "provision/config/values.h"
#include "provision/image/check/checks.h"

namespace azl::provision {
namespace {

constexpr const char* kExamples = R"(Examples:
  azl-provision --report                 what happened on this boot
  azl-provision --report --boot=-1       what happened on the boot before
  azl-provision --report --compare=-1    which steps got slower since the boot before
  azl-provision --report --format=html -o boot.html
                                         the boot as a page with a picture
  azl-provision status --wait            wait until this VM is provisioned
  azl-provision status --long            which stages ran, and what is waited for
  azl-provision plan                     print what would be done here, as JSON; nothing is changed
  azl-provision plan --imds instance.json --ovf ovf-env.xml
  azl-provision config --check           say which lines of the configuration are wrong
  azl-provision validate cloud-config.yaml
                                         say what is wrong with custom data, and what it will do
  azl-provision custom-data list         what custom data asked for, and what became of it
  azl-provision deprovision --dry-run    what has to go before this machine is captured as an image
  azl-provision migrate --dry-run        what taking over from cloud-init or WALinuxAgent would do
  azl-provision check-image --root /mnt/image
                                         say what in an image would keep a VM from provisioning
  azl-provision check-image --explain no-dhcp
  azl-provision kvp dump                 what the Hyper-V host is told
  azl-provision run --root /mnt/image --media ovf-env.xml \
      --imds-url http://127.0.0.1:8080   provision a tree instead of this machine

Exit status of run and status: 0 done, 1 failed, 2 done with warnings,
3 not run here, 4 in progress. Of validate: 0 clean, 1 warnings, 2 errors.
Of check-image: 0 clean, 1 errors, 2 warnings. Of deprovision: 0 done,
1 something could not be removed, 2 something was kept.
Of kvp: 0 done, 1 cannot be read, 2 something is wrong with the pool.
64 wrong command line. See azl-provision(8).)";

constexpr const char* kCheckImageExamples = R"(Examples:
  azl-provision check-image --root /mnt/image
  azl-provision check-image --root /mnt/image --fix --ignore user-with-keys
  azl-provision check-image --root /mnt/image --format=sarif > image.sarif
  azl-provision check-image --explain no-dhcp

Exit status: 0 nothing but notes, 1 errors, 2 warnings, 64 wrong command line.)";

void add_format_option(CLI::App& app, std::string& format) {
  app.add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
}

void add_pager_option(CLI::App& app, OutputOptions& options) {
  app.add_flag("--no-pager", options.no_pager, "Do not show long output in a pager");
}

void add_color_option(CLI::App& app, OutputOptions& options) {
  app.add_option("--color", options.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_flag_callback("--no-color", [&options] { options.color = "never"; })->group("");
}

void add_width_option(CLI::App& app, OutputOptions& options) {
  app.add_option("--width", options.width, "Columns, 40 to 200")
      ->check(CLI::Range(40, 200))
      ->type_name("N");
}

void add_report_options(CLI::App& app, ReportOptions& options) {
  app.add_option("--root", options.root, "The tree to look at")->type_name("DIR");
  app.add_option("--format", options.format,
                 "text, json, html with a picture, or otlp, which is OpenTelemetry's JSON")
      ->check(CLI::IsMember({"text", "json", "html", "otlp"}))
      ->type_name("FORMAT");
  app.add_option("--boot", options.boot, "0: this boot, -1: the one before, or an id of --list")
      ->type_name("BOOT");
  app.add_option("--compare", options.compare, "Show the steps beside those of another boot")
      ->type_name("BOOT");
  app.add_option("-o,--output", options.output, "Write to FILE; - for standard output")
      ->type_name("FILE");
  app.add_option("--system-times", options.system_times, "The times of systemd, for tests")
      ->group("");
  add_width_option(app, options.style);
  app.add_flag("--list", options.list, "List the boots that have records");
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
}

/// Adds --send to the options of a report, of which only --root and --boot go with it.
void add_send_options(CLI::App& app, ReportOptions& options) {
  auto* send = app.add_flag("--send", options.send,
                            "Post the boot's trace to the collector of [Report] OtlpEndpoint=");
  auto* endpoint =
      app.add_option("--endpoint", options.endpoint, "With --send: the collector")
          ->type_name("URL")
          ->check([](const std::string& url) {
            return imds::split_web_url(url) ? "" : "it is not an http or https address";
          });
  endpoint->needs(send);
  for (const auto* name : {"--format", "--compare", "--output", "--width", "--list", "--bundle"})
    send->excludes(app.get_option(name));
}

/// Adds --bundle to the options of a report, all but --root of which are about its text.
void add_bundle_options(CLI::App& app, ReportOptions& options) {
  auto* bundle = app.add_option("--bundle", options.bundle,
                                "Write an archive for support: reports, plan, journal, settings")
                     ->type_name("FILE.tar.zst");
  for (const auto* name : {"--format", "--boot", "--compare", "--output", "--width", "--list"})
    bundle->excludes(app.get_option(name));
  app.add_flag("--force", options.force, "With --bundle: replace FILE.tar.zst")->needs(bundle);
}

std::string check_disk_name(const std::string& name) {
  const bool bad = name.empty() || name.find('/') != std::string::npos;
  return bad ? "a disk is named as in /sys/block: sdd" : std::string();
}

std::string check_time_span(const std::string& text) {
  return parse_time_span(text) ? std::string() : "a time span is written as 90s or 5min";
}

void add_run_options(CLI::App& app, RunOptions& options, std::string& stage) {
  auto* stage_option =
      app.add_option(
             "--stage", stage,
             "local, main, report, close, link, disks, custom-data-early or custom-data; without "
             "it all but close and link")
          ->check(CLI::IsMember({"local", "main", "report", "close", "link", "disks",
                                 "custom-data-early", "custom-data"}))
          ->type_name("STAGE");
  app.add_option("--disk", options.late_disk,
                 "With --stage=disks: set up only this disk, which was attached late")
      ->needs(stage_option)
      ->check(check_disk_name)
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

void add_plan_options(CLI::App& app, PlanOptions& options) {
  app.add_option("--root", options.root, "The tree whose accounts and configuration count")
      ->type_name("DIR");
  app.add_option("--imds", options.imds_file, "IMDS's instance document")->type_name("FILE");
  app.add_option("--ovf", options.ovf_file, "ovf-env.xml, a directory that holds it, or an image")
      ->type_name("PATH");
  app.add_option("--links", options.links_file, "Network links, as --dump-links prints them")
      ->type_name("FILE");
  app.add_option("--imds-url", options.imds_url, "The metadata service to ask")->type_name("URL");
  add_pager_option(app, options.style);
}

void add_status_options(CLI::App& app, StatusOptions& options) {
  app.add_option("--root", options.root, "The tree to look at")->type_name("DIR");
  app.add_flag("--wait", options.wait, "Wait while it is in progress");
  app.add_option("--timeout", options.timeout, "How long to wait, 5min if not given")
      ->check(check_time_span)
      ->type_name("TIME");
  app.add_flag("--guest-agent", options.guest_agent,
               "Exit status 0: WALinuxAgent may start now; 1: it may not");
  app.add_flag("--long", options.long_form, "Print the stages and what is waited for too");
  add_format_option(app, options.format);
  add_width_option(app, options.style);
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
}

void add_config_options(CLI::App& app, ConfigOptions& options) {
  app.add_option("--root", options.root, "The tree whose configuration is read")->type_name("DIR");
  auto* check = app.add_flag("--check", options.check, "Print only the lines that are wrong");
  app.add_flag("--defaults", options.defaults, "Print the default of each key")->excludes(check);
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
}

void add_validate_options(CLI::App& app, ValidateOptions& options) {
  app.add_option("FILE", options.file, "The custom data; - for standard input")->required();
  app.add_option("--format", options.format, "text, json, sarif or github")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}))
      ->type_name("FORMAT");
  app.add_option("--variables", options.variables,
                 "What templates can use, as JSON; without it, values of a sample VM")
      ->type_name("FILE");
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
}

void add_custom_data_options(CLI::App& app, CustomDataOptions& options) {
  app.add_option("ACTION", options.action,
                 "list, show ITEM, rerun ITEM (carries it out again) or log [ITEM]")
      ->required()
      ->check(CLI::IsMember({"list", "show", "rerun", "log"}));
  app.add_option("ITEM", options.item, "An item as list prints it");
  app.add_option("--root", options.root, "The tree to look at")->type_name("DIR");
  add_format_option(app, options.format);
  add_width_option(app, options.style);
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
}

constexpr const char* kDeprovisionExamples = R"(Examples:
  azl-provision deprovision --dry-run    what would be removed here, and why; nothing is changed
  azl-provision deprovision --user --logs && shutdown -h now
                                         then capture the disk; this asks first
  azl-provision deprovision --user --force --root /mnt/image
                                         a mounted image, without asking

Exit status: 0 done, 1 something could not be removed, 2 something of this VM was kept because it
was changed, 64 wrong command line.)";

void add_deprovision_options(CLI::App& app, DeprovisionCommand& options) {
  app.alias("clean");
  app.footer(kDeprovisionExamples);
  app.add_flag("--user", options.what.user,
               "Also the admin user that azl-provision made, with home, mail and jobs");
  app.add_flag("--logs", options.what.logs, "Also logs, the journal and the list of logins");
  app.add_flag("--programs", options.what.programs,
               "Have the image's programs in per-once run once more");
  app.add_flag("--dry-run", options.dry_run, "Print what would be removed, and why");
  app.add_flag("--force", options.force, "Do not ask; needed without a terminal");
  app.add_option("--root", options.root, "A mounted image instead of this machine")
      ->type_name("DIR");
  add_format_option(app, options.format);
  add_pager_option(app, options.style);
}

constexpr const char* kMigrateExamples = R"(Examples:
  azl-provision migrate --dry-run        what becomes of each key, and what would be done
  azl-provision migrate                  take over this VM; this asks first
  azl-provision migrate --force          without asking

Exit status: 0 done, or done before, 1 refused or failed, 2 done, and something that the other agent
did is done by nothing any more, 3 there is no other agent here, 64 wrong command line.)";

void add_migrate_options(CLI::App& app, MigrateOptions& options) {
  app.footer(kMigrateExamples);
  app.add_flag("--dry-run", options.dry_run, "Print what would be done, and why");
  app.add_flag("--force", options.force, "Do not ask; needed without a terminal");
  app.add_option("--root", options.root, "The tree of a VM instead of this machine")
      ->type_name("DIR");
  add_format_option(app, options.format);
  add_pager_option(app, options.style);
}

/// Says what is wrong with the code of a check. Empty if there is one of this name.
std::string check_code(const std::string& code) {
  if (find_check(code) != nullptr) return {};
  std::vector<std::string_view> codes;
  for (const auto& info : checks()) codes.push_back(info.code);
  const auto meant = find_closest(code, codes);
  return "there is no check '" + code + "'" +
         (meant.empty() ? "; 'check-image --list' prints them"
                        : "; did you mean '" + std::string(meant) + "'?");
}

void add_check_image_options(CLI::App& app, CheckImageOptions& options) {
  app.add_option("--root", options.root, "The image's tree; without it, this machine")
      ->type_name("DIR");
  app.add_option("--format", options.format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->type_name("FORMAT");
  auto* fix =
      app.add_flag("--fix", options.fix, "Repair what is safe to repair, and say what was done");
  app.add_option("--ignore", options.ignored, "Leave a check out; may be given several times")
      ->check(check_code)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("CODE");
  auto* list = app.add_flag("--list", options.list, "List the codes of all checks")->excludes(fix);
  app.add_option("--explain", options.explain, "Say what a check means and what to do")
      ->check(check_code)
      ->excludes(fix)
      ->excludes(list)
      ->type_name("CODE");
  add_color_option(app, options.style);
  add_pager_option(app, options.style);
  app.footer(kCheckImageExamples);
}

constexpr const char* kKvpExamples = R"(Examples:
  azl-provision kvp dump                 what the host is told: the report, an event for each step
  azl-provision kvp dump /var/lib/hyperv/.kvp_pool_3 --format=json
                                         another pool: what the host tells this machine

Exit status: 0 done, 1 the guest's pool cannot be read, 2 something is wrong with the pool,
64 wrong command line, or FILE cannot be read.)";

void add_kvp_options(CLI::App& app, KvpOptions& options) {
  app.footer(kKvpExamples);
  app.add_option("ACTION", options.action, "dump: print a pool")
      ->required()
      ->check(CLI::IsMember({"dump"}));
  auto* file =
      app.add_option("FILE", options.file, "A pool; without it, the one that the host reads");
  app.add_option("--root", options.root, "The tree whose pool is printed")
      ->excludes(file)
      ->type_name("DIR");
  add_format_option(app, options.format);
  add_pager_option(app, options.style);
}

/// Says what is wrong with the arguments of a report. Empty if nothing is.
std::string check_report(const ReportOptions& options) {
  const bool one_boot = options.format == "otlp" || options.format == "html";
  if (options.list && one_boot)
    return "--list has no format " + options.format +
           (options.format == "otlp" ? "; a trace" : "; a page") +
           " is of one boot, which --boot chooses";
  if (options.compare.empty()) return {};
  if (options.list) return "--list shows all boots; --compare shows two";
  if (options.format == "json" || options.format == "otlp")
    return "--compare has the formats text and html, not " + options.format;
  return {};
}

/// Says what is wrong with the arguments of custom-data. Empty if nothing is.
std::string check_custom_data(const CustomDataOptions& options) {
  const bool needs_item = options.action == "show" || options.action == "rerun";
  if (needs_item && options.item.empty())
    return "custom-data " + options.action +
           " needs an ITEM; 'azl-provision custom-data list' prints them";
  if (options.action == "list" && !options.item.empty())
    return "custom-data list takes no ITEM; 'custom-data show ITEM' shows one";
  return {};
}

/// The options of a command that writes a log for debugging.
void add_log_options(CLI::App& app, std::string& level) {
  auto* word =
      app.add_option("--log-level", level, "Log to stderr: error, warning, info, debug or trace")
          ->check(CLI::IsMember({"off", "error", "warning", "info", "debug", "trace"}))
          ->type_name("LEVEL");
  app.add_flag_callback(
         "-v,--verbose", [&level] { level = "debug"; }, "The same as --log-level=debug")
      ->excludes(word);
}

/// The commands, and the flags that choose between them.
struct Parser {
  explicit Parser(Options& options);

  CLI::App app{"Provisions an Azure VM at its first boot, and says what it did.", "azl-provision"};
  CLI::App* run = app.add_subcommand("run", "Provision this machine, or a tree: the main job");
  CLI::App* report = app.add_subcommand("report", "Say what happened on this boot");
  CLI::App* plan = app.add_subcommand("plan", "Print what would be done, as JSON; changes nothing");
  CLI::App* render = app.add_subcommand(
      "render-network", "Write the planned .network files to a directory, or print them");
  CLI::App* status =
      app.add_subcommand("status", "Say by exit status whether this VM is provisioned");
  CLI::App* config =
      app.add_subcommand("config", "Print the configuration, each value with file and line");
  CLI::App* validate = app.add_subcommand(
      "validate", "Check custom data before a VM gets it, and say what it will do");
  CLI::App* custom_data = app.add_subcommand(
      "custom-data", "List what custom data asked for, show it, carry it out again, print its log");
  CLI::App* deprovision = app.add_subcommand(
      "deprovision", "Remove what makes this machine one VM, before it is captured as an image");
  CLI::App* migrate = app.add_subcommand(
      "migrate", "Take over this VM from cloud-init, WALinuxAgent or azure-init");
  CLI::App* check_image = app.add_subcommand(
      "check-image",
      "Say what in an image would keep a VM from provisioning, or surprise its users");
  CLI::App* kvp = app.add_subcommand(
      "kvp", "Print the key-value pairs that the Hyper-V host reads, or another pool");
  CLI::App* link_role =
      app.add_subcommand("link-role", "Print a network link's role for udev")->group("");
  CLI::App* tune_link =
      app.add_subcommand("tune-link", "Tune a link that came late, for udev")->group("");
  std::string stage;
  std::string log_level;
  bool report_flag = false;
  bool links_wanted = false;
  bool disks_wanted = false;

  [[nodiscard]] Command command() const;
};

Parser::Parser(Options& options) {
  app.footer(kExamples);
  app.set_version_flag("--version", "azl-provision " AZL_VERSION);
  app.add_flag("--report", report_flag,
               "Say what happened on this boot (the same as the command report)");
  add_report_options(app, options.report);
  add_bundle_options(app, options.report);
  add_send_options(app, options.report);
  add_report_options(*report, options.report);
  add_bundle_options(*report, options.report);
  add_send_options(*report, options.report);
  add_run_options(*run, options.run, stage);
  for (auto* logging : {run, plan, render}) add_log_options(*logging, log_level);
  add_plan_options(*plan, options.plan);
  plan->add_flag("--dump-links", links_wanted,
                 "Print this machine's links instead, as --links takes them");
  plan->add_flag("--dump-disks", disks_wanted,
                 "Print this machine's disks instead, as --disks takes them");
  plan->add_option("--disks", options.plan.disks_file, "Disks, as --dump-disks prints them")
      ->type_name("FILE");
  add_plan_options(*render, options.plan);
  render->add_option("--output", options.plan.output, "An existing directory")->type_name("DIR");
  add_status_options(*status, options.status);
  add_config_options(*config, options.config);
  add_validate_options(*validate, options.validate);
  add_custom_data_options(*custom_data, options.custom_data);
  add_deprovision_options(*deprovision, options.deprovision);
  add_migrate_options(*migrate, options.migrate);
  add_check_image_options(*check_image, options.check_image);
  add_kvp_options(*kvp, options.kvp);
  link_role->add_option("NAME", options.link_name)->required();
  tune_link->add_option("IFINDEX", options.link_index)->required();
  app.require_subcommand(0, 1);
}

Command Parser::command() const {
  if (run->parsed()) return Command::kRun;
  if (plan->parsed() && disks_wanted) return Command::kDumpDisks;
  if (plan->parsed()) return links_wanted ? Command::kDumpLinks : Command::kPlan;
  if (render->parsed()) return Command::kRenderNetwork;
  if (status->parsed()) return Command::kStatus;
  if (config->parsed()) return Command::kConfig;
  if (validate->parsed()) return Command::kValidate;
  if (custom_data->parsed()) return Command::kCustomData;
  if (deprovision->parsed()) return Command::kDeprovision;
  if (migrate->parsed()) return Command::kMigrate;
  if (check_image->parsed()) return Command::kCheckImage;
  if (kvp->parsed()) return Command::kKvp;
  if (link_role->parsed()) return Command::kLinkRole;
  if (tune_link->parsed()) return Command::kTuneLink;
  return report_flag || report->parsed() ? Command::kReport : Command::kHelp;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) {
    const bool is_shown = !command->get_group().empty();
    if (is_shown) names.push_back(command->get_name());
  }
  return names;
}

/// The long names of an app's options, with their hyphens.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// Says what was probably meant by the first argument that the parser did not expect. Empty if
/// nothing is similar.
std::string suggest(const CLI::App& app) {
  const CLI::App* parsed = &app;
  for (const auto* command : app.get_subcommands()) parsed = command;
  const auto unexpected = app.remaining(true);
  if (unexpected.empty()) return {};
  const auto typed = unexpected.front().substr(0, unexpected.front().find('='));
  const auto names = typed.starts_with('-') ? option_names(*parsed) : command_names(*parsed);
  const auto meant = find_closest(typed, std::vector<std::string_view>(names.begin(), names.end()));
  return meant.empty() ? std::string() : "Did you mean '" + std::string(meant) + "'?\n";
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
  ParsedOptions parsed;
  auto& options = parsed.options;
  Parser parser(options);
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_status = parser.app.exit(error) == 0 ? kExitDone : kExitUsage;
    if (parsed.exit_status != kExitDone) std::fputs(suggest(parser.app).c_str(), stderr);
    return parsed;
  }
  if (!options.run.late_disk.empty() && parser.stage != "disks") {
    std::fputs("azl-provision: --disk needs --stage=disks\n", stderr);
    parsed.exit_status = kExitUsage;
    return parsed;
  }
  const auto wrong = parser.custom_data->parsed() ? check_custom_data(options.custom_data)
                                                  : check_report(options.report);
  if (!wrong.empty()) {
    std::fprintf(stderr, "azl-provision: %s\n", wrong.c_str());
    parsed.exit_status = kExitUsage;
    return parsed;
  }
  if (const auto stage = parse_word<Stage>(parser.stage)) options.run.stages = {*stage};
  options.run.log_level = options.plan.log_level = parse_log_level(parser.log_level);
  options.command = parser.command();
  options.help = parser.app.help();
  return parsed;
}

}  // namespace azl::provision
