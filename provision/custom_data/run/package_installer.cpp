#include "provision/custom_data/run/package_installer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/plan/package_name.h"
#include "provision/custom_data/run/package_locks.h"
#include "provision/custom_data/run/package_manager.h"

namespace azl::provision::custom_data {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestWait = 10min;  // for locks, in all
constexpr Duration kRebootQuestion = 5min;
constexpr int kMostTries = 100;  // of a command that another package manager disturbs

std::string output_is_in_log() { return "; its output is in " + std::string(kOutputLog); }

class Installer {
 public:
  Installer(const InstallPackages& packages, const PackageContext& context, PackageManager manager)
      : packages_(packages), context_(context), manager_(std::move(manager)) {}

  PackagesEnd run();

 private:
  struct Problem {
    Cause cause;
    std::string text;
  };

  void repair();
  void update();
  void upgrade();
  /// Chooses the packages for this package manager.
  [[nodiscard]] std::vector<PackageName> choose();
  void install(const std::vector<PackageName>& packages);
  void install_singly(const std::vector<PackageName>& packages);
  /// Whether it can be that only some packages are at fault.
  [[nodiscard]] bool are_repositories_readable();
  void find_required_reboot();
  /// Returns nullopt if it cannot be found out.
  [[nodiscard]] std::optional<bool> is_reboot_required();

  /// Runs a command when no other package manager runs. Returns nullopt for success, otherwise a
  /// sentence: "'dnf install' ended with exit status 1".
  [[nodiscard]] std::optional<std::string> run(std::string_view word,
                                               const std::vector<std::string>& command);
  /// Errors: those of run_to_end(); kCustomData if another package manager holds a lock for too
  /// long.
  [[nodiscard]] Result<ProgramEnd> run_undisturbed(const Program& program);
  /// Returns who still holds a lock when the time for waiting is over or the agent is to stop.
  [[nodiscard]] std::optional<std::string> wait_for_locks();
  /// Returns whether a program failed because of another package manager and may be run again.
  [[nodiscard]] bool wait_after(const ProgramEnd& end);
  void wait(Duration time);
  [[nodiscard]] std::optional<std::string> find_holder() const {
    return find_lock_holder(context_.root, manager_.locks());
  }
  /// Whether another package manager has outlasted the time for waiting.
  [[nodiscard]] bool is_locked() const { return waited_ >= kLongestWait && find_holder(); }
  void log(const std::string& line) {
    context_.log.tell(context_.clock.wall(), "packages: " + line);
  }
  void add_problem(Cause cause, std::string text) { problems_.push_back({cause, std::move(text)}); }

