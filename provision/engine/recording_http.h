// Sends requests, and shows in the record of the running step what it waits for.
#pragma once

#include "imds/http.h"
#include "provision/step/recorder.h"

namespace azl::provision {

/// Notes the server while its answer is awaited, and the last error, so that the report of a
/// running stage has them. The attempts themselves are recorded by the step when it ends.
class RecordingHttp final : public imds::HttpClient {
 public:
  /// Both outlive this.
  RecordingHttp(imds::HttpClient& http, Recorder& recorder) : http_(http), recorder_(recorder) {}
  [[nodiscard]] Result<imds::HttpResponse> send(const imds::HttpRequest& request,
                                                const Deadline& deadline) override;
  void prepare() override { http_.prepare(); }

 private:
  imds::HttpClient& http_;
  Recorder& recorder_;
};

}  // namespace azl::provision
