#include "provision/accounts/password.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <crypt.h>
#include <sys/random.h>

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

Result<void> check_password(const Secret& password) {
  if (password.empty()) return fail(Reason::kPassword, "the password is empty");
  if (password.reveal().find('\0') != std::string_view::npos) {
    return fail(Reason::kPassword, "the password contains a NUL byte");
  }
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE) {
    return fail(Reason::kPassword, "the password is longer than 511 bytes");
  }
  return {};
}

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

/// Gives the hash to chpasswd.
Result<void> write_hash(const AccountTools& tools, const std::string& user, const Secret& hash) {
  std::string line;
  line.reserve(user.size() + hash.size() + 2);  // growing would leave copies in memory
  line.append(user).append(":").append(hash.reveal()).append("\n");
  return tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(std::move(line)));
}

Result<bool> set_password(const AccountTools& tools, const std::string& user,
                          const std::optional<Secret>& present, const Secret& password,
                          PasswordHash hash) {
  OR_RETURN(check_password(password));
  if (present && !present->empty() && !is_locked(present->reveal())) {
    const Secret same = Crypt().hash(password, c_text(*present));
    if (same.reveal() == present->reveal()) return false;
  }
  const Secret hashed = OR_RETURN(new_hash(password, hash));
  OR_RETURN(write_hash(tools, user, hashed));
  return true;
}

Result<bool> lock_password(const AccountTools& tools, const std::string& user,
                           const std::optional<Secret>& present) {
  if (present && is_locked(present->reveal())) return false;
  OR_RETURN(present ? tools.run({"usermod", "--lock", user}, Reason::kPassword)
                    : tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(user + ":!\n")));
  return true;
}

/// Reads a user's password field, calls `change` with it, and sets the labels in a tree.
Result<bool> change_field(
    const Root& root, const std::string& user, const std::string& context,
    const std::function<Result<bool>(const std::optional<Secret>& present)>& change) {
  const auto present = password_field(root, user);
  if (!present) return fail_tool(Reason::kPassword, Error(present.error()), context);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail_tool(Reason::kPassword, std::move(freed.error()), context);
  }
  const bool changed = OR_RETURN(change(*present), context);
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail_tool(Reason::kPassword, std::move(labelled.error()), context);
  }
  return changed;
}

bool breaks_shadow(char c) {
  return c == ':' || static_cast<unsigned char>(c) <= 0x20U || c == 0x7f;
}

/// Whether usermod --lock locked a password, so that there is one to unlock.
bool has_hash_behind_lock(std::string_view field) {
  return field.starts_with('!') && field.size() > 1 && !is_locked(field.substr(1));
}

}  // namespace

Result<bool> ensure_password(const Root& root, Processes& processes, const std::string& user,
                             PasswordChange change, const Secret& password, PasswordHash hash,
                             const Deadline& deadline) {
  if (change == PasswordChange::kUnchanged) return false;
  const bool set = change == PasswordChange::kSet;
  const std::string context =
      (set ? "setting the password of '" : "locking the password of '") + printable(user) + "'";
  const AccountTools tools(root, processes, deadline);
  return change_field(root, user, context, [&](const std::optional<Secret>& present) {
    return set ? set_password(tools, user, present, password, hash)
               : lock_password(tools, user, present);
  });
}

Result<Secret> hash_password(const Secret& password, PasswordHash hash) {
  OR_RETURN(check_password(password));
  return new_hash(password, hash);
}

Result<bool> set_password_hash(const Root& root, Processes& processes, const std::string& user,
                               const Secret& hash, const Deadline& deadline) {
  const std::string context = "setting the password of '" + printable(user) + "'";
  if (hash.empty() || std::ranges::any_of(hash.reveal(), breaks_shadow))
    return fail(Error(Reason::kPassword, "the hash has characters that /etc/shadow cannot hold"),
                context);
  const AccountTools tools(root, processes, deadline);
  return change_field(root, user, context,
                      [&](const std::optional<Secret>& present) -> Result<bool> {
                        if (present && present->reveal() == hash.reveal()) return false;
                        OR_RETURN(write_hash(tools, user, hash));
                        return true;
                      });
}

Result<bool> unlock_password(const Root& root, Processes& processes, const std::string& user,
                             const Deadline& deadline) {
  const AccountTools tools(root, processes, deadline);
  return change_field(root, user, "unlocking the password of '" + printable(user) + "'",
                      [&](const std::optional<Secret>& present) -> Result<bool> {
                        if (!present || !has_hash_behind_lock(present->reveal())) return false;
                        OR_RETURN(tools.run({"usermod", "--unlock", user}, Reason::kPassword));
                        return true;
                      });
}

Result<Secret> make_random_password() {
  constexpr std::size_t kLength = 20;
  // Punctuation that no shell, console or keyboard layout makes hard to copy.
  constexpr std::array<std::string_view, 4> kKinds = {
      "abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "+-./=@_"};
  std::string all;
  for (const auto kind : kKinds) all += kind;
  while (true) {
    std::string text;
    text.reserve(kLength);
    while (text.size() < kLength) {
      std::uint8_t byte = 0;
      if (::getrandom(&byte, sizeof byte, 0) != sizeof byte)
        return fail_errno(errno, "making a random password", Reason::kPassword);
      // Numbers from a multiple of all.size() on would make the first letters more likely.
      if (byte < 256 / all.size() * all.size()) text += all[byte % all.size()];
    }
    const bool complete = std::ranges::all_of(kKinds, [&text](std::string_view kind) {
      return text.find_first_of(kind) != std::string::npos;
    });
    Secret password(std::move(text));
    if (complete) return password;
  }
}

Result<bool> password_usable(const Root& root, std::string_view user) {
  const auto field = OR_RETURN(password_field(root, user));
  if (!field || field->empty() || is_locked(field->reveal())) return false;
  const int method = crypt_checksalt(c_text(*field));
  return method != CRYPT_SALT_INVALID && method != CRYPT_SALT_METHOD_DISABLED;
}

}  // namespace azl::provision
