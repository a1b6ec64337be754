// azl-platform: simulates Azure for a VM image or an agent under test. Manual:
// docs/azl-platform.md.
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/platform/boot.h"
#include "tests/platform/examples.h"
#include "tests/platform/fleet.h"
#include "tests/platform/fleet_command.h"
#include "tests/platform/media.h"
#include "tests/platform/scenario.h"
#include "tests/platform/serve.h"
#include "tests/platform/tree.h"

namespace azl::platform {
namespace {

constexpr const char* kDescription =
    "Simulates Azure for an image or a provisioning agent under test: the metadata service "
    "(IMDS),\n"
    "the WireServer, the provisioning media and a root tree, all from one scenario file.";

constexpr const char* kFooter = R"(
Examples:
  azl-platform scenario default > vm.json      # a start for your own; {} is valid, too
  azl-platform serve vm.json --log requests.jsonl --ready-file ready.json &
  azl-platform media vm.json --output media/   # media/ovf-env.xml
  azl-platform media vm.json --output dvd.iso  # for a VM's CD drive
  sudo azl-platform tree vm.json /tmp/root     # for azl-provision run --root /tmp/root
  sudo azl-platform serve vm.json --identity /mnt/image &    # the same with your own image
  sudo azl-platform boot image.qcow2           # boots it under QEMU, and says what came of it
  sudo azl-platform fleet 20 /tmp/root         # 20 VMs with this tree boot at the same time
  curl -H Metadata:true "$(jq -r .imds_url ready.json)/metadata/instance?api-version=2023-11-15"

At Azure's own addresses, inside a separate network namespace:
  ip address add 169.254.169.254/32 dev lo; ip address add 168.63.129.16/32 dev lo
  azl-platform serve vm.json --imds 169.254.169.254:80 --wireserver 168.63.129.16:80

Use - as SCENARIO to read standard input. Manual: docs/azl-platform.md)";

int report(const std::string& error) {
  std::cerr << "azl-platform: " << error << '\n';
  return 1;
}

/// Loads the scenario and calls `use` with it. Returns the exit status.
template <class Use>
int with_scenario(const std::string& path, Use use) {
  auto scenario = load_scenario(path);
  if (!scenario) return report(scenario.error());
  const Result<void> done = use(std::move(*scenario));
  return done ? 0 : report(done.error());
}

int print_example(const std::string& name) {
  if (name.empty()) {
    for (const Example& example : examples()) {
      std::cout << example.name << std::string(16 - example.name.size(), ' ') << example.summary
                << '\n';
    }
    return 0;
  }
  const auto example = find_example(name);
  if (!example) {
    return report("there is no scenario '" + name + "'; run 'azl-platform scenario' for a list");
  }
  std::cout << example->text;
  return 0;
}

CLI::App* add_fleet(CLI::App& app, FleetCommand& fleet) {
  CLI::App* command = app.add_subcommand(
      "fleet", "boot many VMs side by side, and show how they share the metadata service");
  command->add_option("N", fleet.vms, "number of VMs")
      ->check(CLI::Range(1U, kLargestFleet))
      ->required();
  command->add_option("TREE", fleet.tree, "root tree of each VM; it is copied, not changed")
      ->required();
  command->add_option("--scenario", fleet.scenario, "example or file that describes the VMs")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command->add_option("--program", fleet.program, "the azl-provision to run")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--rate", fleet.rate, "requests per second that IMDS accepts from each VM")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  command
      ->add_option("--spent", fleet.spent,
                   "how many of these other programs of the VM have just sent (default: all)")
      ->check(CLI::Range(0, 1000));
  command->add_option("--timeout", fleet.timeout_s, "longest time of a first boot, in seconds")
      ->check(CLI::Range(1U, 86400U))
      ->capture_default_str();
  command
      ->add_option("--keep", fleet.keep,
                   "keep trees, agents' output and request logs there; it must be empty or missing")
      ->type_name("DIR");
  command->add_option("--format", fleet.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  return command;
}

CLI::App* add_boot(CLI::App& app, BootCommand& boot) {
  CLI::App* command = app.add_subcommand(
      "boot", "boot a disk image under QEMU with the simulated platform around it");
  command->add_option("IMAGE", boot.image, "disk image; it is not changed")->required();
  command->add_option("--scenario", boot.scenario, "example or file that describes the VM")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      ->add_option("--identity-file", boot.identity_file,
                   "private key of the scenario's user (default: a new one)")
      ->type_name("FILE");
  command->add_option("--firmware", boot.firmware, "auto, bios or uefi")
      ->check(CLI::IsMember({"auto", "bios", "uefi"}))
      ->capture_default_str();
  command->add_option("--accel", boot.accel, "auto, kvm or tcg (emulation)")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}))
      ->capture_default_str();
  command->add_option("--memory", boot.memory_mb, "memory of the VM in MiB")
      ->check(CLI::Range(128U, 1U << 20U))
      ->capture_default_str();
  command->add_option("--cpus", boot.cpus, "processors of the VM")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  command->add_option("--timeout", boot.timeout_s, "longest time to wait for the VM, in seconds")
      ->check(CLI::Range(1U, 86400U))
      ->capture_default_str();
  command->add_option("--kernel", boot.kernel, "kernel to start in place of the boot loader")
      ->type_name("FILE");
  command->add_option("--initrd", boot.initrd, "its initrd")->type_name("FILE");
  command->add_option("--append", boot.append, "its command line");
  command
      ->add_option("--keep", boot.keep,
                   "keep disk, console, requests and report there; it must be empty or missing")
      ->type_name("DIR");
  command->add_flag("--shell", boot.shell, "then log in to the VM");
  return command;
}

