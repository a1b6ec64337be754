#include "provision/cli/custom_data.h"

#include <cstdio>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "provision/cli/custom_data_items.h"
#include "provision/cli/custom_data_log.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/engine/rerun.h"
#include "provision/engine/stage_run.h"

namespace azl::provision {
namespace {

int refuse(const std::string& sentence, int exit_status = kExitFailed) {
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(sentence).c_str());
  return exit_status;
}

int refuse_missing(const CustomDataItems& items, const std::string& id) {
  for (const auto& sentence : explain_missing(items, id)) (void)refuse(sentence);
  return kExitFailed;
}

int list_command(const CustomDataItems& items, const CustomDataOptions& options) {
  if (options.format == "json") return write_output(items_to_json(items));
  const auto style = decide_style(options.style, look_at_terminal());
  return write_text(describe_items(items, style.text), style);
}

int show_command(const CustomDataItems& items, const CustomDataOptions& options) {
  const auto item = find_item(items, options.item);
  if (item.rows.empty()) return refuse_missing(items, options.item);
  if (options.format == "json") return write_output(items_to_json(item));
  const auto style = decide_style(options.style, look_at_terminal());
  return write_text(describe_item(item, style.text), style);
}

int log_command(const Root& root, const CustomDataOptions& options) {
  const auto log = read_custom_data_log(root);
  if (!log && log.error().reason() == Reason::kUsage) return refuse(log.error().to_string());
  if (!log) return print_error(log.error());
  if (log->cut)
    (void)refuse("the log is larger than what is printed, and its beginning is left out; 'less " +
                 std::string(custom_data::kOutputLog) + "' shows all of it");
  const auto wanted = options.item.empty() ? log->text : find_log_of(log->text, options.item);
  if (wanted.empty())
    return refuse(options.item.empty()
                      ? "no program of custom data has run: there is no log"
                      : "the log has nothing of '" + printable(options.item) +
                            "'; 'azl-provision custom-data list' prints the items, and only "
                            "programs, packages and the final message are in the log");
  const auto style = decide_style(options.style, look_at_terminal());
  if (!style.on_terminal) return write_output(wanted);
  return write_text(make_printable_log(wanted), style);
}

int print_end(const std::string& id, const RerunEnd& end) {
  const bool failed = end.step.outcome == StepOutcome::kFailed;
  for (const auto& finding : end.findings)
    std::fprintf(stderr, "azl-provision: %s\n  %s.\n",
                 printable_line(join(finding.chain, ": ")).c_str(), finding.advice.c_str());
  if (!failed)
    std::printf("%s: %s: %s\n", printable(id).c_str(),
                std::string(to_string(end.step.outcome)).c_str(),
                printable_line(end.step.why).c_str());
  return failed ? kExitFailed : end.findings.empty() ? kExitDone : kExitDegraded;
}

int rerun_command(const Root& root, const CustomDataOptions& options) {
  if (::geteuid() != 0) return refuse("only root can carry out an item again; run this with sudo");
  SystemMachine machine;
  const auto gate = check_gate(root);
  if (!gate.open) return refuse(gate.why, gate.exit_status);
  const auto end = rerun_item(machine.at(root), gate, effective_config(root, {}), options.item);
  if (!end && end.error().reason() == Reason::kUsage) return refuse(end.error().to_string());
  if (!end) return print_error(end.error());
  if (end->found) return print_end(options.item, *end);
  const auto items = read_custom_data_items(root, read_report_inputs(root));
  return refuse_missing(items, options.item);
}

}  // namespace

int custom_data_command(const CustomDataOptions& options) {
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  if (options.action == "rerun") return rerun_command(*root, options);
  if (options.action == "log") return log_command(*root, options);
  const auto items = read_custom_data_items(*root, read_report_inputs(*root));
  return options.action == "show" ? show_command(items, options) : list_command(items, options);
}

}  // namespace azl::provision
