// A machine's links as a document: `azl-provision plan --dump-links` writes it, `--links FILE`
// reads it, and docs/plan.md describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/link.h"
#include "net/primary.h"

namespace azl::provision {

/// The links, and which of them leads to the platform.
struct LinksFile {
  std::vector<net::Link> links;
  std::optional<net::Primary> primary;
};

/// Size of the longest document that is read, in bytes.
inline constexpr std::size_t kLinksLimit = 1 << 20;

/// Parses a document of at most 4,096 links. Ignores unknown members. Missing ones have defaults:
/// the next free index, a name made of the index, no MAC, no driver, no master, type 1, no flags.
/// Errors: kInvalidInput. Pure; accepts any bytes.
[[nodiscard]] Result<LinksFile> parse_links(std::string_view json);
[[nodiscard]] std::string to_json(const LinksFile& file);

}  // namespace azl::provision
