// What a user can do about each reason and each cause, and the journal's message ids.
#pragma once

#include <string_view>

#include "base/cause.h"
#include "base/error.h"
#include "base/reason.h"

namespace azl::provision {

/// One row of the table.
struct Advice {
  Reason reason;
  std::string_view message_id;  ///< the journal's MESSAGE_ID, 32 hex digits; see the catalog
  std::string_view text;        ///< what the user can do, one sentence without a final period
};

/// Returns the row of a reason.
[[nodiscard]] const Advice& advice_for(Reason reason);
/// Returns what the user can do about a cause, one sentence without a final period.
[[nodiscard]] std::string_view advice_for(Cause cause);
/// Returns what the user can do about an error: the advice of its cause if that is known, else of
/// its reason.
[[nodiscard]] std::string_view advice_for(const Error& error);

}  // namespace azl::provision
