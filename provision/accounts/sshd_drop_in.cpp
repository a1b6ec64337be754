#include "provision/accounts/sshd_drop_in.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr FileAttributes kAttributes{.mode = 0600, .owner = 0, .group = 0};

}  // namespace

bool is_sshd_drop_in(std::string_view name) {
  return std::ranges::find(kSshdDropIns, name) != kSshdDropIns.end();
}

std::string sshd_drop_in_path(std::string_view name) {
  return std::string(kSshdDropInDirectory) + "/" + std::string(name);
}

std::string sshd_drop_in_text(std::string_view name, bool password_authentication,
                              std::string_view reason) {
  const std::string value = password_authentication ? "yes\n" : "no\n";
  const std::string_view why = name == kSharedSshdDropIn
                                   ? "# The portal's Reset password changes a file of this name.\n"
                                   : "# sshd uses the first value that it reads, so this file's "
                                     "name sorts first. The portal's\n"
                                     "# Reset password does not change it.\n";
  return std::string(kSshdDropInMark) + printable(reason, 300) + "\n" + std::string(why) +
         "PasswordAuthentication " + value + "KbdInteractiveAuthentication " + value;
}

std::string sshd_drop_in_name(const std::vector<std::string>& present, bool closing) {
  // The files that "Include *.conf" finds, in the order of glob(3) in sshd's C locale.
  const bool overtaken = std::any_of(present.begin(), present.end(), [](const std::string& name) {
    return name.ends_with(".conf") && !name.starts_with('.') && !is_sshd_drop_in(name) &&
           name < kSshdDropIns.front();
  });
  // The second name of each pair sorts first.
  return std::string(kSshdDropIns.at((closing ? kClosingDropIns : 0) + (overtaken ? 1 : 0)));
}

Result<void> SshdDropIns::read() {
  for (const std::string_view name : kSshdDropIns) {
    before_[std::string(name)] =
        OR_RETURN(root_.read_if_exists(sshd_drop_in_path(name)), "reading our drop-in of sshd");
  }
  // One that cannot be read is somebody else's.
  const std::string shared = sshd_drop_in_path(kSharedSshdDropIn);
  auto text = root_.read_if_exists(shared);
  may_share_ =
      text && !root_.link_target(shared) && (!*text || (*text)->starts_with(kSshdDropInMark));
  if (may_share_) shared_ = std::move(*text);
  return {};
}

bool SshdDropIns::had_any() const {
  return std::ranges::any_of(before_, [](const auto& each) { return each.second.has_value(); });
}

bool SshdDropIns::had_only(const std::string& name, std::string_view text) const {
  return std::ranges::all_of(before_, [&](const auto& each) {
    return each.first == name ? each.second == text : !each.second;
  });
}

Result<bool> SshdDropIns::replace(const std::string& name, std::string_view text,
                                  bool closing) const {
  OR_RETURN(root_.make_directory(kSshdDropInDirectory, {.mode = 0755}));
  // Write the new one first, so that one is always there.
  bool changed = OR_RETURN(root_.write(sshd_drop_in_path(name), text, kAttributes));
  for (std::size_t i = closing ? kClosingDropIns : 0; i < kSshdDropIns.size(); ++i) {
    if (kSshdDropIns.at(i) == name) continue;
    const bool removed = OR_RETURN(root_.remove(sshd_drop_in_path(kSshdDropIns.at(i))));
    changed = changed || removed;
  }
  if (closing || !may_share()) return changed;
  const bool removed = OR_RETURN(root_.remove(sshd_drop_in_path(kSharedSshdDropIn)));
  return changed || removed;
}

Result<bool> SshdDropIns::share(std::string_view text) const {
  OR_RETURN(root_.make_directory(kSshdDropInDirectory, {.mode = 0755}));
  return root_.write(sshd_drop_in_path(kSharedSshdDropIn), text, kAttributes);
}

Result<bool> SshdDropIns::remove() const {
  bool any = false;
  for (const std::string_view name : kSshdDropIns) {
    const bool removed = OR_RETURN(root_.remove(sshd_drop_in_path(name)));
    any = any || removed;
  }
  return any;
}

Result<void> SshdDropIns::restore() const {
  auto all = before_;
  if (may_share()) all[std::string(kSharedSshdDropIn)] = shared_;
  for (const auto& [name, content] : all) {
    const std::string path = sshd_drop_in_path(name);
    OR_RETURN(content ? root_.write(path, *content, kAttributes) : root_.remove(path),
              "restoring our drop-in of sshd");
  }
  return {};
}

}  // namespace azl::provision
