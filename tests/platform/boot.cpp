#include "tests/platform/boot.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <unistd.h>

#include "base/process.h"
#include "base/text.h"
#include "tests/platform/encoding.h"
#include "tests/platform/examples.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;

/// A program that the boot needs, and its packages.
struct Needed {
  const char* name;
  const char* debian;
  const char* azure_linux;
};
constexpr std::array kNeeded = {
    Needed{"qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86"},
    Needed{"qemu-img", "qemu-utils", "qemu-img"},
    Needed{"dnsmasq", "dnsmasq-base", "dnsmasq"},
    Needed{"genisoimage", "genisoimage", "genisoimage or cdrkit"},
    Needed{"jq", "jq", "jq"},
    Needed{"ip", "iproute2", "iproute"},
    Needed{"ssh", "openssh-client", "openssh-clients"},
    Needed{"ssh-keygen", "openssh-client", "openssh-clients"},
};

/// Of Debian, of Fedora and Azure Linux, in this order.
constexpr std::array<std::pair<const char*, const char*>, 4> kFirmware = {{
    {"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    {"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    {"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},
    {"/usr/share/edk2/x64/OVMF_CODE.fd", "/usr/share/edk2/x64/OVMF_VARS.fd"},
}};

std::unexpected<std::string> system_error(const std::string& what) {
  return std::unexpected(what + ": " + strerror(errno));
}

/// Looks a name up in $PATH, as the script does.
bool is_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto directory : split(path == nullptr ? "" : path, ':')) {
    const std::string file = std::string(directory) + "/" + name;
    if (!directory.empty() && access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// "000D3A5C7E10" becomes "00:0d:3a:5c:7e:10".
std::string with_colons(const std::string& mac) {
  std::string text;
  for (std::size_t i = 0; i < mac.size(); i += 2)
    text += (i == 0 ? "" : ":") + lower(mac.substr(i, 2));
  return text;
}

Result<void> check_file(const std::string& option, const std::string& path) {
  if (path.empty()) return {};
  std::error_code error;
  if (fs::is_directory(path, error)) return std::unexpected(option + path + " is a directory");
  if (access(path.c_str(), R_OK) != 0) return system_error(option + path);
  return {};
}

Result<void> check_command(const BootCommand& command) {
  if (const auto missing = missing_programs(is_in_path); !missing.empty())
    return std::unexpected("programs are missing:\n  " + join(missing, "\n  "));
  if (geteuid() != 0) return std::unexpected("needs root, for a network of the VM's own");
  for (const auto& [option, path] : {std::pair{"", &command.image},
                                     {"--identity-file: ", &command.identity_file},
                                     {"--kernel: ", &command.kernel},
                                     {"--initrd: ", &command.initrd}}) {
    if (auto checked = check_file(option, *path); !checked) return checked;
  }
  if (command.kernel.empty() && !(command.initrd.empty() && command.append.empty()))
    return std::unexpected("--initrd and --append need --kernel");
  return {};
}

/// Returns the firmware to use; empty paths for the BIOS.
Result<Firmware> choose_firmware(const BootCommand& command) {
  if (command.firmware == "bios") return Firmware{};
  if (command.firmware == "auto" && !command.kernel.empty()) return Firmware{};
  const auto found =
      find_firmware([](const std::string& path) { return access(path.c_str(), R_OK) == 0; });
  if (found) return *found;
  if (command.firmware == "auto") return Firmware{};
  return std::unexpected(
      "there is no UEFI firmware for QEMU; install ovmf (Debian) or edk2-ovmf (Azure Linux)");
}

Result<std::string> make_run_directory(const std::string& keep) {
  if (keep.empty()) {
    std::string path = "/var/tmp/azl-boot.XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return system_error("could not make " + path);
    return path;
  }
  std::error_code error;
  fs::create_directories(keep, error);
  if (error || !fs::is_empty(keep, error) || error)
    return std::unexpected("--keep: " + keep + " must be an empty or a missing directory");
  return fs::absolute(keep).string();
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) return std::unexpected(path + ": could not be read");
  return text;
}

/// Makes a key pair for this run. Returns the public key.
Result<std::string> make_key(const std::string& path) {
  SystemClock clock;
  const auto made = SystemProcesses().run(
      {.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "azl-platform", "-f", path}},
      Deadline(clock, std::chrono::minutes(5)));
  if (!made) return std::unexpected(made.error().to_string());
  auto key = read_text(path + ".pub");
  if (!key) return key;
  return std::string(trim(*key));
}

/// Returns the path of the script: beside this program, installed or in the build.
std::string script() {
  return (fs::read_symlink("/proc/self/exe").parent_path() /
          "../share/azl-provision/boot/platform-boot")
      .lexically_normal()
      .string();
}

/// Becomes the script. Returns only if that fails.
Result<void> become(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  return system_error(arguments[0]);
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).string();
}

}  // namespace

