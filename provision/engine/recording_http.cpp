#include "provision/engine/recording_http.h"

#include <string>

namespace azl::provision {

Result<imds::HttpResponse> RecordingHttp::send(const imds::HttpRequest& request,
                                               const Deadline& deadline) {
  const auto url = imds::split_url(request.url);
  // Kept after an answer, because the caller may repeat the request until the deadline.
  recorder_.record_wait(
      !request.waits_for.empty()
          ? request.waits_for
          : "an answer from " + (url ? url->host + " port " + url->port : request.url),
      deadline);
  auto response = http_.send(request, deadline);
  if (!response) {
    recorder_.record_try(response.error().to_string());
  } else if (response->status < 200 || response->status > 299) {
    recorder_.record_try(request.method + " " + request.url + ": " +
                         imds::describe_answer(*response) + imds::quote_body(*response));
  }
  return response;
}

}  // namespace azl::provision
