// Attested documents of any bytes, and signed ones with any changes.
#include <chrono>
#include <string>
#include <string_view>

#include "imds/attested/document.h"
#include "imds/attested/verify.h"
#include "tests/fuzz/require.h"
#include "tests/platform/authority.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

constexpr const char* kVmId = "6b53fe79-c00b-4abe-9387-43fae70865fb";
constexpr const char* kAsked = "0123456789";

/// What is signed. Nothing else may be taken for it.
std::string signed_content() {
  return std::string(R"({"nonce":")") + kAsked +
         R"(","timeStamp":{"createdOn":"11/28/26 06:16:17 -0000",)"
         R"("expiresOn":"11/28/26 12:16:17 -0000"},"vmId":")" +
         kVmId + R"("})";
}

struct Signed {
  azl::platform::Authority authority;
  TrustedCertificates trusted = {.roots = authority.root_pem(),
                                 .intermediates = {authority.intermediate_pem()}};
  std::string message = authority.sign(signed_content());
};

const Signed& one_signed() {
  static const Signed made{azl::platform::Authority({.from = 1, .until = 4'102'444'800})};
  return made;
}

AttestedExpectation expected() {
  const auto document = parse_attested_document(signed_content());
  return {.vm_id = kVmId, .nonce = kAsked, .now = document->created};
}

void check(const Attestation& checked) {
  require(checked.why.empty() == (checked.doubt == AttestedDoubt::kNone), "a doubt has a sentence");
  if (checked.verdict() != AttestedVerdict::kVerified) return;
  const auto document = parse_attested_document(signed_content());
  require(checked.document->vm_id == document->vm_id &&
              checked.document->created == document->created &&
              checked.document->subscription_id.empty(),
          "only what was signed is verified");
}

/// Changes bytes of the signed message: two bytes of place and one of content for each change.
std::string edited(std::string_view edits) {
  auto message = one_signed().message;
  for (; edits.size() >= 3; edits.remove_prefix(3)) {
    const auto high = static_cast<unsigned char>(edits[0]);
    const auto place = static_cast<std::size_t>(high) * 256 + static_cast<unsigned char>(edits[1]);
    message[place % message.size()] = edits[2];
  }
  return message;
}

}  // namespace

/// The first byte chooses what the rest is: an answer, a document, changes, or a message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr unsigned kKinds = 4;
  const auto text = azl::fuzz::text_of(data + 1, size - 1);
  const auto& made = one_signed();
  switch (data[0] % kKinds) {
    case 0:
      if (const auto signature = parse_attested_answer(text))
        check(verify_attested(*signature, made.trusted, expected()));
      break;
    case 1:
      if (const auto document = parse_attested_document(text))
        require(!document->vm_id.empty(), "a document has a VM id");
      break;
    case 2:
      check(verify_attested(edited(text), made.trusted, expected()));
      break;
    default:
      check(verify_attested(text, made.trusted, expected()));
  }
  return 0;
}
