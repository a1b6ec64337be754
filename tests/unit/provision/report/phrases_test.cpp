#include "provision/report/phrases.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {
namespace {

TEST_CASE("what Azure attests is a sentence") {
  struct Row {
    AttestedRecord attested;
    std::string sentence;
  };
  const std::vector<Row> rows = {
      {{}, ""},
      {{.verdict = Attested::kVerified,
        .vm_id = "6b53fe79",
        .created = "2026-11-28T06:16:17+00:00",
        .signer = "metadata.azure.com"},
       "Azure (metadata.azure.com) signed that this is VM 6b53fe79, at 2026-11-28T06:16:17+00:00."},
      {{.verdict = Attested::kVerified,
        .vm_id = "6b53fe79",
        .subscription_id = "8d10da13",
        .plan = "example/db/gold",
        .created = "2026-11-28T06:16:17+00:00",
        .signer = "metadata.azure.us"},
       "Azure (metadata.azure.us) signed that this is VM 6b53fe79, in subscription 8d10da13, at "
       "2026-11-28T06:16:17+00:00, with the plan example/db/gold."},
      {{.verdict = Attested::kUnverified, .why = "there is no answer"},
       "Not verified: there is no answer."},
      {{.verdict = Attested::kRefuted, .why = "it answers another request"},
       "Not verified: it answers another request."},
  };
  for (const auto& row : rows) CHECK(describe_attested(row.attested) == row.sentence);
}

}  // namespace
}  // namespace azl::provision
