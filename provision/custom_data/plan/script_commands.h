// The commands that a shell script calls, as far as its words show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision::custom_data {

/// A word of a script, without its quotes. Lines and columns count from 1.
struct ScriptWord {
  std::string_view text;
  int line = 0;
  int column = 0;
};

/// A command and its arguments, up to the next ";", "&", "|", parenthesis or line end. Words such
/// as "sudo", "then" and "DEBIAN_FRONTEND=noninteractive" in front of it are left out.
struct ScriptCommand {
  ScriptWord name;  ///< without its folder
  std::vector<ScriptWord> arguments = {};
};

/// Returns the commands of a script in their order. Reads it line by line. Skips comments, and
/// here-documents unless a shell reads them. Also looks into the text after "-c". `script` outlives
/// the result.
[[nodiscard]] std::vector<ScriptCommand> find_script_commands(std::string_view script);

}  // namespace azl::provision::custom_data
