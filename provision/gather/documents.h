// Facts from files that the command line names, in place of the machine's own.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "provision/gather/facts.h"

namespace azl::provision {

/// Reads a file that the command line names, wherever it is. Errors: kIo, with the path.
[[nodiscard]] Result<std::string> read_named_file(const std::string& path, std::size_t limit);

// A document that can be read but not parsed becomes a fact (imds_error, ovf_error), as at boot. A
// file that cannot be read is an error.

/// Takes IMDS's instance document. Its vmId becomes the VM's id: the document speaks of its own VM.
/// Errors: kIo.
[[nodiscard]] Result<void> read_imds_document(const std::string& path, Facts& facts);
/// Takes ovf-env.xml: the file, a directory that holds it, or an image. Errors: as
/// disk::read_media.
[[nodiscard]] Result<void> read_ovf_document(const std::string& path, const Deadline& deadline,
                                             Facts& facts);
/// Takes the links, and drops those that `facts` has. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<void> read_links_document(const std::string& path, Facts& facts);

}  // namespace azl::provision
