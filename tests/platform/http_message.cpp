#include "tests/platform/http_message.h"

#include <algorithm>
#include <cctype>

#include "tests/platform/encoding.h"

namespace azl::platform {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Removes the first line from `text` and returns it without its CR LF.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isgraph(c) != 0 && c != ':' && c != '"' && c != '/' && c != '(' && c != ')';
  });
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    const bool has_value = equals != std::string_view::npos;
    parameters.emplace(percent_decoded(pair.substr(0, equals)),
                       has_value ? percent_decoded(pair.substr(equals + 1)) : "");
  }
  return parameters;
}

bool parse_request_line(std::string_view line, Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view version = line.substr(last + 1);
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.http_1_1 = version == "HTTP/1.1";
  if (!request.http_1_1 && version != "HTTP/1.0") return false;
  if (!is_token(request.method) || !request.target.starts_with('/')) return false;
  if (request.target.find_first_of(" \t#") != std::string::npos) return false;
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  request.path = percent_decoded(target.substr(0, mark));
  if (mark != std::string_view::npos) request.query = parse_query(target.substr(mark + 1));
  return true;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace

std::string_view Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : found->second;
}

std::optional<std::string> Request::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::nullopt : std::optional(found->second);
}

bool Request::keeps_alive() const {
  const std::string connection = lower(header("connection"));
  return http_1_1 ? connection != "close" : connection == "keep-alive";
}

std::optional<Request> parse_request_head(std::string_view head) {
  Request request;
  if (!parse_request_line(take_line(head), request)) return std::nullopt;
  while (!head.empty()) {
    const std::string_view line = take_line(head);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    const std::string value(trim(line.substr(colon + 1)));
    const auto [entry, is_new] = request.headers.emplace(lower(line.substr(0, colon)), value);
    if (!is_new) entry->second += ", " + value;
  }
  return request;
}

std::string answer_head(const Answer& answer, std::size_t content_length, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  head += reason_phrase(answer.status);
  head += "\r\nServer: azl-platform\r\n";
  if (!answer.content_type.empty()) head += "Content-Type: " + answer.content_type + "\r\n";
  if (answer.retry_after)
    head += "Retry-After: " + std::to_string(answer.retry_after->count()) + "\r\n";
  head += "Content-Length: " + std::to_string(content_length) + "\r\n";
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace azl::platform
