// Carries out the items of custom data about accounts and logins.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"

namespace azl::provision::custom_data {

/// Prints a line on the console. Empty: the console is off.
/// Succeeds only if all of it was written.
using PrintLine = std::function<Result<void>(const std::string& line)>;

/// What these items are carried out with.
struct AccountRun {
  const Context& context;
  std::string azure_user;       ///< the user that Azure names; empty: none
  bool azure_password = false;  ///< it could log in by password before custom data
  Recorder& recorder;
  PrintLine print = {};
};

/// Each of these says what it did. In a root tree it changes the tree. What fails in a part of an
/// item does not keep the other parts from being carried out: the first failure is returned, the
/// others are findings. Errors: kCustomData; kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> make_group(const AccountRun& run, const MakeGroup& group);
[[nodiscard]] Result<std::string> make_user(const AccountRun& run, const MakeUser& user);
[[nodiscard]] Result<std::string> add_ssh_keys(const AccountRun& run, const AddSshKeys& keys);
[[nodiscard]] Result<std::string> allow_root_login(const AccountRun& run,
                                                   const AllowRootLogin& login);
[[nodiscard]] Result<std::string> set_password_logins(const AccountRun& run,
                                                      const SetPasswordLogins& logins);
[[nodiscard]] Result<std::string> set_password(const AccountRun& run, const SetPassword& password);

/// Turns an error of an account into one of custom data. kDiskFull and kReadOnly stay.
[[nodiscard]] Error as_custom_data_error(const Error& error);

}  // namespace azl::provision::custom_data
