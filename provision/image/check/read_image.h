// Reads what check_image() judges. Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/image/check/image_facts.h"

namespace azl::provision {

/// Where the facts come from, and how long that may take.
struct ImageSource {
  const Root& root;
  Processes& processes;
  const Deadline& deadline;
};

/// Reads everything. What cannot be read is in ImageFacts::unchecked, or counts as missing. Runs
/// systemd-analyze, sshd, ssh-keygen, xz, zstd and lz4 of the running system, with bounded time and
/// memory.
[[nodiscard]] ImageFacts read_image(const ImageSource& source);

// One function for each part. They take what earlier ones found.
void read_state_facts(const ImageSource& source, ImageFacts& facts);
void read_boot_facts(const ImageSource& source, ImageFacts& facts);
void read_agent_facts(const ImageSource& source, ImageFacts& facts);
void read_network_facts(const ImageSource& source, ImageFacts& facts);
void read_driver_facts(const ImageSource& source, ImageFacts& facts);
void read_program_facts(const ImageSource& source, ImageFacts& facts);
void read_account_facts(const ImageSource& source, ImageFacts& facts);
void read_sshd_facts(const ImageSource& source, ImageFacts& facts);
void read_selinux_facts(const ImageSource& source, ImageFacts& facts);

/// What the presets of an image say, in the order in which systemd reads them: systemd.preset(5).
class Presets {
 public:
  explicit Presets(const Root& root);
  [[nodiscard]] PresetFacts find(const std::string& unit) const;

 private:
  std::vector<FileLine> lines_;
};

/// Returns the file of a unit; empty if the image has none.
[[nodiscard]] std::string find_unit_file(const Root& root, const std::string& unit);
/// Whether a unit will be started: it is enabled, or it exists and the presets of the first boot
/// enable it.
[[nodiscard]] bool will_be_enabled(const Root& root, const Presets& presets, bool first_boot,
                                   const std::string& unit);

}  // namespace azl::provision
