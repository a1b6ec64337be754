#include "provision/image/check/ordering_cycle.h"

#include <cstddef>

#include "base/text.h"

namespace azl::provision {
namespace {

/// The unit of "a.target: Found ordering cycle on b.service/start" or "…: Found dependency on …".
/// Empty if it is another line.
std::string unit_after(std::string_view line, std::string_view words) {
  const auto at = line.find(words);
  if (at == std::string_view::npos) return {};
  auto rest = trim(line.substr(at + words.size()));
  rest = rest.substr(0, rest.find_first_of(" /"));
  return printable(rest);
}

/// The units of "a.target: Found ordering cycle: b.service → c.target → b.service", as newer
/// versions of systemd print it in one line. Empty if it is another line.
std::vector<std::string> units_of_one_line(std::string_view line, std::size_t most) {
  constexpr std::string_view kWords = ": Found ordering cycle: ";
  const auto at = line.find(kWords);
  std::vector<std::string> units;
  if (at == std::string_view::npos) return units;
  for (auto word : split(line.substr(at + kWords.size()), ' ')) {
    word = word.substr(0, word.find('/'));
    if (word.find('.') == std::string_view::npos) continue;  // an arrow
    auto unit = printable(word);
    if (units.size() == most || (!units.empty() && unit == units.front())) break;
    units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace

std::vector<std::vector<std::string>> parse_ordering_cycles(std::string_view output) {
  constexpr std::size_t kMostCycles = 20;
  constexpr std::size_t kMostUnits = 100;
  std::vector<std::vector<std::string>> cycles;
  for (const auto line : split(output, '\n')) {
    if (cycles.size() < kMostCycles) {
      if (auto units = units_of_one_line(line, kMostUnits); !units.empty())
        cycles.push_back(std::move(units));
    }
    if (auto unit = unit_after(line, ": Found ordering cycle on "); !unit.empty()) {
      if (cycles.size() == kMostCycles) break;
      cycles.push_back({std::move(unit)});
      continue;
    }
    auto next = unit_after(line, ": Found dependency on ");
    if (next.empty() || cycles.empty() || cycles.back().size() >= kMostUnits) continue;
    // systemd ends with the unit that it began with.
    if (next != cycles.back().front()) cycles.back().push_back(std::move(next));
  }
  return cycles;
}

}  // namespace azl::provision
