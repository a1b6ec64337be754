// The report as one page of HTML, for people: the boot as a picture, and what the text has.
#pragma once

#include <string>

#include "provision/report/boots.h"
#include "provision/report/system_times.h"

namespace azl::provision {

/// What a page may have besides the records.
struct HtmlExtras {
  const SystemTimes* system = nullptr;  ///< of the chosen boot; null: not known
  std::string no_system = {};           ///< why they are not known, a sentence; empty: they are
  const BootRecords* other = nullptr;   ///< a boot to compare with; null: none
};

/// Returns the report as a page of its own: it loads nothing, has no script, and its policy forbids
/// both. It is light or dark as the reader's system is, and fits on a phone. The pictures' times
/// are in tables too. Long lists are cut, and the page says how much was left out. Texts go through
/// to_markup(): they are without secrets, and cannot become markup. Pure.
[[nodiscard]] std::string to_html(const ReportInputs& inputs, const ReportChoice& choice,
                                  const HtmlExtras& extras = {});

}  // namespace azl::provision
