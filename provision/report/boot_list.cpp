#include "provision/report/boot_list.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/report/headline.h"
#include "provision/report/stage_summary.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

/// Returns the number that --boot takes for a boot: 0 for the running one, -1 for the one before.
int number_of(const ReportInputs& inputs, std::size_t index) {
  const auto number = static_cast<int>(index) - count_earlier_boots(inputs);
  return &inputs.boots[index] == find_running_boot(inputs) ? 0 : number;
}

/// Builds a line of items with two blanks between them, which continues on the next line if an item
/// would not fit.
class Line {
 public:
  Line(std::string start, const TextStyle& style)
      : text_(std::move(start)),
        column_(text_.size()),
        width_(static_cast<std::size_t>(std::max(style.width, 1))),
        ascii_(style.ascii) {}

  void add(std::string_view item) {
    constexpr std::size_t kIndent = 4;
    const auto cleaned = ascii_ ? to_ascii(printable(item)) : printable(item);
    if (column_ + 2 + cleaned.size() <= width_) {
      text_ += "  " + cleaned;
      column_ += 2 + cleaned.size();
    } else {
      text_ += "\n" + std::string(kIndent, ' ') + cleaned;
      column_ = kIndent + cleaned.size();
    }
  }
  [[nodiscard]] std::string text() const { return text_ + "\n"; }

 private:
  std::string text_;
  std::size_t column_;
  std::size_t width_;
  bool ascii_;
};

bool has_provisioned(const BootRecords& boot, const std::string& vm_id) {
  const auto* main = find_stage(boot, Stage::kMain);
  return main != nullptr && imds::same_vm(main->vm_id, vm_id) &&
         (main->outcome == StageOutcome::kReady || main->outcome == StageOutcome::kDegraded);
}

/// Whether the VM of a boot was provisioned when that boot ended.
bool was_provisioned(const ReportInputs& inputs, std::size_t index) {
  const auto& boot = inputs.boots[index];
  if (&boot == find_running_boot(inputs)) return inputs.state.provisioned.has_value();
  // Nothing but these stages was due.
  if (std::ranges::all_of(boot.stages, is_aside)) return true;
  const auto& vm_id = boot.stages.front().vm_id;
  const auto end = inputs.boots.begin() + static_cast<std::ptrdiff_t>(index) + 1;
  if (std::any_of(inputs.boots.begin(), end,
                  [&](const auto& earlier) { return has_provisioned(earlier, vm_id); }))
    return true;
  // The records of the boot that provisioned it may have been removed.
  return inputs.state.provisioned && imds::same_vm(inputs.state.vm_id, vm_id) &&
         std::none_of(end, inputs.boots.end(), [&](const auto& later) {
           return later.boot_id == inputs.state.provisioned->boot_id;
         });
}

/// Returns the outcome of a boot as a word; "unknown" if none of its records can be read.
std::string_view find_outcome(const ReportInputs& inputs, std::size_t index) {
  const auto& boot = inputs.boots[index];
  if (boot.stages.empty()) return "unknown";
  const auto headline = decide_headline(boot, was_provisioned(inputs, index));
  switch (headline.outcome) {
    case Headline::Outcome::kFailed:
      return "failed";
    case Headline::Outcome::kInterrupted:
      return "interrupted";
    case Headline::Outcome::kInProgress:
      // An earlier boot runs no more: it ended before its main stage.
      return &boot == find_running_boot(inputs) ? "in-progress" : "interrupted";
    case Headline::Outcome::kReady:
    case Headline::Outcome::kReadyBefore:
      break;
  }
  return headline.warnings > 0 ? "degraded" : "ready";
}

Json boot_json(const ReportInputs& inputs, std::size_t index) {
  const auto& boot = inputs.boots[index];
  Json json = {{"boot", number_of(inputs, index)},
               {"boot_id", boot.boot_id},
               {"vm_id", boot.stages.empty() ? "" : boot.stages.front().vm_id},
               {"running", &boot == find_running_boot(inputs)},
               {"outcome", find_outcome(inputs, index)},
               {"started", boot.stages.empty() ? "" : boot.stages.front().started},
               {"stages", Json::array()}};
  for (const auto& stage : boot.stages) json["stages"].push_back(summarize_stage(stage));
  return json;
}

}  // namespace

std::string describe_boots(const ReportInputs& inputs, const TextStyle& style) {
  constexpr std::size_t kNumberWidth = 4;
  std::string text;
  for (std::size_t i = 0; i < inputs.boots.size(); ++i) {
    const auto& boot = inputs.boots[i];
    const auto number = std::to_string(number_of(inputs, i));
    const auto padding = kNumberWidth - std::min(kNumberWidth, number.size());
    Line line(std::string(padding, ' ') + number, style);
    line.add(boot.boot_id);
    if (!boot.stages.empty()) line.add(boot.stages.front().started.substr(0, 19));
    for (const auto& stage : boot.stages)
      line.add(std::string(to_string(stage.stage)) + ": " + std::string(to_string(stage.outcome)));
    text += line.text();
  }
  return text.empty() ? "no records\n" : text;
}

std::string boots_to_json(const ReportInputs& inputs) {
  Json json = {{"schema_version", 1}, {"boots", Json::array()}};
  for (std::size_t i = 0; i < inputs.boots.size(); ++i)
    json["boots"].push_back(boot_json(inputs, i));
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace azl::provision
