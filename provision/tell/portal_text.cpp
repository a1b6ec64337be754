#include "provision/tell/portal_text.h"

#include <cstddef>
#include <string_view>

#include "base/text.h"
#include "provision/record/advice.h"

namespace azl::provision {
namespace {

constexpr std::size_t kPortalLimit = 512;  // characters, counted as bytes here

}  // namespace

std::string describe_failure(const Error& error) {
  constexpr std::string_view kAgent = "azl-provision: ";
  const auto advice = ". " + std::string(advice_for(error)) + ".";
  // The advice must not be what is cut off.
  return std::string(kAgent) +
         printable(error.to_string(), kPortalLimit - kAgent.size() - advice.size(), Quotes::kKept) +
         advice;
}

}  // namespace azl::provision