  const InstallPackages& packages_;
  const PackageContext& context_;
  const PackageManager manager_;
  PackagesEnd end_ = {};
  std::vector<std::string> done_ = {};
  std::vector<Problem> problems_ = {};
  std::vector<PackageName> left_out_ = {};  ///< for another package manager
  bool read_lists_ = false;                 ///< the lists were read
  Duration waited_ = {};                    ///< for locks
};

PackagesEnd Installer::run() {
  const auto chosen = choose();
  if (context_.again) repair();
  const bool apt = manager_.family == PackageFamily::kApt;
  if (packages_.update || packages_.upgrade || (apt && !chosen.empty())) update();
  if (packages_.upgrade && !end_.stopped) upgrade();
  if (!chosen.empty() && !end_.stopped) install(chosen);
  if (packages_.reboot_if_required && !end_.stopped) find_required_reboot();
  if (!left_out_.empty())
    done_.push_back("left out " + describe_count(left_out_.size(), "package") +
                    " for another package manager: " + describe_packages(left_out_));
  const auto done = done_.empty() ? "did nothing" : join(done_, ", ");
  end_.what = done + " with " + std::string(manager_.name);
  for (auto& [cause, text] : problems_) {
    if (&text == &problems_.back().text && !done_.empty()) text += "; but it " + done;
    end_.problems.emplace_back(cause, text);
  }
  return std::move(end_);
}

std::vector<PackageName> Installer::choose() {
  std::vector<PackageName> chosen;
  std::vector<PackageName> wrong;
  for (const auto& package : packages_.names) {
    const bool fits = package.family == PackageFamily::kAny || package.family == manager_.family;
    // The plan has words only. This is for a file of items that somebody changed.
    const bool is_word = is_package_word(package.name) &&
                         (package.version.empty() || is_package_word(package.version));
    (!is_word ? wrong : fits ? chosen : left_out_).push_back(package);
  }
  if (!wrong.empty())
    add_problem(Cause::kCustomDataDocument,
                describe_count(wrong.size(), "package") + " left out, whose names are none");
  return chosen;
}

void Installer::repair() {
  add_problem(Cause::kCustomDataAgain,
              "installing was begun before and did not end; it is carried out again");
  if (manager_.family != PackageFamily::kApt) return;
  // apt refuses to work after dpkg was interrupted.
  auto dpkg = manager_.path;
  dpkg.replace(dpkg.rfind('/') + 1, std::string::npos, "dpkg");
  (void)run("--configure -a",
            {std::move(dpkg), "--force-confdef", "--force-confold", "--configure", "-a"});
  (void)run("install --fix-broken", manager_.repair_command());
}

void Installer::update() {
  const auto failure = run(manager_.update_word(), manager_.update_command());
  read_lists_ = !failure;
  // If nobody asked for it, the installation says what is missing.
  if (!packages_.update && !packages_.upgrade) return;
  if (failure) {
    add_problem(Cause::kCustomDataRepositories,
                "the package lists could not be updated: " + *failure + output_is_in_log());
  } else {
    done_.emplace_back("updated the package lists");
  }
}

void Installer::upgrade() {
  if (const auto failure = run(manager_.upgrade_word(), manager_.upgrade_command())) {
    add_problem(Cause::kCustomDataPackages,
                "the packages could not be upgraded: " + *failure + output_is_in_log());
  } else {
    done_.emplace_back("upgraded all packages");
  }
}

void Installer::install(const std::vector<PackageName>& packages) {
  const auto failure = run("install", manager_.install_command(packages));
  if (!failure) {
    done_.push_back("installed " + describe_count(packages.size(), "package"));
  } else if (end_.stopped) {
    return;
  } else if (packages.size() == 1 || is_locked()) {
    add_problem(Cause::kCustomDataPackages, "could not install " + describe_packages(packages) +
                                                ": " + *failure + output_is_in_log());
  } else if (are_repositories_readable()) {
    install_singly(packages);
  } else if (!end_.stopped) {
    add_problem(Cause::kCustomDataRepositories,
                "no package could be installed, because the repositories could not be read: " +
                    *failure + output_is_in_log());
  }
}

void Installer::install_singly(const std::vector<PackageName>& packages) {
  log("not all packages can be installed together; each is tried by itself");
  std::vector<PackageName> failed;
  for (const auto& package : packages) {
    if (run("install", manager_.install_command({&package, 1}))) failed.push_back(package);
    if (end_.stopped) return;
  }
  const auto installed = packages.size() - failed.size();
  if (installed > 0)
    done_.push_back("installed " + describe_count(installed, "package") + " one by one");
  if (failed.empty()) return;
  add_problem(Cause::kCustomDataPackages, "could not install " + std::to_string(failed.size()) +
                                              " of " + describe_count(packages.size(), "package") +
                                              ": " + describe_packages(failed) +
                                              output_is_in_log());
}

bool Installer::are_repositories_readable() {
  // apt-get installs from the repositories that it can read.
  if (manager_.family == PackageFamily::kApt) return true;
  // A failure may have passed by now.
  if (!read_lists_) read_lists_ = !run(manager_.update_word(), manager_.update_command());
  return read_lists_;
}

void Installer::find_required_reboot() {
  const auto required = is_reboot_required();
  end_.reboot_required = required.value_or(false);
  if (end_.reboot_required) {
    done_.emplace_back("found that a reboot is required, which follows when everything has run");
  } else if (!required) {
    add_problem(Cause::kRebootNotKnown,
                "whether a reboot is required could not be found out, so that the system does not "
                "reboot: 'needs-restarting' of the package " +
                    std::string(manager_.reboot_package()) + " is missing or failed");
  }
}

std::optional<bool> Installer::is_reboot_required() {
  for (const auto* file : {"/run/reboot-required", "/run/reboot-needed"}) {
    if (context_.root.exists(file)) return true;
  }
  if (manager_.family == PackageFamily::kApt) return false;
  Command command{.argv = manager_.reboot_command(context_.root), .good_statuses = {0, 1}};
  if (command.argv.empty()) return std::nullopt;
  log(std::string(manager_.name) + " needs-restarting");
  const auto end = context_.processes.run(command, Deadline(context_.clock, kRebootQuestion));
  if (!end) return std::nullopt;
  if (end->status == 0) return false;
  // A failure, and dnf without the plugin, have status 1, too.
  if (!end->out.contains("Reboot is required")) return std::nullopt;
  return true;
}

std::optional<std::string> Installer::run(std::string_view word,
                                          const std::vector<std::string>& command) {
  const auto& path = command.front();
  const auto name = path.substr(path.rfind('/') + 1) + " " + std::string(word);
  log(name);
  const auto end = run_undisturbed({.argv = command, .environment = manager_.environment()});
  if (!end) return "'" + name + "' was not run: " + end.error().to_string();
  if (end->is_good()) return std::nullopt;
  auto failure = "'" + name + "' " + describe_end(*end);
  if (const auto holder = find_holder())
    failure += ", while " + *holder + " held the lock of the package manager";
  return failure;
}

Result<ProgramEnd> Installer::run_undisturbed(const Program& program) {
  for (int tries = 1;; ++tries) {
    const auto holder = wait_for_locks();
    if (context_.stop.came()) {
      end_.stopped = true;
      return ProgramEnd{.running = true};  // another package manager is
    }
    if (holder)
      return fail(Reason::kCustomData,
                  *holder + " has held the lock of the package manager for too long");
    auto end = run_to_end(program, context_.log,
                          {.instance_id = context_.instance_id,
                           .while_running = context_.while_running,
                           .stop = context_.stop});
    if (end && end->running) end_.stopped = true;
    if (!end || end_.stopped || end->is_good() || tries == kMostTries || !wait_after(*end))
      return end;
  }
}

std::optional<std::string> Installer::wait_for_locks() {
  for (bool told = false;; told = true) {
    auto holder = find_holder();
    if (!holder || waited_ >= kLongestWait || context_.stop.came()) return holder;
    if (!told) log("waits for another package manager, " + *holder);
    wait(1s);
  }
}

bool Installer::wait_after(const ProgramEnd& end) {
  if (waited_ >= kLongestWait) return false;
  if (find_holder()) return true;
  if (end.status != manager_.locked_status()) return false;
  wait(5s);
  return true;
}

void Installer::wait(Duration time) {
  context_.while_running();
  context_.clock.sleep(time);
  waited_ += time;
}

}  // namespace

PackagesEnd install_packages(const InstallPackages& packages, const PackageContext& context) {
  auto manager = find_package_manager(context.root, packages.family);
  if (manager) return Installer(packages, context, std::move(*manager)).run();
  PackagesEnd end;
  end.problems.emplace_back(Cause::kNoPackageManager,
                            "there is no package manager: neither dnf5, dnf, tdnf nor apt-get");
  return end;
}

}  // namespace azl::provision::custom_data
