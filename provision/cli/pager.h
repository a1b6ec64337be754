// Shows long text in a pager, as systemctl does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace azl::provision {

/// Looks up a variable of the environment. Returns nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// A pager, and the variables that it gets in addition to those of this process.
struct Pager {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "NAME=value"
};
/// Returns the pagers to try, in this order; none if the text is not to be paged. Pure.
///
/// $SYSTEMD_PAGER and then $PAGER name the pager; an empty value or "cat" means no pager. They are
/// obeyed if `is_own_session`, or $SYSTEMD_PAGERSECURE is set: under sudo they are those of another
/// user. The last one to try is less. Its options are those of $SYSTEMD_LESS, by default "FRSXMK".
/// It cannot start programs or write files, unless $SYSTEMD_PAGERSECURE is false.
[[nodiscard]] std::vector<Pager> choose_pagers(const Environment& environment, bool is_own_session,
                                               bool utf8);

/// Whether this process runs as the user who logged in.
[[nodiscard]] bool is_own_session();

/// Hands a text to the first of the pagers that can be started, and waits until it ends. Returns
/// false if none could. That the pager ended before the end of the text is no error.
[[nodiscard]] bool show_in_pager(const std::string& text, const std::vector<Pager>& pagers);

}  // namespace azl::provision
