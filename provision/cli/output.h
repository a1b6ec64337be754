// What commands print.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "imds/http.h"
#include "provision/cli/output_style.h"
#include "provision/step/context.h"

namespace azl::provision {

/// Prints an error with its advice to stderr. Returns kExitFailed.
int print_error(const Error& error);
/// The same for an error about an argument, such as a file that it names: the advice is about the
/// command line, not about the machine.
int print_argument_error(const Error& error);

/// Asks "QUESTION this machine?", or "QUESTION DIRECTORY?" for a tree, on stderr. Returns whether
/// the answer on stdin is "yes".
[[nodiscard]] bool confirm(const char* question, const Root& root);

/// Writes to stdout if `path` is empty or "-", else to a file. The file gets its name when it is
/// complete, so that a failure leaves the one that was there. Returns 0, or kExitFailed after
/// printing what went wrong. That nobody reads the rest, as in "| head", is no error.
[[nodiscard]] int write_output(const std::string& text, const std::string& path = {});
/// The same for text that people read: shows it in a pager if the style says so and it is longer
/// than the screen.
[[nodiscard]] int write_text(const std::string& text, const OutputStyle& style,
                             const std::string& path = {});

/// The running machine. Loads libcurl only when a request is made, because a later boot makes none.
struct SystemMachine {
  SystemClock clock;
  SystemProcesses processes;
  std::unique_ptr<imds::HttpClient> http = imds::make_curl_client();
  [[nodiscard]] Machine at(const Root& root) { return {root, clock, processes, *http}; }
};

}  // namespace azl::provision
