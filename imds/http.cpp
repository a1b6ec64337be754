#include "imds/http.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <cstdio>
#include <limits>
#include <type_traits>

#include <fcntl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "imds/libcurl.h"

namespace azl::imds {
namespace {

using EasyHandle = std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)>;
using MultiHandle = std::unique_ptr<CURLM, decltype(&::curl_multi_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)>;

/// One request and what has been received of its answer. libcurl's callbacks work on it.
struct Exchange {
  const HttpRequest& request;
  UrlParts url;
  Duration connect_timeout;
  Duration timeout;
  HttpResponse response = {};
  std::size_t header_bytes = 0;
  bool answered = false;          ///< a status line was received
  bool headers_complete = false;  ///< the empty line after the headers was received
  std::array<char, CURL_ERROR_SIZE> curl_message = {};

  [[nodiscard]] std::string peer() const { return url.host + ":" + url.port; }
};

/// Takes a piece of the body. A return value below its size makes libcurl stop at once.
std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  if (bytes > exchange.request.body_limit - exchange.response.body.size()) {
    return 0;
  }
  exchange.response.body.append(data, bytes);
  return bytes;
}

/// One line about a request, without its body.
std::string describe_request(const HttpRequest& request) {
  std::string text = request.method + " " + request.url;
  for (const auto& [name, value] : request.headers) text += "; " + name + ": " + value;
  if (!request.body.empty()) text += "; " + std::to_string(request.body.size()) + " bytes";
  return text;
}

/// One line about how a request ended, without the answer's body.
std::string describe_end(const HttpRequest& request, const Result<HttpResponse>& response,
                         Duration took) {
  std::string text = request.method + " " + request.url + ": ";
  text += response ? std::to_string(response->status) + " " + describe_answer(*response) + ", " +
                         std::to_string(response->body.size()) + " bytes"
                   : response.error().to_string();
  return text + " after " + describe_duration(took);
}

/// Takes one header line, also the status line and the empty line at the end.
std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  AZL_LOG(kImds, kTrace, trim(line));
  if (exchange.header_bytes > kHeaderLimit) {
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    exchange.answered = true;
    exchange.headers_complete = false;  // the headers before were those of an interim answer, 1xx
  } else if (line == "\r\n" || line == "\n") {
    exchange.headers_complete = true;
  }
  return line.size();
}

/// Prepares a socket before it connects.
int on_socket(void* user, curl_socket_t socket, curlsocktype) noexcept {
  const auto& exchange = *static_cast<const Exchange*>(user);
  // Programs that we start must not inherit it; libcurl 7 and early 8 do not set CLOEXEC.
  (void)fcntl(socket, F_SETFD, FD_CLOEXEC);
  if (exchange.request.mark) {
    // Fails with EPERM without CAP_NET_ADMIN. The mark matters only where systemd restricts IMDS;
    // there connect fails then.
    const unsigned mark = *exchange.request.mark;
    (void)setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
  }
  return CURL_SOCKOPT_OK;
}

/// The types that curl_easy_setopt may get through its "...". It would misread any other type.
template <class T>
concept OptionValue = std::same_as<T, long> || std::same_as<T, curl_off_t> || std::is_pointer_v<T>;

/// Sets options and keeps the first error.
class Options {
 public:
  Options(const Libcurl& libcurl, CURL* easy) : libcurl_(libcurl), easy_(easy) {}

  void set(CURLoption option, OptionValue auto value) {
    if (code_ == CURLE_OK) code_ = libcurl_.easy_setopt(easy_, option, value);
  }
  [[nodiscard]] CURLcode code() const { return code_; }

 private:
  const Libcurl& libcurl_;
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

/// Milliseconds for libcurl. At least 1, because 0 means "no limit".
long milliseconds(Duration how_long) {
  return std::max(
      1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(how_long).count()));
}

