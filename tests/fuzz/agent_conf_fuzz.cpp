// Parses any bytes as the configuration of azure-init and of WALinuxAgent. What was read must be
// read again from a document that has nothing else, and an edit must change one value only.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/migrate/toml.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;
using azl::provision::parse_toml;
using azl::provision::parse_waagent_conf;
using azl::provision::with_waagent_value;

namespace {

/// The text as a basic string of TOML.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

void check_toml(std::string_view text) {
  const auto lines = static_cast<int>(azl::split_lines(text).size());
  const auto [settings, unread] = parse_toml(text);
  int last = 0;
  std::string again;
  for (const auto& setting : settings) {
    require(setting.line > last && setting.line <= lines, "settings are in the order of the lines");
    last = setting.line;
    again += in_quotes(setting.key) + " = " + in_quotes(setting.value) + "\n";
  }
  last = 0;
  for (const int line : unread) {
    require(line > last && line <= lines, "unread lines are in their order");
    last = line;
  }
  const auto second = parse_toml(again);
  require(second.unread.empty(), "what was read is read again");
  require(second.settings.size() == settings.size(), "no setting is lost");
  for (std::size_t i = 0; i < settings.size(); ++i) {
    require(second.settings[i].key == settings[i].key, "a key stays");
    require(second.settings[i].value == settings[i].value, "a value stays");
  }
}

void check_waagent_conf(std::string_view text) {
  const auto settings = parse_waagent_conf(text);
  if (settings.empty()) return;
  const auto& first = settings.front();
  const auto edited = parse_waagent_conf(with_waagent_value(text, first.key, "edited"));
  require(edited.size() == settings.size(), "an edit adds and removes no setting");
  for (std::size_t i = 0; i < settings.size(); ++i) {
    require(edited[i].key == settings[i].key, "an edit changes no key");
    require(edited[i].value == (i == 0 ? "edited" : settings[i].value),
            "an edit changes one value only");
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  check_toml(text);
  check_waagent_conf(text);
  return 0;
}
