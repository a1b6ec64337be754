#include "imds/libcurl.h"

#include <string>

#include <dlfcn.h>

namespace azl::imds {
namespace {

std::unexpected<Error> missing(std::string what) {
  const char* why = dlerror();
  return fail(Cause::kNoLibcurl, std::move(what) + " (" +
                                     (why != nullptr ? why : "no reason given") +
                                     "); install the package libcurl (libcurl4 on Debian)");
}

/// Sets `function` to the symbol `name`. Returns false if there is none.
template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, Libcurl& libcurl) {
  return find(library, "curl_global_init", libcurl.global_init) &&
         find(library, "curl_easy_init", libcurl.easy_init) &&
         find(library, "curl_easy_reset", libcurl.easy_reset) &&
         find(library, "curl_easy_setopt", libcurl.easy_setopt) &&
         find(library, "curl_easy_getinfo", libcurl.easy_getinfo) &&
         find(library, "curl_easy_cleanup", libcurl.easy_cleanup) &&
         find(library, "curl_easy_strerror", libcurl.easy_strerror) &&
         find(library, "curl_multi_init", libcurl.multi_init) &&
         find(library, "curl_multi_add_handle", libcurl.multi_add_handle) &&
         find(library, "curl_multi_perform", libcurl.multi_perform) &&
         find(library, "curl_multi_poll", libcurl.multi_poll) &&
         find(library, "curl_multi_info_read", libcurl.multi_info_read) &&
         find(library, "curl_multi_remove_handle", libcurl.multi_remove_handle) &&
         find(library, "curl_multi_cleanup", libcurl.multi_cleanup) &&
         find(library, "curl_slist_append", libcurl.slist_append) &&
         find(library, "curl_slist_free_all", libcurl.slist_free_all);
}

}  // namespace

Result<Libcurl> load_libcurl(const char* name) {
  // Lazy binding, because few of the thousands of symbols are ever called. Never unloaded, because
  // OpenSSL registers atexit handlers, which would dangle.
  void* library = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr)
    return missing(std::string("the HTTP library ") + name + " cannot be loaded");

  Libcurl libcurl;
  if (!find_all(library, libcurl)) {
    return missing(std::string("the HTTP library ") + name + " lacks a function");
  }
  // CURL_GLOBAL_NOTHING skips TLS, since the platform's services use plain HTTP.
  if (const CURLcode code = libcurl.global_init(CURL_GLOBAL_NOTHING); code != CURLE_OK) {
    return fail(Reason::kUnexpected, std::string("the HTTP library cannot be initialised: ") +
                                         libcurl.easy_strerror(code));
  }
  return libcurl;
}

}  // namespace azl::imds
