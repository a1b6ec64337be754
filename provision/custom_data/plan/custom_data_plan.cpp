#include "provision/custom_data/plan/custom_data_plan.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "provision/custom_data/parse/jinja.h"
#include "provision/custom_data/parse/merge.h"
#include "provision/custom_data/parse/parts.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/apt.h"
#include "provision/custom_data/plan/home_files.h"
#include "provision/custom_data/plan/item_order.h"
#include "provision/custom_data/plan/module.h"
#include "provision/custom_data/plan/module_table.h"
#include "provision/custom_data/plan/remark_list.h"
#include "provision/custom_data/plan/scripts.h"
#include "provision/custom_data/plan/unplanned_keys.h"

namespace azl::provision::custom_data {
namespace {

/// The kinds that a template can become. cloud-init has handlers for these.
bool is_run(PartKind kind) {
  return kind == PartKind::kCloudConfig || kind == PartKind::kScript || kind == PartKind::kBoothook;
}

class Planner {
 public:
  explicit Planner(const nlohmann::json& variables) : variables_(variables) {}

  CustomDataPlan plan(std::string_view bytes);

 private:
  void plan_part(Part part);
  /// Returns the part as it is rendered. Returns nullopt, with a remark, if it cannot be used.
  [[nodiscard]] std::optional<RenderedTemplate> render(const Part& part);
  void plan_rendered(const Part& part, PartKind kind, RenderedTemplate& rendered);
  void plan_text(const Part& part, PartKind kind, std::string_view text, const LineMap& lines);
  void read_config(const Part& part, std::string_view text, const LineMap& lines);
  void plan_config();
  /// runcmd takes the place of a script of this name, as it does in cloud-init's folder.
  void drop_replaced_script();
  void repeat_scripts();
  CustomDataPlan finish();

  const nlohmann::json& variables_;
  CustomDataPlan plan_ = {};
  MergedConfig config_ = {};
  RemarkList remarks_ = {};
  ModuleOutput out_{config_, plan_.items, remarks_};
};

CustomDataPlan Planner::plan(std::string_view bytes) {
  auto parts = read_parts(bytes);
  remarks_.add(std::move(parts.remarks));
  for (auto& part : parts.parts) plan_part(std::move(part));
  remarks_.add(std::move(config_.remarks));
  plan_config();
  drop_replaced_script();
  if (out_.do_scripts_repeat()) repeat_scripts();
  return finish();
}

void Planner::plan_part(Part part) {
  std::optional<RenderedTemplate> rendered;
  if (part.readable && part.kind == PartKind::kTemplate) rendered = render(part);
  const auto kind = rendered ? find_part_kind({}, rendered->text.reveal()) : part.kind;
  if (rendered)
    plan_rendered(part, kind, *rendered);
  else
    plan_text(part, kind, part.text.reveal(), {});
  plan_.parts.push_back({.name = std::move(part.name),
                         .kind = kind,
                         .rendered = rendered.has_value(),
                         .text = std::move(part.text),
                         .offset = part.offset});
}

std::optional<RenderedTemplate> Planner::render(const Part& part) {
  auto rendered = render_jinja(part.text.reveal(), variables_);
  if (rendered) return std::move(*rendered);
  auto& failure = rendered.error();
  remarks_.add({.level = RemarkLevel::kError,
                .rule = "template",
                .place = {.part = part.name, .line = failure.line, .column = failure.column},
                .text = "the template cannot be rendered, so the part is not used: " + failure.text,
                .advice = std::move(failure.advice)});
  return std::nullopt;
}

void Planner::plan_rendered(const Part& part, PartKind kind, RenderedTemplate& rendered) {
  remarks_.add(std::move(rendered.remarks), part.name);
  if (!is_run(kind)) {
    remarks_.add({.rule = "template-not-run",
                  .place = {.part = part.name},
                  .text = "the template renders to the kind '" + std::string(to_string(kind)) +
                          "', which is not run",
                  .advice =
                      "let the line after the header be '#cloud-config', '#cloud-boothook' or "
                      "a script's '#!'"});
  }
  plan_text(part, kind, rendered.text.reveal(), rendered.lines);
}

void Planner::plan_text(const Part& part, PartKind kind, std::string_view text,
                        const LineMap& lines) {
  if (part.readable && kind == PartKind::kCloudConfig) read_config(part, text, lines);
  plan_script(part, kind, text, lines, out_);
}

void Planner::read_config(const Part& part, std::string_view text, const LineMap& lines) {
  auto document = parse_yaml(text, lines);
  if (document) return merge_part(config_, part.name, part.merge_type, std::move(*document));
  auto& failure = document.error();
  remarks_.add({.level = RemarkLevel::kError,
                .rule = "yaml",
                .place = {.part = part.name, .line = failure.line, .column = failure.column},
                .text = "the part is not used: " + failure.text,
                .advice = std::move(failure.advice)});
}

void Planner::plan_config() {
  for (const auto& member : config_.root.members) {
    if (const auto plan_key = find_module_for(member.name)) {
      plan_key(member, out_);
    } else {
      remark_unplanned_key(member, out_);
    }
  }
  add_apt_update(plan_.items);
  remark_files_in_new_homes(plan_.items, remarks_);
}

void Planner::drop_replaced_script() {
  if (!out_.has("runcmd")) return;
  const auto script = out_.take("scripts/runcmd");
  if (!script) return;
  remarks_.add({.rule = "script-replaced",
                .place = {.part = script->place.part},
                .text = "the script is not run, because the commands of 'runcmd' have its name",
                .advice = "give the part another file name"});
}

void Planner::repeat_scripts() {
  for (auto& item : plan_.items) {
    const auto module = find_module(item);
    if (module == "scripts" || module == "runcmd") item.repeat = ItemRepeat::kEachBoot;
  }
}

CustomDataPlan Planner::finish() {
  sort_items(plan_.items);
  std::vector<std::string> names;
  for (const auto& part : plan_.parts) names.push_back(part.name);
  plan_.remarks = std::move(remarks_).take(names);
  return std::move(plan_);
}

}  // namespace

CustomDataPlan make_custom_data_plan(std::string_view bytes, const nlohmann::json& variables) {
  return Planner(variables).plan(bytes);
}

}  // namespace azl::provision::custom_data
