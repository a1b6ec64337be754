// libcurl, loaded when the first request is made and not before.
//
// A program that is linked with libcurl loads it with some thirty more libraries (TLS, LDAP,
// Kerberos, SSH, …) before main, in each stage of each boot, though only a first boot speaks HTTP.
// So it is opened by name at run time, as systemd does with its optional libraries. Types,
// constants and the functions' signatures are those of <curl/curl.h>; a package must name libcurl
// among its dependencies, since the linker no longer tells.
#pragma once

#include <curl/curl.h>

#include "base/error.h"

namespace azl::imds {

/// The functions that are used.
struct Libcurl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// The name that the dynamic linker looks for: libcurl's ABI since 2006.
inline constexpr const char* kLibcurlName = "libcurl.so.4";

/// Loads and initialises it; it stays loaded until the process ends. Errors: kToolMissing (no such
/// library, or one without a function that is needed), kUnexpected (it won't initialise).
[[nodiscard]] Result<Libcurl> load_libcurl(const char* name = kLibcurlName);

}  // namespace azl::imds
