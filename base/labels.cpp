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
    // Raw: as it lies in the attribute, not as mcstrans would show it.
    if (selabel_lookup_raw(handle_.get(), &context, path.c_str(), static_cast<int>(mode)) != 0) {
      return {};  // ENOENT: no entry, or <<none>>
    }
    const Handle<char, freecon> owner(context);
    return context;
  }

 private:
  SelabelHandle handle_;
};

int say_nothing(int /*type*/, const char* /*format*/, ...) { return 0; }

/// libselinux would write to stderr; what matters comes back as errno.
void silence_libselinux() {
  selinux_callback callback{};
  callback.func_log = say_nothing;
  selinux_set_callback(SELINUX_CB_LOG, callback);
}

/// `path` null is the running system's policy.
Result<std::unique_ptr<Labels>> open_policy(const char* path, const std::string& shown) {
  silence_libselinux();
  const std::array<selinux_opt, 1> options{{{.type = SELABEL_OPT_PATH, .value = path}}};
  SelabelHandle handle(selabel_open(SELABEL_CTX_FILE, options.data(), path == nullptr ? 0 : 1));
  if (!handle) return fail_errno(errno, "reading the SELinux file contexts of " + shown);
  return std::make_unique<PolicyLabels>(std::move(handle));
}

/// SELINUXTYPE of an /etc/selinux/config; empty where SELinux is disabled or the type is no plain
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

/// libselinux opens the file contexts and their companions (.bin, .local, .homedirs, .subs) by
/// name, so a link among them would be followed out of the tree.
Result<void> refuse_links(const Root& root, const std::string& directory) {
  auto names = root.list(directory);
  if (!names) return fail(std::move(names.error()));
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    if (name.starts_with("file_contexts") && root.link_target(path)) {
      return fail(Reason::kInvalidInput, path + " is a symbolic link");
    }
  }
  return {};
}

Result<std::unique_ptr<Labels>> open_tree(const std::string& directory) {
  auto root = Root::open(directory);
  if (!root) return fail(std::move(root.error()));
  auto config = root->read_if_exists("/etc/selinux/config");
  if (!config) return fail(std::move(config.error()));
  const std::string type = policy_type(config->value_or(""));
  if (type.empty()) return nullptr;

  const std::string files = "/etc/selinux/" + type + "/contexts/files";
  const std::string contexts = files + "/file_contexts";
  if (!root->exists(contexts) && !root->exists(contexts + ".bin")) return nullptr;
  if (auto plain = refuse_links(*root, files); !plain) return fail(std::move(plain.error()));
  auto fd = root->open_file(files, O_PATH | O_DIRECTORY);
  if (!fd) return fail(std::move(fd.error()));
  // libselinux finds the companions beside this path, inside the tree.
  const std::string path = "/proc/self/fd/" + std::to_string(fd->get()) + "/file_contexts";
  return open_policy(path.c_str(), directory);
}

}  // namespace

Result<std::unique_ptr<Labels>> Labels::open(const std::string& directory, bool live) {
  if (!live) return open_tree(directory);
  if (is_selinux_enabled() <= 0) return nullptr;
  return open_policy(nullptr, "the running system");
}

}  // namespace azl
