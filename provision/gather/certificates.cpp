#include "provision/gather/certificates.h"

#include <utility>

#include "base/count.h"
#include "imds/certificates/fetch.h"
#include "imds/timeouts.h"
#include "provision/gather/links.h"

namespace azl::provision {

StepResult fetch_key_certificates(const Context& context, Facts& facts, Recorder& recorder) {
  auto& certificates = facts.certificates.emplace();
  const auto url = find_wireserver(context, facts);
  if (url.empty()) {
    certificates.error = Error(Cause::kCertificateNotFetched,
                               "a root tree has no WireServer; --wireserver-url gives it one");
    return skipped(certificates.error->cause());
  }
  const auto deadline = context.within(imds::kCertificatesTimeout);
  imds::AttemptLog attempts;
  auto fetched = imds::fetch_certificates(context.machine.http, url, context.machine.clock,
                                          deadline, attempts);
  recorder.record_attempts(attempts);
  if (!fetched) {
    certificates.error = fetched.error();
    return std::unexpected(std::move(fetched.error()));
  }
  certificates.list = std::move(*fetched);
  return done("the platform gave " +
              describe_count(certificates.list.size(), "certificate", "certificates"));
}

}  // namespace azl::provision