/// Sets the options of every request: directly to the peer, without a browser's features.
void set_policy(Options& options, const HttpRequest& request) {
  options.set(CURLOPT_PROXY, "");  // ignores http_proxy and all_proxy of the environment
  options.set(CURLOPT_NOPROXY, "*");
  // The host's services have IPv4 addresses only.
  options.set(CURLOPT_IPRESOLVE,
              static_cast<long>(request.anywhere ? CURL_IPRESOLVE_WHATEVER : CURL_IPRESOLVE_V4));
#if LIBCURL_VERSION_NUM >= 0x075500
  options.set(CURLOPT_PROTOCOLS_STR, request.anywhere ? "http,https" : "http");
#else
  options.set(CURLOPT_PROTOCOLS,
              static_cast<long>(CURLPROTO_HTTP | (request.anywhere ? CURLPROTO_HTTPS : 0)));
#endif
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.set(CURLOPT_HTTP09_ALLOWED, 0L);
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_USERAGENT, "azl-provision/" AZL_VERSION);
}

void set_exchange(Options& options, Exchange& exchange, curl_slist* headers) {
  const HttpRequest& request = exchange.request;
  options.set(CURLOPT_URL, request.url.c_str());
  if (request.method == "POST") {
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDS, request.body.data());
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  options.set(CURLOPT_HTTPHEADER, headers);
  options.set(CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(exchange.connect_timeout));
  options.set(CURLOPT_TIMEOUT_MS, milliseconds(exchange.timeout));
  // Checked against Content-Length; on_body counts the bytes received. 0 would mean no limit.
  options.set(CURLOPT_MAXFILESIZE_LARGE,
              static_cast<curl_off_t>(std::max<std::size_t>(1, request.body_limit)));
  options.set(CURLOPT_WRITEFUNCTION, &on_body);
  options.set(CURLOPT_WRITEDATA, &exchange);
  options.set(CURLOPT_HEADERFUNCTION, &on_header);
  options.set(CURLOPT_HEADERDATA, &exchange);
  options.set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
  options.set(CURLOPT_SOCKOPTDATA, &exchange);
  options.set(CURLOPT_ERRORBUFFER, exchange.curl_message.data());
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text,
                             [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

Result<void> check(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "POST") {
    return fail(Reason::kInvalidInput, "the HTTP method " + request.method + " is not supported");
  }
  for (const auto& [name, value] : request.headers) {
    if (has_control_characters(name) || has_control_characters(value)) {
      return fail(Reason::kInvalidInput, "the header " + name + " has control characters");
    }
  }
  return {};
}

/// CURLE_TOO_LARGE of libcurl 8.6; older versions return CURLE_OUT_OF_MEMORY. Given as a number,
/// because the headers at compile time may be older than the library.
constexpr auto kCurlTooLarge = static_cast<CURLcode>(100);

/// What libcurl reports about a failure.
struct Failure {
  CURLcode code;
  int os_errno;    ///< 0: none
  bool connected;  ///< whether the request could be sent
};

Error timed_out(const Exchange& exchange, bool connected) {
  if (!connected) {
    return {Reason::kImdsConnectTimeout, "no connection to " + exchange.peer() + " within " +
                                             describe_duration(exchange.connect_timeout)};
  }
  if (exchange.answered) {
    return {Reason::kImdsReadTimeout, "no complete answer from " + exchange.peer() + " within " +
                                          describe_duration(exchange.timeout)};
  }
  return {Reason::kImdsReadTimeout,
          "no answer from " + exchange.peer() + " within " + describe_duration(exchange.timeout)};
}

Error body_too_long(const Exchange& exchange) {
  return {Reason::kImdsMalformed, "the answer of " + exchange.peer() + " is longer than " +
                                      std::to_string(exchange.request.body_limit) + " bytes"};
}

Error headers_too_long(const Exchange& exchange) {
  return {Reason::kImdsMalformed, "the headers from " + exchange.peer() + " are longer than " +
                                      std::to_string(kHeaderLimit) + " bytes"};
}

/// Adds the system call's error, or libcurl's message if libcurl did not keep that error.
Error connection_error(const Exchange& exchange, std::string message, int os_errno) {
  if (os_errno != 0) return Error(Reason::kImdsConnect, std::move(message)).with_errno(os_errno);
  return {Reason::kImdsConnect, std::move(message) + ": " + exchange.curl_message.data()};
}

Error truncated(const Exchange& exchange) {
  return {Reason::kImdsMalformed, "the answer of " + exchange.peer() + " ended early, after " +
                                      std::to_string(exchange.response.body.size()) +
                                      " bytes of its body"};
}

/// Maps libcurl's error to the errors of HttpClient::send.
Error to_error(const Exchange& exchange, const Failure& failure) {
  if (exchange.header_bytes > kHeaderLimit) return headers_too_long(exchange);
  switch (failure.code) {
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out(exchange, failure.connected);
    case CURLE_COULDNT_CONNECT:
      // The kernel's own time-out, if it is ever shorter than ours.
      if (failure.os_errno == ETIMEDOUT) return timed_out(exchange, false);
      return connection_error(exchange, "could not connect to " + exchange.peer(),
                              failure.os_errno);
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Reason::kImdsConnect, "the host name " + exchange.url.host + " has no address"};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (exchange.answered) return truncated(exchange);
      return connection_error(exchange, "the connection to " + exchange.peer() + " broke",
                              failure.os_errno);
    case CURLE_GOT_NOTHING:
      return {Reason::kImdsConnect, exchange.peer() + " closed the connection without an answer"};
    case CURLE_PARTIAL_FILE:
      return truncated(exchange);
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:  // from on_body
      return body_too_long(exchange);
    case CURLE_OUT_OF_MEMORY:
    case kCurlTooLarge:
      // A header line is longer than libcurl's own limit, 100 kB.
      return headers_too_long(exchange);
    case CURLE_UNSUPPORTED_PROTOCOL:  // no status line ("HTTP/0.9"); split_url has checked the URL
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {Reason::kImdsMalformed,
              "the answer of " + exchange.peer() + " is not HTTP: " + exchange.curl_message.data()};
    case CURLE_URL_MALFORMAT:
      return {Reason::kInvalidInput,
              std::string("libcurl does not accept the URL: ") + exchange.curl_message.data()};
    default:
      return {Reason::kUnexpected, "libcurl failed with error " + std::to_string(failure.code) +
                                       ": " + exchange.curl_message.data()};
  }
}

