#include "provision/accounts/password.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <crypt.h>

#include "base/text.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

/// A secret's text for C. It is NUL-terminated, because a Secret holds a std::string.
const char* c_text(const Secret& secret) {
  return secret.reveal().data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
}

/// The working memory of crypt(3). It holds the password and its hash, and is wiped on destruction.
class Crypt {
 public:
  Crypt() : data_(std::make_unique<crypt_data>()) {}
  ~Crypt() { explicit_bzero(data_.get(), sizeof *data_); }
  Crypt(const Crypt&) = delete;
  Crypt& operator=(const Crypt&) = delete;

  /// Hashes a password by a setting or an existing hash. Returns an empty Secret if crypt refuses.
  Secret hash(const Secret& password, const char* setting) {
    const char* result = crypt_rn(c_text(password), setting, data_.get(), sizeof *data_);
    return result == nullptr ? Secret() : Secret(result);
  }

 private:
  std::unique_ptr<crypt_data> data_;
};

Result<Secret> new_hash(const Secret& password, PasswordHash hash) {
  const char* prefix = hash == PasswordHash::kSha512 ? "$6$" : "$y$";
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  // Without bytes of ours, crypt takes the salt from the kernel's random numbers.
  if (crypt_gensalt_rn(prefix, 0, nullptr, 0, setting.data(), setting.size()) == nullptr) {
    return fail_errno(errno, "making a salt for the password", Reason::kPassword);
  }
  Secret hashed = Crypt().hash(password, setting.data());
  if (hashed.empty()) return fail(Reason::kPassword, "crypt(3) cannot hash this password");
  return hashed;
}

bool is_locked(std::string_view field) { return field.starts_with('!') || field.starts_with('*'); }

Result<bool> set_password(const AccountTools& tools, const std::string& user,
                          const std::optional<Secret>& present, const Secret& password,
                          PasswordHash hash) {
  if (password.empty()) return fail(Reason::kPassword, "the password is empty");
  if (password.reveal().find('\0') != std::string_view::npos) {
    return fail(Reason::kPassword, "the password contains a NUL byte");
  }
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE) {
    return fail(Reason::kPassword, "the password is longer than 511 bytes");
  }
  if (present && !present->empty() && !is_locked(present->reveal())) {
    const Secret same = Crypt().hash(password, c_text(*present));
    if (same.reveal() == present->reveal()) return false;
  }
  const Secret hashed = OR_RETURN(new_hash(password, hash));
  std::string line;
  line.reserve(user.size() + hashed.size() + 2);  // growing would leave copies in memory
  line.append(user).append(":").append(hashed.reveal()).append("\n");
  OR_RETURN(tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(std::move(line))));
  return true;
}

Result<bool> lock_password(const AccountTools& tools, const std::string& user,
                           const std::optional<Secret>& present) {
  if (present && is_locked(present->reveal())) return false;
  OR_RETURN(present ? tools.run({"usermod", "--lock", user}, Reason::kPassword)
                    : tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(user + ":!\n")));
  return true;
}

}  // namespace

Result<bool> ensure_password(const Root& root, Processes& processes, const std::string& user,
                             PasswordChange change, const Secret& password, PasswordHash hash,
                             const Deadline& deadline) {
  if (change == PasswordChange::kUnchanged) return false;
  const bool set = change == PasswordChange::kSet;
  const std::string context =
      (set ? "setting the password of '" : "locking the password of '") + printable(user) + "'";
  const auto present = password_field(root, user);
  if (!present) return fail_tool(Reason::kPassword, Error(present.error()), context);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail_tool(Reason::kPassword, std::move(freed.error()), context);
  }
  const AccountTools tools(root, processes, deadline);
  const bool changed = OR_RETURN(set ? set_password(tools, user, *present, password, hash)
                                     : lock_password(tools, user, *present),
                                 context);
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail_tool(Reason::kPassword, std::move(labelled.error()), context);
  }
  return changed;
}

Result<bool> password_usable(const Root& root, std::string_view user) {
  const auto field = OR_RETURN(password_field(root, user));
  if (!field || field->empty() || is_locked(field->reveal())) return false;
  const int method = crypt_checksalt(c_text(*field));
  return method != CRYPT_SALT_INVALID && method != CRYPT_SALT_METHOD_DISABLED;
}

}  // namespace azl::provision
