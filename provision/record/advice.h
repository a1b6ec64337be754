// What a user can do about each reason, and the journal's message id for it.
#pragma once

#include <string_view>

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

}  // namespace azl::provision
