// libcurl, loaded for the first request.
//
// A program that is linked with libcurl loads it and some thirty more libraries (TLS, LDAP,
// Kerberos, SSH, …) before main, in each stage of each boot, although only a first boot needs HTTP.
// Therefore libcurl is opened by name at run time, as systemd does with optional libraries. Types,
// constants and signatures come from <curl/curl.h>. A package must list libcurl as a dependency,
// because the binary does not.
#pragma once

#include <curl/curl.h>

#include "base/error.h"

namespace azl::imds {

/// The functions in use.
struct Libcurl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// The name for the dynamic linker: libcurl's ABI since 2006.
inline constexpr const char* kLibcurlName = "libcurl.so.4";

/// Loads and initialises the library, which stays loaded until the process ends. Errors:
/// kToolMissing (no such library, or a function is missing), kUnexpected (initialisation failed).
[[nodiscard]] Result<Libcurl> load_libcurl(const char* name = kLibcurlName);

}  // namespace azl::imds
