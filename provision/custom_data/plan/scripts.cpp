#include "provision/custom_data/plan/scripts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/plan/interpreter.h"
#include "provision/custom_data/plan/surprises.h"

namespace azl::provision::custom_data {
namespace {

/// What becomes of a kind of part.
struct Row {
  PartKind kind;
  std::string_view module;
  ItemPhase phase;
  ItemRepeat repeat;
};

constexpr auto kRows = std::to_array<Row>({
    {PartKind::kScript, "scripts", ItemPhase::kFinal, ItemRepeat::kOnce},
    {PartKind::kBoothook, "boothooks", ItemPhase::kEarly, ItemRepeat::kEachBoot},
    {PartKind::kPerBootScript, "per-boot", ItemPhase::kFinal, ItemRepeat::kEachBoot},
    {PartKind::kPerInstanceScript, "per-instance", ItemPhase::kFinal, ItemRepeat::kOnce},
    {PartKind::kPerOnceScript, "per-once", ItemPhase::kFinal, ItemRepeat::kOnce},
});

constexpr std::string_view kBoothookLine = "#cloud-boothook";
constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

bool has_crlf_line(std::string_view text) {
  const auto end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r';
}

/// Every CRLF as LF.
std::string convert_lines(std::string_view text) {
  std::string converted;
  converted.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || text.substr(i + 1, 1) != "\n") converted += text[i];
  }
  return converted;
}

/// Removes white space at the start, and of a boothook the line "#cloud-boothook".
std::string_view find_script(PartKind kind, std::string_view text) {
  const auto skip_space = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
  };
  skip_space();
  if (kind != PartKind::kBoothook || lower(text.substr(0, kBoothookLine.size())) != kBoothookLine)
    return text;
  text.remove_prefix(kBoothookLine.size());
  skip_space();
  return text;
}

/// The program that the first line names, for people: "/bin/sh". Empty if it could be more than
/// that, for example a secret among its arguments.
std::string describe_interpreter(std::string_view text) {
  auto path = parse_interpreter(text).path;
  const bool shown = path.starts_with('/') && !quote_type(path, "").empty();
  return shown ? path : std::string();
}

std::string describe_script(std::string_view text) {
  const auto interpreter = describe_interpreter(text);
  return "run a script of " + describe_count(text.size(), "byte") +
         (interpreter.empty() ? "" : " with " + interpreter);
}

/// Reports what would surprise in the script. `line_offset`: the lines in front of it.
void remark_surprises(const std::string& part, int line_offset, const LineMap& lines,
                      std::string_view script, ModuleOutput& out) {
  for (auto& remark : find_surprises(script)) {
    out.remark(remark.level, remark.rule,
               {.part = part,
                .line = lines.find(remark.place.line + line_offset),
                .column = remark.place.column},
               std::move(remark.text), std::move(remark.advice));
  }
}

void refuse_script(const std::string& part, PartKind kind, ModuleOutput& out) {
  // cloud-init writes it to a file, which the kernel does not execute.
  out.remark(RemarkLevel::kError, "no-interpreter", {.part = part},
             "the script does not start with '#!', so it cannot be executed",
             kind == PartKind::kBoothook
                 ? "write a line such as '#!/bin/sh' after the line '#cloud-boothook'"
                 : "start the script with a line such as '#!/bin/sh'");
}

/// Drops an earlier script of the same folder and name, also if this one cannot be executed.
void replace_earlier(const std::string& id, const Part& part, ModuleOutput& out) {
  const auto earlier = out.take(id);
  if (!earlier) return;
  out.remark(RemarkLevel::kWarning, "script-replaced", {.part = earlier->place.part},
             "the script is not run, because part '" + printable(part.name) +
                 "' replaces it: both have the file name '" + part.file_name + "'",
             "give the parts different file names");
}

/// Boothooks of one name all run, so that each gets an id and a file name of its own.
std::string find_free_name(std::string_view module, const std::string& name,
                           const ModuleOutput& out) {
  std::string free = name;
  for (int i = 2; out.has(std::string(module) + "/" + free); ++i)
    free = name + "-" + std::to_string(i);
  return free;
}

}  // namespace

void plan_script(const Part& part, PartKind kind, std::string_view text,
                 const LineMap& lines_of_part, ModuleOutput& out) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.kind == kind; });
  if (row == kRows.end()) return;
  const bool is_hook = kind == PartKind::kBoothook;
  const auto name = is_hook ? find_free_name(row->module, part.file_name, out) : part.file_name;
  auto id = std::string(row->module) + "/" + name;
  if (!is_hook) replace_earlier(id, part, out);
  const auto script = find_script(kind, text);
  if (!script.starts_with("#!")) return refuse_script(part.name, kind, out);
  std::string lines = has_crlf_line(script) ? convert_lines(script) : std::string(script);
  if (lines.size() < script.size()) {
    out.remark(RemarkLevel::kNote, "script-crlf", {.part = part.name},
               "the lines of the script end in CRLF; it is run with LF",
               "convert it with 'dos2unix FILE'");
  }
  if (kind == PartKind::kPerOnceScript) {
    out.remark(RemarkLevel::kNote, "per-once", {.part = part.name},
               "the script is run once for each VM, also for a VM that is made from the image of "
               "this one");
  }
  const auto skipped = text.substr(0, text.size() - script.size());
  const auto line_offset = static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
  remark_surprises(part.name, line_offset, lines_of_part, lines, out);
  Item item{.id = std::move(id),
            .place = {.part = part.name, .line = lines_of_part.find(line_offset + 1), .column = 1},
            .phase = row->phase,
            .repeat = row->repeat,
            .what = describe_script(lines)};
  item.action = RunScript{.name = name, .text = Secret(std::move(lines))};
  out.add(std::move(item));
}

}  // namespace azl::provision::custom_data
