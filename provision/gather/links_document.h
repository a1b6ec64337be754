// A machine's links as a document: what `azl-provision plan --dump-links` writes and `--links FILE`
// reads. docs/plan.md describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/link.h"

namespace azl::provision {

/// The links, and which of them leads to the platform.
struct LinksFile {
  std::vector<net::Link> links;
  std::optional<net::Primary> primary;
};

/// Longest document that is read, in bytes.
inline constexpr std::size_t kLinksLimit = 1 << 20;

/// Pure: any bytes. Unknown members are ignored; a missing one has its default: the next free
/// index, no MAC, no driver, type 1, no flags. At most 4,096 links. Errors: kInvalidInput.
[[nodiscard]] Result<LinksFile> parse_links(std::string_view json);
[[nodiscard]] std::string to_json(const LinksFile& file);

}  // namespace azl::provision
