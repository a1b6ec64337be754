#include "base/labels.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include <selinux/label.h>
#include <selinux/selinux.h>

#include "base/private_directory.h"
#include "base/root.h"
#include "base/text.h"

namespace azl {

namespace {

using SelabelHandle = Handle<selabel_handle, selabel_close>;

constexpr std::string_view kContexts = "file_contexts";

class PolicyLabels final : public Labels {
 public:
  explicit PolicyLabels(SelabelHandle handle) : handle_(std::move(handle)) {}

  [[nodiscard]] std::string lookup(const std::string& path, mode_t mode) const override {
    char* context = nullptr;
    // Raw: as stored in the attribute, not as mcstrans translates it.
    if (selabel_lookup_raw(handle_.get(), &context, path.c_str(), static_cast<int>(mode)) != 0) {
      return {};  // ENOENT: no entry, or <<none>>
    }
    const Handle<char, freecon> owner(context);
    return context;
  }

 private:
  SelabelHandle handle_;
};

int ignore_message(int /*type*/, const char* /*format*/, ...) { return 0; }

/// Keeps libselinux from writing to stderr. Its errors are returned as errno.
void silence_libselinux() {
  selinux_callback callback{};
  callback.func_log = ignore_message;
  selinux_set_callback(SELINUX_CB_LOG, callback);
}

/// Opens the policy at `path`, or that of the running system if `path` is null.
Result<std::unique_ptr<Labels>> open_policy(const char* path, const std::string& name) {
  silence_libselinux();
  const std::array<selinux_opt, 1> options{{{.type = SELABEL_OPT_PATH, .value = path}}};
  SelabelHandle handle(selabel_open(SELABEL_CTX_FILE, options.data(), path == nullptr ? 0 : 1));
  if (!handle) return fail_errno(errno, "reading the SELinux file contexts of " + name);
  return std::make_unique<PolicyLabels>(std::move(handle));
}

/// Returns SELINUXTYPE of /etc/selinux/config; empty if SELinux is disabled or the type is not the
/// name of a directory. The last line of a key counts, as in libselinux.
std::string policy_type(std::string_view config) {
  std::string_view type;
  bool disabled = false;
  for (std::string_view line : split(config, '\n')) {
    line = trim(line);
    constexpr std::string_view kMode = "SELINUX=";
    constexpr std::string_view kType = "SELINUXTYPE=";
    if (line.starts_with(kMode)) disabled = lower(trim(line.substr(kMode.size()))) == "disabled";
    if (line.starts_with(kType)) type = trim(line.substr(kType.size()));
  }
  const bool plain = type.find('/') == std::string_view::npos && type != "." && type != "..";
  return disabled || !plain ? std::string() : std::string(type);
}

/// Copies the file contexts and their companions to a directory in which nobody can replace them
/// while libselinux reads them. libselinux opens them by name, follows links and waits for FIFOs.
/// Returns whether there are any.
Result<bool> copy_contexts(const Root& root, const std::string& directory, const Root& copy) {
  constexpr std::array<std::string_view, 5> kSuffixes = {"", ".local", ".homedirs", ".subs",
                                                         ".subs_dist"};
  constexpr std::size_t kLimit = 8 << 20;
  bool any = false;
  for (const std::string_view suffix : kSuffixes) {
    const std::string name = "/" + std::string(kContexts) + std::string(suffix);
    const auto text = OR_RETURN(root.read_if_exists(directory + name, kLimit));
    if (!text) continue;
    OR_RETURN(copy.write(name, *text, {.mode = 0600, .durable = false}));
    any = any || suffix.empty();
  }
  return any;
}

Result<std::unique_ptr<Labels>> open_tree(const Root& root) {
  const auto config = OR_RETURN(root.read_if_exists("/etc/selinux/config"));
  const std::string type = policy_type(config.value_or(""));
  const std::string files = "/etc/selinux/" + type + "/contexts/files";
  if (type.empty() || !root.exists(files + "/" + std::string(kContexts))) return nullptr;

  const auto copy = OR_RETURN(PrivateDirectory::make({"/run", "/tmp"}));
  const bool any = OR_RETURN(copy_contexts(root, files, copy.files()));
  if (!any) return nullptr;
  // The library reads everything now.
  const std::string path = copy.path() + "/" + std::string(kContexts);
  return open_policy(path.c_str(), root.directory());
}

}  // namespace

Result<std::unique_ptr<Labels>> Labels::open(const Root& root) {
  if (!root.live()) return open_tree(root);
  if (is_selinux_enabled() <= 0) return nullptr;
  return open_policy(nullptr, "the running system");
}

}  // namespace azl