std::optional<Firmware> find_firmware(const Exists& exists) {
  for (const auto& [code, variables] : kFirmware) {
    if (exists(code) && exists(variables)) return Firmware{code, variables};
  }
  return std::nullopt;
}

std::vector<std::string> missing_programs(const Exists& finds) {
  std::vector<std::string> missing;
  for (const Needed& needed : kNeeded) {
    if (finds(needed.name)) continue;
    missing.push_back(std::string(needed.name) + ": in the package " + needed.debian +
                      " (Debian), " + needed.azure_linux + " (Azure Linux)");
  }
  return missing;
}

Json complete_scenario(Json document, const Scenario& scenario, unsigned generation,
                       const std::string& public_key) {
  Json& vm = document["vm"];
  vm["vm_id"] = scenario.vm.vm_id;
  vm["generation"] = generation;
  vm["admin_username"] = scenario.vm.admin_username;
  if (!public_key.empty()) vm["ssh_keys"] = Json::array({public_key});
  Json interfaces = Json::array();
  for (const Interface& each : scenario.vm.interfaces) {
    interfaces.push_back({{"mac", with_colons(each.mac)},
                          {"ipv4", each.ipv4},
                          {"subnet", each.subnet},
                          {"ipv6", each.ipv6}});
  }
  vm["interfaces"] = interfaces;
  return document;
}

Result<void> boot_command(const BootCommand& command) {
  if (auto checked = check_command(command); !checked) return checked;
  const auto firmware = choose_firmware(command);
  if (!firmware) return std::unexpected(firmware.error());
  const auto text = read_scenario(command.scenario);
  if (!text) return std::unexpected(text.error());
  const auto scenario = parse_scenario(*text);
  if (!scenario) return std::unexpected(command.scenario + ":\n" + scenario.error());
  const auto run = make_run_directory(command.keep);
  if (!run) return std::unexpected(run.error());

  const bool makes_key = command.identity_file.empty();
  const std::string key = makes_key ? *run + "/user" : absolute(command.identity_file);
  const auto public_key = makes_key ? make_key(key) : Result<std::string>("");
  if (!public_key) return std::unexpected(public_key.error());
  const unsigned generation = firmware->code.empty() ? 1 : 2;
  const std::string scenario_file = *run + "/scenario.json";
  std::ofstream(scenario_file) << complete_scenario(Json::parse(*text, nullptr, true, true),
                                                    *scenario, generation, *public_key)
                                      .dump(2);
  const std::string& id = scenario->vm.vm_id;
  return become({script(), "image=" + absolute(command.image), "run=" + *run,
                 "scenario_file=" + scenario_file,
                 "platform_program=" + fs::read_symlink("/proc/self/exe").string(),
                 "user_key=" + key, "dmi_uuid=" + (generation == 1 ? byte_swapped(id) : id),
                 std::string("has_media=") + (scenario->has_media() ? "true" : "false"),
                 "firmware_code=" + firmware->code, "firmware_variables=" + firmware->variables,
                 "kernel=" + absolute(command.kernel), "initrd=" + absolute(command.initrd),
                 "append=" + command.append, "accel=" + command.accel,
                 "memory_mb=" + std::to_string(command.memory_mb),
                 "cpus=" + std::to_string(command.cpus),
                 "time_limit=" + std::to_string(command.timeout_s),
                 std::string("keep=") + (command.keep.empty() ? "false" : "true"),
                 std::string("shell=") + (command.shell ? "true" : "false")});
}

}  // namespace azl::platform
