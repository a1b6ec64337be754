#include "tests/platform/media.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/process.h"
#include "tests/platform/ovf_document.h"

namespace azl::platform {
namespace {

// In Azure's labels a serial number follows. ISO 9660 has room for 32 characters.
constexpr const char* kLabel = "rd_rdfe_stable.250101-0000";

Result<void> write_directory(const std::string& directory, const std::string& document) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  std::ofstream file(directory + "/ovf-env.xml", std::ios::binary | std::ios::trunc);
  file << document;
  file.close();
  if (!file) return std::unexpected("could not write " + directory + "/ovf-env.xml");
  return {};
}

Result<void> run_genisoimage(const std::string& image, const std::string& directory) {
  // The process has another working directory than we have, so it needs absolute paths.
  const std::string output_path = std::filesystem::absolute(image);
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::minutes(1));
  SystemProcesses processes;
  const auto output = processes.run(
      {.argv = {"genisoimage", "-quiet", "-udf", "-J", "-V", kLabel, "-o", output_path, directory}},
      deadline);
  if (output) return {};
  if (output.error().reason() == Reason::kToolMissing) {
    return std::unexpected(
        "genisoimage, which makes the image, is not installed; install it, or write a directory "
        "(--output DIR) and make the image elsewhere");
  }
  return std::unexpected(output.error().to_string());
}

Result<void> write_image(const std::string& image, const std::string& document) {
  std::string directory = std::filesystem::temp_directory_path() / "azl-media-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) {
    return std::unexpected("could not make " + directory + ": " + strerror(errno));
  }
  auto done = write_directory(directory, document);
  if (done) done = run_genisoimage(image, directory);
  std::error_code ignored;  // at worst, a directory stays in /tmp
  std::filesystem::remove_all(directory, ignored);
  return done;
}

}  // namespace

Result<void> write_media(const Scenario& scenario, const std::string& output) {
  if (!scenario.has_media()) {
    return std::unexpected(
        R"(this scenario has no media: "ovf": {"enabled": false} or a specialized VM)");
  }
  const std::string document = ovf_document(in_pool(scenario));
  return output.ends_with(".iso") ? write_image(output, document)
                                  : write_directory(output, document);
}

}  // namespace azl::platform