/// Checks Retry-After as libcurl read it, in seconds; 0 is none.
std::optional<Duration> check_retry_after(curl_off_t retry_after) {
  if (retry_after <= 0 || retry_after > kRetryAfterLimit / std::chrono::seconds(1)) return {};
  return std::chrono::seconds(retry_after);
}

class CurlClient final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const Deadline& deadline) override {
    AZL_LOG(kImds, kDebug, describe_request(request));
    const SystemClock clock;
    const auto began = clock.now();
    auto response = send_once(request, deadline);
    AZL_LOG(kImds, kDebug, describe_end(request, response, clock.now() - began));
    return OR_RETURN(std::move(response), request.method + " " + request.url);
  }
  void prepare() override { (void)load(); }  // the first send tries again

 private:
  Result<HttpResponse> send_once(const HttpRequest& request, const Deadline& deadline);
  Result<HttpResponse> perform(Exchange& exchange);
  [[nodiscard]] CURLcode transfer() const;
  [[nodiscard]] CURLcode run_to_end() const;
  Result<void> load();
  [[nodiscard]] HeaderList make_headers(const HttpRequest& request) const;
  template <class T>
  [[nodiscard]] T get(CURLINFO what) const;

  Libcurl libcurl_;
  MultiHandle multi_ = {nullptr, nullptr};  ///< kept, because it owns the open connections
  EasyHandle easy_ = {nullptr, nullptr};
};

