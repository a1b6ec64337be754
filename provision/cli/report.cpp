#include "provision/cli/report.h"

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "imds/http.h"
#include "provision/cli/bundle.h"
#include "provision/cli/output.h"
#include "provision/cli/system_times.h"
#include "provision/config/config.h"
#include "provision/engine/gate.h"
#include "provision/gather/documents.h"
#include "provision/gather/tree.h"
#include "provision/report/boot_list.h"
#include "provision/report/comparison.h"
#include "provision/report/comparison_text.h"
#include "provision/report/html.h"
#include "provision/report/json.h"
#include "provision/report/otlp.h"
#include "provision/report/text.h"
#include "provision/tell/trace.h"

namespace azl::provision {
ReportInputs read_report_inputs(const Root& root) {
  auto gate = check_gate(root);
  return read_report_inputs(
      root, {.acts = gate.open,
             .why_not = std::move(gate.why),
             .will_start = root.live() && is_unit_enabled(root, "azl-provision.target"),
             .vm_id = std::move(gate.identity.vm_id),
             .sees_firmware = gate.sees_firmware,
             .now_us = SystemClock().now().time_since_epoch().count()});
}

namespace {

int send(const Root& root, const ReportInputs& inputs, const ReportChoice& choice,
         const ReportOptions& options) {
  const auto endpoint =
      options.endpoint.empty() ? load_config(root).report.otlp_endpoint : options.endpoint;
  if (endpoint.empty()) {
    (void)print_argument_error(Error(Reason::kUsage,
                                     "no collector is named; set [Report] OtlpEndpoint=, or add "
                                     "--endpoint=http://COLLECTOR:4318"));
    return kExitUsage;
  }
  if (choice.boot == nullptr)
    return print_error(Error(Reason::kState, "there is no record of a boot to send"));
  SystemClock clock;
  const auto http = imds::make_curl_client();
  if (const auto sent = send_trace(*http, endpoint, to_otlp(inputs, choice), clock); !sent)
    return print_error(sent.error());
  return write_output("sent the trace of boot " + printable(choice.boot->boot_id) + " to " +
                      printable(trace_url(endpoint)) + "\n");
}

/// Returns the boot to compare with, or null if none was asked for. Errors: kUsage.
Result<const BootRecords*> choose_other(const ReportInputs& inputs, const ReportChoice& choice,
                                        const std::string& which) {
  if (which.empty()) return nullptr;
  const auto other = OR_RETURN(choose_boot(inputs, which));
  if (choice.boot == nullptr || other.boot == nullptr)
    return fail(Reason::kUsage, "there is no record to compare");
  if (other.boot == choice.boot)
    return fail(Reason::kUsage,
                "boot " + printable(choice.boot->boot_id) + " cannot be compared with itself");
  return other.boot;
}

/// The times of systemd for a page. If there are none, `missing` says why.
struct FoundTimes {
  std::optional<SystemTimes> times = {};
  std::string missing = {};
};

/// Finds the times of systemd: in the file that was named, or by asking systemd, which knows the
/// running boot only. Errors: those of the file.
Result<FoundTimes> find_system_times(const Root& root, const ReportInputs& inputs,
                                     const ReportChoice& choice, const std::string& file) {
  constexpr std::size_t kLimit = 64 << 10;
  constexpr std::chrono::seconds kTime{5};
  if (!file.empty()) {
    const auto text = OR_RETURN(read_named_file(file, kLimit));
    return FoundTimes{.times = OR_RETURN(parse_system_times(text), "reading " + printable(file))};
  }
  const std::string missing = "The times of the kernel and of systemd's units are not shown: ";
  const bool is_running = choice.boot != nullptr && choice.boot->boot_id == inputs.boot_id;
  if (!root.live() || !is_running)
    return FoundTimes{.missing = missing + "systemd knows those of a running boot only."};
  const SystemClock clock;
  auto times = ask_system_times(Deadline(clock, kTime));
  if (!times) return FoundTimes{.missing = missing + times.error().to_string() + "."};
  return FoundTimes{.times = std::move(*times)};
}

Result<std::string> make_page(const Root& root, const ReportInputs& inputs,
                              const ReportChoice& choice, const ReportOptions& options,
                              const BootRecords* other) {
  const auto found = OR_RETURN(find_system_times(root, inputs, choice, options.system_times));
  return to_html(inputs, choice,
                 {.system = found.times ? &*found.times : nullptr,
                  .no_system = found.missing,
                  .other = other});
}

}  // namespace

int report_command(const ReportOptions& options) {
  if (!options.bundle.empty()) return bundle_command(options);
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto inputs = read_report_inputs(*root);
  const bool json = options.format == "json";
  const std::string output = options.output == "-" ? "" : options.output;
  if (options.list && json) return write_output(boots_to_json(inputs), output);
  const auto style = decide_style(options.style, look_at_terminal(), !output.empty());
  if (options.list) {
    // Programs get one line for each boot.
    auto layout = style.text;
    if (!style.on_terminal && options.style.width == 0)
      layout.width = std::numeric_limits<int>::max();
    return write_text(describe_boots(inputs, layout), style, output);
  }
  const auto choice = choose_boot(inputs, options.boot);
  if (!choice) return print_error(choice.error());
  if (options.send) return send(*root, inputs, *choice, options);
  if (json) return write_output(to_json(inputs, *choice), output);
  if (options.format == "otlp") return write_output(to_otlp(inputs, *choice), output);
  const auto other = choose_other(inputs, *choice, options.compare);
  if (!other) return print_error(other.error());
  if (options.format == "html") {
    const auto page = make_page(*root, inputs, *choice, options, *other);
    return page ? write_output(*page, output) : print_error(page.error());
  }
  if (*other != nullptr)
    return write_text(describe_comparison(compare_boots(*choice->boot, **other), style.text), style,
                      output);
  return write_text(to_text(inputs, *choice, style.text), style, output);
}

}  // namespace azl::provision
