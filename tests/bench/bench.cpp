// Measures the provisioning of a root tree against the simulator: CPU, memory, wall time, requests.
//
//   azl-bench [RUNS]     needs root; prints Markdown tables
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr azl::Duration kPatience = std::chrono::minutes(2);

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "azl-bench: %s\n", why.c_str());
  std::exit(1);
}

azl::ProcessOutput run(std::vector<std::string> argv) {
  azl::SystemClock clock;
  azl::SystemProcesses processes;
  auto output = processes.run({.argv = std::move(argv), .good_statuses = {0, 2}},
                              azl::Deadline(clock, kPatience));
  if (!output) give_up(output.error().to_string());
  return *output;
}

/// A temporary folder with a scenario and its media, and a running simulator.
class Lab {
 public:
  Lab() {
    std::string pattern = (fs::temp_directory_path() / "azl-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) give_up("no temporary directory");
    folder_ = pattern;
    std::ofstream(path("scenario.json")) << run({AZL_PLATFORM_PROGRAM, "scenario", "default"}).out;
    run({AZL_PLATFORM_PROGRAM, "media", path("scenario.json"), "--output", path("media")});
    start();
  }
  ~Lab() {
    simulator_.reset();
    fs::remove_all(folder_);
  }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  void fresh_tree() const {
    fs::remove_all(path("tree"));
    run({AZL_PLATFORM_PROGRAM, "tree", path("scenario.json"), path("tree")});
  }
  [[nodiscard]] azl::ProcessOutput provision(const std::string& stage = {}) const {
    std::vector<std::string> argv = {
        AZL_PROVISION_PROGRAM, "run",        "--root", path("tree"),       "--media",
        path("media"),         "--imds-url", imds_,    "--wireserver-url", wireserver_};
    if (!stage.empty()) argv.push_back("--stage=" + stage);
    return run(std::move(argv));
  }
  [[nodiscard]] json report() const {
    return json::parse(
        run({AZL_PROVISION_PROGRAM, "report", "--root", path("tree"), "--format=json"}).out);
  }
  [[nodiscard]] std::map<std::string, int> requests() const {
    std::map<std::string, int> counts;
    std::ifstream log(path("requests.jsonl"));
    for (std::string line; std::getline(log, line);)
      ++counts[json::parse(line).at("server").get<std::string>()];
    return counts;
  }

 private:
  void start() {
    auto started =
        processes_.start({.argv = {AZL_PLATFORM_PROGRAM, "serve", path("scenario.json"), "--log",
                                   path("requests.jsonl"), "--ready-file", path("ready.json")}});
    if (!started) give_up(started.error().to_string());
    simulator_ = std::move(*started);
    azl::SystemClock clock;
    const azl::Deadline deadline(clock, kPatience);
    while (!fs::exists(path("ready.json"))) {
      if (deadline.passed()) give_up("the simulator did not start");
      clock.sleep(std::chrono::milliseconds(10));
    }
    const auto ready = json::parse(std::ifstream(path("ready.json")));
    imds_ = ready.at("imds_url");
    wireserver_ = ready.at("wireserver_url");
  }

  fs::path folder_;
  azl::SystemProcesses processes_;
  std::unique_ptr<azl::Child> simulator_;
  std::string imds_;
  std::string wireserver_;
};

struct Sample {
  double cpu_ms = 0;
  double rss_mib = 0;
  double wall_ms = 0;        ///< all stages
  double wall_alone_ms = 0;  ///< wall_ms without the time spent waiting for programs
  std::map<std::string, std::pair<double, double>> tools;  ///< wall and CPU, ms
};

Sample sample(const json& report) {
  Sample result;
  for (const auto& stage : report.at("stages")) {
    // All stages of a run are one process, so the last stage has the totals of the process.
    result.cpu_ms = stage.at("cpu_us").get<double>() / 1000;
    result.rss_mib = stage.at("max_rss_kib").get<double>() / 1024;
    result.wall_ms += stage.at("took_us").get<double>() / 1000;
    for (const auto& step : stage.at("steps")) {
      double waited = 0;
      for (const auto& tool : step.at("tools")) {
        const double wall = tool.at("wall_us").get<double>() / 1000;
        auto& [sum, cpu] = result.tools[tool.at("program")];
        sum += wall;
        cpu += tool.at("cpu_us").get<double>() / 1000;
        waited += wall;
      }
      // Host keys are made in parallel with other steps, so the sum can exceed the step's own time.
      result.wall_alone_ms -= std::min(waited, step.at("took_us").get<double>() / 1000);
    }
  }
  result.wall_alone_ms += result.wall_ms;
  return result;
}

void row(const char* what, std::vector<double> values, const char* unit, const char* goal) {
  std::ranges::sort(values);
  std::printf("| %s | %.1f %s | %.1f | %.1f | %s |\n", what, values[values.size() / 2], unit,
              values.front(), values.back(), goal);
}

template <class Member>
std::vector<double> column(const std::vector<Sample>& samples, Member member) {
  std::vector<double> values;
  for (const auto& one : samples) values.push_back(one.*member);
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  if (::geteuid() != 0) give_up("provisioning a root tree needs root");
  const Lab lab;
  std::vector<Sample> first;
  std::map<std::string, std::vector<double>> later;
  for (int i = 0; i < runs; ++i) {
    std::fprintf(stderr, "\rrun %d of %d", i + 1, runs);
    lab.fresh_tree();
    (void)lab.provision();
    first.push_back(sample(lab.report()));
    for (const std::string stage : {"local", "main", "report"}) {
      later[stage].push_back(
          std::chrono::duration<double, std::milli>(lab.provision(stage).cpu).count());
    }
  }
  std::fprintf(stderr, "\n");
  const auto requests = lab.requests();
  std::printf("| what | median of %d | least | most | goal |\n|---|---|---|---|---|\n", runs);
  row("first boot: the agent's own CPU (user + system)", column(first, &Sample::cpu_ms), "ms",
      "<= 25 ms");
  row("first boot: peak RSS", column(first, &Sample::rss_mib), "MiB", "<= 16 MiB");
  row("first boot: wall time without the programs that it waits for",
      column(first, &Sample::wall_alone_ms), "ms", "<= 150 ms");
  row("first boot: wall time", column(first, &Sample::wall_ms), "ms", "");
  for (auto& [stage, values] : later)
    row(("later boot: CPU of stage " + stage).c_str(), values, "ms", "<= 10 ms");
  for (const auto& [server, count] : requests) {
    std::printf("| requests to %s in first and later boots, per first boot | %.2f | | | 1 |\n",
                server.c_str(), static_cast<double>(count) / runs);
  }
  std::printf("| size of the stripped program | %.2f MiB | | | <= 2 MiB |\n",
              static_cast<double>(fs::file_size(AZL_PROVISION_PROGRAM)) / (1 << 20));
  std::printf(
      "\nPrograms that it runs, medians of a first boot:\n\n| program | wall time | CPU "
      "|\n|---|---|---|\n");
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> tools;
  for (const auto& one : first) {
    for (const auto& [name, times] : one.tools) {
      tools[name].first.push_back(times.first);
      tools[name].second.push_back(times.second);
    }
  }
  for (auto& [name, times] : tools) {
    std::ranges::sort(times.first);
    std::ranges::sort(times.second);
    std::printf("| %s | %.1f ms | %.1f ms |\n", name.c_str(), times.first[times.first.size() / 2],
                times.second[times.second.size() / 2]);
  }
  return 0;
}
