// What `report --bundle` collects for support, and how it is listed.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "provision/report/boots.h"

namespace azl::provision {

/// A program whose output goes into the bundle of a running machine.
struct BundleProgram {
  std::string file;               ///< the name of its output in the bundle
  std::string what;               ///< what it says, in a few words
  std::vector<std::string> argv;  ///< changes nothing and asks nobody
  Duration time_limit;
};
/// Returns the programs, in the order of the bundle. Pure.
[[nodiscard]] std::vector<BundleProgram> bundle_programs();

/// A file of the bundle, with the secrets removed.
struct BundleFile {
  std::string name;
  std::string what;       ///< what it is, in a few words
  std::string outcome;    ///< how collecting it ended: "complete", or why it is not
  std::string text = {};  ///< empty if it is missing
  int removed = 0;        ///< number of secrets that were removed
  bool is_there = true;   ///< false: only the list and the manifest name it
};
/// Makes a file of collected text: removes the secrets.
[[nodiscard]] BundleFile make_bundle_file(std::string name, std::string what,
                                          const std::string& text,
                                          const std::string& outcome = "complete");

/// Makes the entry of a file that could not be collected.
[[nodiscard]] BundleFile make_missing_file(std::string name, std::string what,
                                           const std::string& why);

/// Returns the report of each boot as text and as JSON, and the list of the boots. Pure.
[[nodiscard]] std::vector<BundleFile> bundle_reports(const ReportInputs& inputs);

/// Where and when a bundle is made.
struct BundleOrigin {
  std::string tree;  ///< the directory of the tree; empty: the running machine
  WallTime made;
};
/// Returns the bundle's first file: what each file is, and how collecting it ended. Pure.
[[nodiscard]] BundleFile make_manifest(const BundleOrigin& origin,
                                       const std::vector<BundleFile>& files);

/// Returns a line for each file: name, bytes, and what it is; below it the outcome, if the file is
/// not complete. Pure.
[[nodiscard]] std::string list_bundle(const std::vector<BundleFile>& files);

}  // namespace azl::provision
