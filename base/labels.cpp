#include "base/labels.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <selinux/label.h>
#include <selinux/selinux.h>

#include "base/root.h"
#include "base/text.h"

namespace azl {

namespace {

using SelabelHandle = Handle<selabel_handle, selabel_close>;

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

/// libselinux opens the file contexts and their companions (.bin, .local, .homedirs, .subs) by name
/// and would follow a link among them out of the tree.
Result<void> refuse_links(const Root& root, const std::string& directory) {
  const auto names = OR_RETURN(root.list(directory));
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    if (name.starts_with("file_contexts") && root.link_target(path)) {
      return fail(Reason::kInvalidInput, path + " is a symbolic link");
    }
  }
  return {};
}

Result<std::unique_ptr<Labels>> open_tree(const std::string& directory) {
  const auto root = OR_RETURN(Root::open(directory));
  const auto config = OR_RETURN(root.read_if_exists("/etc/selinux/config"));
  const std::string type = policy_type(config.value_or(""));
  if (type.empty()) return nullptr;

  const std::string files = "/etc/selinux/" + type + "/contexts/files";
  const std::string contexts = files + "/file_contexts";
  if (!root.exists(contexts) && !root.exists(contexts + ".bin")) return nullptr;
  OR_RETURN(refuse_links(root, files));
  const auto fd = OR_RETURN(root.open_file(files, O_PATH | O_DIRECTORY));
  // libselinux finds the companions next to this path, inside the tree.
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get()) + "/file_contexts";
  return open_policy(path.c_str(), directory);
}

}  // namespace

Result<std::unique_ptr<Labels>> Labels::open(const std::string& directory, bool live) {
  if (!live) return open_tree(directory);
  if (is_selinux_enabled() <= 0) return nullptr;
  return open_policy(nullptr, "the running system");
}

}  // namespace azl