/// The values given on the command line.
struct Arguments {
  std::string scenario;
  std::string imds = "127.0.0.1:0";
  std::string wireserver = "127.0.0.1:0";
  std::string host_plugin;
  std::string log;
  std::string ready_file;
  std::string release_file;
  std::string authority;
  std::string identity;
  std::string output;
  std::string directory;
  std::string name;
};

Result<void> serve_at(Scenario scenario, const Arguments& arguments) {
  auto imds = parse_endpoint(arguments.imds);
  if (!imds) return std::unexpected("--imds: " + imds.error());
  auto wireserver = parse_endpoint(arguments.wireserver);
  if (!wireserver) return std::unexpected("--wireserver: " + wireserver.error());
  std::optional<Endpoint> host_plugin;
  if (!arguments.host_plugin.empty()) {
    auto endpoint = parse_endpoint(arguments.host_plugin);
    if (!endpoint) return std::unexpected("--host-plugin: " + endpoint.error());
    host_plugin = *endpoint;
  }
  return serve({.scenario = std::move(scenario),
                .imds = *imds,
                .wireserver = *wireserver,
                .host_plugin = host_plugin,
                .log = arguments.log,
                .ready_file = arguments.ready_file,
                .release_file = arguments.release_file,
                .authority = arguments.authority,
                .identity = arguments.identity});
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(kDescription, "azl-platform");
  app.footer(kFooter);
  app.set_version_flag("--version", "azl-platform " AZL_VERSION);
  app.require_subcommand(1);
  const auto add_command = [&](const char* name, const char* summary) {
    CLI::App* command = app.add_subcommand(name, summary);
    command->add_option("SCENARIO", arguments.scenario, "scenario file, or - for standard input")
        ->required();
    return command;
  };

  CLI::App* serve_command =
      add_command("serve", "run IMDS and the WireServer until a signal ends it");
  serve_command
      ->add_option("--imds", arguments.imds, "address and port of IMDS; port 0 is any free port")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  serve_command
      ->add_option("--wireserver", arguments.wireserver, "address and port of the WireServer")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  serve_command
      ->add_option("--host-plugin", arguments.host_plugin,
                   "address and port of a host plugin for WALinuxAgent that only answers 404")
      ->type_name("HOST:PORT");
  serve_command
      ->add_option("--log", arguments.log,
                   "append one JSON line for each request (default: standard error)")
      ->type_name("FILE");
  serve_command
      ->add_option("--ready-file", arguments.ready_file,
                   "write the URLs there, as JSON, once both services listen")
      ->type_name("FILE");
  serve_command
      ->add_option("--release-file", arguments.release_file,
                   "answers that a scenario holds are sent once FILE exists")
      ->type_name("FILE");
  serve_command
      ->add_option("--authority", arguments.authority,
                   "write root.pem and intermediate.pem there, of the authority that signs the "
                   "attested document")
      ->type_name("DIR");
  serve_command
      ->add_option("--identity", arguments.identity,
                   "meanwhile, give this tree the VM's identity; its sys/ must be empty")
      ->type_name("DIR");

  CLI::App* media_command = add_command("media", "write the provisioning media (ovf-env.xml)");
  media_command
      ->add_option("-o,--output", arguments.output, "directory, or image if the name ends in .iso")
      ->type_name("DIR|FILE.iso")
      ->required();

  CLI::App* tree_command = add_command("tree", "make a root tree as it is before the first boot");
  tree_command->add_option("DIR", arguments.directory, "directory that is missing or empty")
      ->required();

  BootCommand boot;
  CLI::App* boot_app = add_boot(app, boot);
  FleetCommand fleet;
  CLI::App* fleet_app = add_fleet(app, fleet);
  CLI::App* scenario_command =
      app.add_subcommand("scenario", "print an example scenario, or list them");
  scenario_command->add_option("NAME", arguments.name,
                               "the example to print; without it, all are listed");

  CLI11_PARSE(app, argc, argv);
  if (*scenario_command) return print_example(arguments.name);
  if (*boot_app) {
    const auto failed = boot_command(boot);
    return failed ? 0 : report(failed.error());
  }
  if (*fleet_app) return fleet_command(fleet);
  return with_scenario(arguments.scenario, [&](Scenario scenario) -> Result<void> {
    if (*serve_command) return serve_at(std::move(scenario), arguments);
    if (*media_command) return write_media(scenario, arguments.output);
    return write_tree(scenario, arguments.directory);
  });
}

}  // namespace
}  // namespace azl::platform

int main(int argc, char** argv) {
  try {
    return azl::platform::run(argc, argv);
  } catch (const std::exception& error) {
    // Only failures that no caller can handle get here, such as no memory or no more threads.
    std::cerr << "azl-platform: " << error.what() << '\n';
    return 1;
  }
}