Result<HttpResponse> CurlClient::send_once(const HttpRequest& request, const Deadline& deadline) {
  auto url = request.anywhere ? split_web_url(request.url) : split_url(request.url);
  if (!url) return fail(Reason::kInvalidInput, "the URL is not of the form http://HOST[:PORT]/…");
  OR_RETURN(check(request));

  const Duration timeout = std::min(request.timeout, deadline.remaining());
  if (timeout <= Duration::zero()) {
    return fail(Reason::kImdsConnectTimeout,
                "no time is left to ask " + url->host + ":" + url->port);
  }
  OR_RETURN(load());
  Exchange exchange{.request = request,
                    .url = std::move(*url),
                    .connect_timeout = std::min(request.connect_timeout, timeout),
                    .timeout = timeout};
  return perform(exchange);
}

Result<void> CurlClient::load() {
  if (multi_ && easy_) return {};
  libcurl_ = OR_RETURN(load_libcurl());
  multi_ = MultiHandle(libcurl_.multi_init(), libcurl_.multi_cleanup);
  easy_ = EasyHandle(libcurl_.easy_init(), libcurl_.easy_cleanup);
  if (!multi_ || !easy_) return fail(Reason::kUnexpected, "libcurl returned no handle");
  return {};
}

Result<HttpResponse> CurlClient::perform(Exchange& exchange) {
  const HeaderList headers = make_headers(exchange.request);
  if (!headers)
    return fail(Reason::kUnexpected, "libcurl could not store the headers: out of memory");
  libcurl_.easy_reset(easy_.get());  // drops the options of the last request
  Options options(libcurl_, easy_.get());
  set_policy(options, exchange.request);
  set_exchange(options, exchange, headers.get());

  const CURLcode code = options.code() != CURLE_OK ? options.code() : transfer();
  if (exchange.curl_message[0] == '\0') {
    std::snprintf(exchange.curl_message.data(), exchange.curl_message.size(), "%s",
                  libcurl_.easy_strerror(code));
  }
  if (code != CURLE_OK) {
    return std::unexpected(
        to_error(exchange, {.code = code,
                            .os_errno = static_cast<int>(get<long>(CURLINFO_OS_ERRNO)),
                            .connected = get<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0}));
  }
  // libcurl accepts an answer whose connection closed within its headers.
  if (!exchange.headers_complete) return std::unexpected(truncated(exchange));
  exchange.response.status = static_cast<int>(get<long>(CURLINFO_RESPONSE_CODE));
  exchange.response.retry_after = check_retry_after(get<curl_off_t>(CURLINFO_RETRY_AFTER));
  return std::move(exchange.response);
}

