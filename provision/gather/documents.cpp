#include "provision/gather/documents.h"

#include <filesystem>
#include <utility>

#include "base/root.h"
#include "disk/provisioning_media.h"
#include "imds/instance.h"
#include "provision/gather/links_document.h"

namespace azl::provision {

Result<std::string> read_named_file(const std::string& path, std::size_t limit) {
  const auto live = OR_RETURN(Root::open("/"));
  return OR_RETURN(live.read(std::filesystem::absolute(path).string(), limit), "reading " + path);
}

Result<void> read_imds_document(const std::string& path, Facts& facts) {
  const auto text = OR_RETURN(read_named_file(path, imds::kInstanceLimit));
  auto instance = imds::parse_instance(text);
  if (!instance) {
    facts.imds_error = std::move(instance.error()).with_context("reading " + path);
    return {};
  }
  if (!instance->vm_id.empty()) facts.identity.vm_id = instance->vm_id;
  facts.imds = imds::ImdsAnswer{.instance = std::move(*instance), .api_version = "file"};
  return {};
}

Result<void> read_ovf_document(const std::string& path, const Deadline& deadline, Facts& facts) {
  const auto media = OR_RETURN(disk::read_media(path, imds::kOvfLimit, deadline));
  auto ovf = imds::parse_ovf(media.ovf);
  if (!ovf) {
    facts.ovf_error = std::move(ovf.error());
    return {};
  }
  facts.ovf = std::move(*ovf);
  facts.ovf_source = media.where;
  return {};
}

Result<void> read_links_document(const std::string& path, Facts& facts) {
  const auto text = OR_RETURN(read_named_file(path, kLinksLimit));
  auto document = OR_RETURN(parse_links(text), "reading " + path);
  facts.network = {};
  facts.network.links = std::move(document.links);
  facts.primary = std::move(document.primary);
  return {};
}

}  // namespace azl::provision
