#include "tests/platform/fleet.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "base/process.h"
#include "base/root.h"
#include "base/text.h"
#include "tests/platform/fleet_vm.h"
#include "tests/platform/media.h"
#include "tests/platform/serve.h"
#include "tests/platform/tree.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;

/// A VM that is ready to be switched on. Its address is known to the platform's threads.
struct Machine {
  FleetVm vm = {};
  std::string folder = {};
  bool media = false;
  std::unique_ptr<Platform> platform = {};
};

/// Each VM needs about ten descriptors, and 1,024 is the usual limit.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> check_tree(const std::string& tree) {
  std::error_code error;
  const fs::path path = fs::canonical(tree, error);
  if (error || !fs::is_directory(path)) return std::unexpected(tree + " is not a directory");
  if (path == "/") return std::unexpected("/ is the running system; name a root tree");
  if (!fs::exists(path / "etc")) {
    return std::unexpected(tree + " has no etc, so it is not a root tree; " +
                           "'azl-platform tree' makes one");
  }
  return {};
}

/// A program that does not start would otherwise fail in each VM.
Result<void> check_program(const std::string& program) {
  SystemClock clock;
  const auto version = SystemProcesses().run({.argv = {program, "--version"}},
                                             Deadline(clock, std::chrono::minutes(1)));
  if (version) return {};
  return std::unexpected(version.error().to_string() +
                         "; install azl-provision, or name it with --program");
}

/// Copies the tree, and gives the copy the identity of the VM.
Result<void> make_root(const FleetOptions& options, const Vm& vm, const std::string& root) {
  SystemClock clock;
  const auto copied =
      SystemProcesses().run({.argv = {"cp", "--archive", "--reflink=auto", "--one-file-system",
                                      "--no-target-directory", "--", options.tree, root}},
                            Deadline(clock, options.timeout));
  if (!copied) return std::unexpected(copied.error().to_string());
  return become_machine(vm, root);
}

Result<void> prepare(Machine& machine, const FleetOptions& options, unsigned number) {
  const Scenario scenario = fleet_member(options.scenario, number);
  machine.vm.name = scenario.vm.name;
  machine.vm.vm_id = scenario.vm.vm_id;
  machine.folder = options.directory + "/" + std::to_string(number);
  fs::create_directories(machine.folder);
  if (auto made = make_root(options, scenario.vm, machine.folder + "/root"); !made) return made;
  machine.media = scenario.has_media();
  if (machine.media) {
    if (auto written = write_media(scenario, machine.folder + "/media"); !written) return written;
  }
  auto platform = Platform::start({.scenario = scenario,
                                   .log = machine.folder + "/requests.jsonl",
                                   .observer = [&vm = machine.vm](const Exchange& exchange) {
                                     vm.requests.push_back(to_fleet_request(exchange));
                                   }});
  if (!platform) return std::unexpected(platform.error());
  machine.platform = std::move(*platform);
  return {};
}

Command first_boot(const Machine& machine, const FleetOptions& options) {
  Command command{.argv = {options.program, "run", "--root", machine.folder + "/root", "--imds-url",
                           machine.platform->imds_url(), "--wireserver-url",
                           machine.platform->wireserver_url()},
                  .good_statuses = {0, 1, 2, 3, 4}};
  if (machine.media)
    command.argv.insert(command.argv.end(), {"--media", machine.folder + "/media"});
  return command;
}

/// Returns the last line that is not empty.
std::string last_line(std::string_view text) {
  std::string last;
  for (const auto line : split_lines(text)) {
    if (!trim(line).empty()) last = printable_line(trim(line));
  }
  return last;
}

void boot(Machine& machine, const FleetOptions& options) {
  SystemClock clock;
  machine.vm.start = clock.wall();
  const SteadyTime start = clock.now();
  auto ended =
      SystemProcesses().run(first_boot(machine, options), Deadline(clock, options.timeout));
  machine.vm.wall = clock.now() - start;
  if (!ended) {
    machine.vm.error = ended.error().to_string();
    return;
  }
  machine.vm.exit_status = ended->status;
  if (ended->status != 0) machine.vm.error = last_line(ended->err_tail);
  std::ofstream(machine.folder + "/agent.log") << ended->out << ended->err_tail;
}

/// Starts all VMs at once, and waits for them.
void boot_all(std::vector<Machine>& machines, const FleetOptions& options) {
  std::latch start(static_cast<std::ptrdiff_t>(machines.size()));
  std::mutex mutex;
  unsigned ended = 0;
  std::vector<std::jthread> threads;
  for (Machine& machine : machines) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      boot(machine, options);
      const std::lock_guard lock(mutex);
      ++ended;
      if (options.progress) options.progress(ended);
    });
  }
}

}  // namespace

Result<std::vector<FleetVm>> run_fleet(const FleetOptions& options) {
  if (geteuid() != 0)
    return std::unexpected("needs root, as useradd and its kind do that work on the trees");
  if (auto checked = check_tree(options.tree); !checked) return std::unexpected(checked.error());
  if (auto checked = check_program(options.program); !checked)
    return std::unexpected(checked.error());
  raise_descriptor_limit();
  std::vector<Machine> machines(options.vms);
  for (unsigned i = 0; i < options.vms; ++i) {
    if (auto prepared = prepare(machines[i], options, i + 1); !prepared)
      return std::unexpected(prepared.error());
  }
  boot_all(machines, options);
  std::vector<FleetVm> vms;
  for (Machine& machine : machines) {
    machine.platform.reset();  // from here on, nothing is added to its requests
    vms.push_back(std::move(machine.vm));
  }
  return vms;
}

}  // namespace azl::platform