/// Sends the request, and waits for the end of its answer. Unlike curl_easy_perform, it sleeps
/// until something happens: that function wakes up each second, also if the answer takes hours.
CURLcode CurlClient::transfer() const {
  if (libcurl_.multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return CURLE_FAILED_INIT;
  const auto code = run_to_end();
  (void)libcurl_.multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

CURLcode CurlClient::run_to_end() const {
  constexpr int kLongestPoll = std::numeric_limits<int>::max();  // libcurl's own limits are shorter
  int running = 0;
  while (true) {
    if (libcurl_.multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    if (libcurl_.multi_poll(multi_.get(), nullptr, 0, kLongestPoll, nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
  int queued = 0;
  const CURLMsg* end = libcurl_.multi_info_read(multi_.get(), &queued);
  return end != nullptr && end->msg == CURLMSG_DONE ? end->data.result : CURLE_FAILED_INIT;
}

/// Returns null if memory is short. A name without a value removes a header that libcurl adds by
/// itself.
HeaderList CurlClient::make_headers(const HttpRequest& request) const {
  std::vector<std::string> lines = {
      "Accept:", "Content-Type:",
      "Expect:"};  // a server that ignores "100-continue" would delay us by a second
  for (const auto& [name, value] : request.headers) lines.push_back(name + ": " + value);

  HeaderList list(nullptr, libcurl_.slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = libcurl_.slist_append(list.get(), line.c_str());
    if (longer == nullptr) return {nullptr, libcurl_.slist_free_all};
    (void)list.release();  // now part of `longer`
    list.reset(longer);
  }
  return list;
}

/// Returns a number about the last request; 0 if libcurl does not know it.
template <class T>
T CurlClient::get(CURLINFO what) const {
  T value = 0;
  return libcurl_.easy_getinfo(easy_.get(), what, &value) == CURLE_OK ? value : T{0};
}

/// Reason phrases of RFC 9110; the server's own phrase is not trusted.
std::string_view phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr auto kRows = std::to_array<Row>({{400, " Bad Request"},
                                                    {401, " Unauthorized"},
                                                    {403, " Forbidden"},
                                                    {404, " Not Found"},
                                                    {405, " Method Not Allowed"},
                                                    {408, " Request Timeout"},
                                                    {410, " Gone"},
                                                    {429, " Too Many Requests"},
                                                    {500, " Internal Server Error"},
                                                    {502, " Bad Gateway"},
                                                    {503, " Service Unavailable"},
                                                    {504, " Gateway Timeout"}});
  const auto row = std::ranges::find(kRows, status, &Row::status);
  return row == kRows.end() ? "" : row->phrase;
}

}  // namespace

std::unique_ptr<HttpClient> make_curl_client() { return std::make_unique<CurlClient>(); }

std::string describe_answer(const HttpResponse& response) {
  if (response.status >= 200 && response.status <= 299) return "ok";
  std::string answer = std::to_string(response.status).append(phrase(response.status));
  if (response.retry_after) answer += ", Retry-After " + describe_duration(*response.retry_after);
  return answer;
}

std::string quote_body(const HttpResponse& response) {
  constexpr std::size_t kRead = 2048;  // of an error page, whose beginning says what is wrong
  constexpr std::size_t kShown = 200;
  std::string text;
  bool markup = false;
  for (const char c : std::string_view(response.body).substr(0, kRead)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    markup = markup ? c != '>' : c == '<';
    if (markup || c == '>' || blank) {
      if (!text.empty() && text.back() != ' ') text += ' ';
    } else {
      text += c;
    }
  }
  const auto shown = trim(text);
  return shown.empty() ? std::string() : ": " + printable(shown, kShown, Quotes::kKept);
}

std::string describe_duration(Duration how_long) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(how_long).count();
  if (ms < 1000) return std::to_string(ms) + " ms";
  const auto tenths = ms / 100;
  std::string words = std::to_string(tenths / 10);
  if (tenths % 10 != 0) words.append(".").append(std::to_string(tenths % 10));
  return words + " s";
}

std::optional<UrlParts> split_url(std::string_view url) {
  auto parts = split_web_url(url);
  return parts && !parts->https ? std::move(parts) : std::nullopt;
}

std::optional<UrlParts> split_web_url(std::string_view url) {
  const bool https = url.starts_with("https://");
  const std::string_view scheme = https ? "https://" : "http://";
  if (!url.starts_with(scheme) || has_control_characters(url)) return {};
  url.remove_prefix(scheme.size());
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  const std::string_view authority = url.substr(0, end);
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  UrlParts parts{.https = https,
                 .host = std::string(authority.substr(0, colon)),
                 .port = std::string(authority.substr(std::min(colon + 1, authority.size()))),
                 .target = url.substr(end).starts_with('/') ? "" : "/"};
  parts.target += url.substr(end);
  if (parts.host.empty() || parts.host.find_first_of("@[] ") != std::string::npos) return {};
  if (!std::ranges::all_of(parts.port, [](char c) { return c >= '0' && c <= '9'; })) return {};
  if (parts.port.empty()) parts.port = https ? "443" : "80";
  return parts;
}

}  // namespace azl::imds
