#include "provision/custom_data/plan/etc_hosts.h"

#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/host_name.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {

void plan_etc_hosts(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  const auto word =
      value.kind == YamlKind::kText ? std::string(trim(value.text.reveal())) : std::string();
  const auto flag = parse_flag(value);
  const bool whole = flag.value_or(word == "template");
  if (!whole && word != "localhost") {
    if (!flag && value.kind != YamlKind::kNull)
      out.remark(RemarkLevel::kWarning, "manage-etc-hosts", out.place_of(member),
                 "'manage_etc_hosts' is neither true, false nor 'localhost'; /etc/hosts stays as "
                 "it is",
                 "write 'true' or 'localhost'");
    return;
  }
  auto names = read_host_names(out);
  out.add({.id = "manage_etc_hosts",
           .place = out.place_of(member),
           .phase = ItemPhase::kEarly,
           .repeat = ItemRepeat::kEachBoot,
           .what = whole ? "write /etc/hosts with the host name"
                         : "write a line with the host name to /etc/hosts",
           .action = WriteHosts{
               .whole = whole, .name = std::move(names.name), .fqdn = std::move(names.fqdn)}});
}

}  // namespace azl::provision::custom_data
