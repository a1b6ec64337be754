#include "provision/report/bundle.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/record/redact.h"
#include "provision/report/boot_list.h"
#include "provision/report/json.h"
#include "provision/report/text.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kComplete = "complete";
constexpr Duration kTimeLimit = 10s;
constexpr Duration kJournalTimeLimit = 30s;  // it may read gigabytes

/// Prints at most as many lines as fit into what is kept of a program's output (1 MiB).
std::vector<std::string> journal_argv(const std::vector<std::string>& matches) {
  std::vector<std::string> argv = {"journalctl", "--no-pager", "--quiet",
                                   "--output=short-iso-precise", "--lines=4000"};
  argv.insert(argv.end(), matches.begin(), matches.end());
  return argv;
}

/// Matches only fields that the journal adds itself, because any process can send the others.
/// PID 1 says when a unit starts and ends. The instances of a template have a slice of their own.
std::vector<std::string> own_units() {
  constexpr auto kUnits = std::to_array<std::string_view>(
      {"azl-provision-local.service", "azl-provision.service", "azl-provision-report.service",
       "azl-provision-disks.service"});
  std::vector<std::string> matches;
  for (const auto unit : kUnits) matches.push_back("_SYSTEMD_UNIT=" + std::string(unit));
  matches.insert(matches.end(),
                 {"+", R"(_SYSTEMD_SLICE=system-azl\x2dprovision\x2dlink.slice)",
                  R"(_SYSTEMD_SLICE=system-azl\x2dprovision\x2ddisk.slice)", "+", "_PID=1"});
  for (const auto unit : kUnits) matches.push_back("UNIT=" + std::string(unit));
  return matches;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string padded_left(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

/// The name and size of a file, in columns.
std::string first_columns(const BundleFile& file) {
  constexpr std::size_t kName = 18;
  constexpr std::size_t kSize = 9;
  const auto size = file.is_there ? std::to_string(file.text.size()) : "-";
  return padded(file.name, kName) + padded_left(size, kSize) + "  ";
}

}  // namespace

std::vector<BundleProgram> bundle_programs() {
  return {
      {"journal.txt", "journal of the agent's units", journal_argv(own_units()), kJournalTimeLimit},
      {"networkd.txt", "journal of systemd-networkd",
       journal_argv({"_SYSTEMD_UNIT=systemd-networkd.service"}), kJournalTimeLimit},
      {"sshd.txt", "effective settings of sshd", {"sshd", "-T"}, kTimeLimit},
      {"lsblk.txt",
       "disks and file systems",
       {"lsblk", "--output",
        "NAME,MAJ:MIN,TYPE,SIZE,RO,FSTYPE,LABEL,PARTLABEL,UUID,MOUNTPOINT,MODEL,HCTL,TRAN"},
       kTimeLimit},
      {"ip-addr.txt", "network links and addresses", {"ip", "-details", "address"}, kTimeLimit},
      {"ip-route.txt", "routes of all tables", {"ip", "route", "show", "table", "all"}, kTimeLimit},
      {"ip-route6.txt",
       "IPv6 routes of all tables",
       {"ip", "-6", "route", "show", "table", "all"},
       kTimeLimit},
      {"ip-rule.txt", "routing rules", {"ip", "rule"}, kTimeLimit},
      {"ip-rule6.txt", "IPv6 routing rules", {"ip", "-6", "rule"}, kTimeLimit},
      {"networkctl.txt",
       "links as systemd-networkd sees them",
       {"networkctl", "--no-pager", "--lines=0", "--all", "status"},
       kTimeLimit},
  };
}

BundleFile make_bundle_file(std::string name, std::string what, const std::string& text,
                            const std::string& outcome) {
  auto redacted = redact(text);
  return {.name = std::move(name),
          .what = std::move(what),
          .outcome = redact(outcome).text,
          .text = std::move(redacted.text),
          .removed = redacted.removed};
}

BundleFile make_missing_file(std::string name, std::string what, const std::string& why) {
  return {.name = std::move(name),
          .what = std::move(what),
          .outcome = redact(why).text,
          .is_there = false};
}

std::vector<BundleFile> bundle_reports(const ReportInputs& inputs) {
  TextStyle style;
  style.width = 120;
  std::vector<BundleFile> files;
  const auto add = [&](const std::string& name, const std::string& what, ReportChoice choice) {
    files.push_back(make_bundle_file(name + ".txt", what, to_text(inputs, choice, style)));
    files.push_back(make_bundle_file(name + ".json", "the same, as JSON",
                                     printable_json(to_json(inputs, choice))));
  };
  files.push_back(
      make_bundle_file("boots.txt", "boots that have records", describe_boots(inputs, style)));
  if (inputs.boots.empty()) add("report", "report: there is no record", {});
  for (std::size_t i = 0; i < inputs.boots.size(); ++i) {
    const auto& boot = inputs.boots[i];
    add("report-" + std::to_string(i + 1), "report of boot " + printable(boot.boot_id),
        {.boot = &boot, .earlier = false});
  }
  return files;
}

BundleFile make_manifest(const BundleOrigin& origin, const std::vector<BundleFile>& files) {
  BundleFile manifest{.name = "manifest.txt",
                      .what = "this list, and how collecting each file ended",
                      .outcome = std::string(kComplete)};
  auto& text = manifest.text;
  text = "azl-provision " AZL_VERSION ", support bundle of " + iso8601(origin.made) + "\n";
  text += origin.tree.empty()
              ? "Of the running machine.\n"
              : "Of the tree " + printable_line(origin.tree) +
                    ". Only its files were read: no program was asked about the machine on which "
                    "the bundle was made.\n";
  text += "Passwords, hashes, custom data, keys and tokens are replaced by [removed].\n\n";
  for (const auto& file : files) {
    text += first_columns(file) + file.what + ": " + printable_line(file.outcome);
    if (file.removed > 0) text += "; " + std::to_string(file.removed) + " [removed]";
    text += "\n";
  }
  return manifest;
}

std::string list_bundle(const std::vector<BundleFile>& files) {
  std::string text;
  for (const auto& file : files) {
    text += first_columns(file) + file.what + "\n";
    if (file.outcome != kComplete) text += "    " + printable_line(file.outcome) + "\n";
  }
  return text;
}

}  // namespace azl::provision
