#include "imds/certificates/fetch.h"

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "imds/wireserver.h"
#include "tests/platform/certificate_maker.h"
#include "tests/unit/fake_clock.h"

namespace azl::imds {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using test::FakeClock;

constexpr const char* kPath = "/machine/c-1/i-1?comp=certificates&incarnation=1";

/// Returns what the WireServer sends for one request.
using Scene = std::function<Result<HttpResponse>(const HttpRequest&)>;

std::string header_of(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

Scene answers(int status, const std::string& body = "") {
  return [=](const HttpRequest&) {
    return HttpResponse{.status = status, .body = body, .retry_after = {}};
  };
}

Scene goal_state(const std::string& url = std::string("http://168.63.129.16:80") + kPath) {
  const std::string configuration =
      "<Configuration><Certificates><![CDATA[" + url + "]]></Certificates></Configuration>";
  return answers(200,
                 "<GoalState><Incarnation>1</Incarnation><Container><ContainerId>c-1</ContainerId>"
                 "<RoleInstanceList><RoleInstance><InstanceId>i-1</InstanceId>" +
                     (url.empty() ? "" : configuration) +
                     "</RoleInstance></RoleInstanceList></Container></GoalState>");
}

const platform::KeyedCertificate& deployed() {
  static const auto kMade = platform::make_certificate("P-256").value();
  return kMade;
}

std::string document(const std::string& message) {
  return "<CertificateFile><Format>Pkcs7BlobWithPfxContents</Format><Data>" +
         base64_encode(message) + "</Data></CertificateFile>";
}

/// Encrypts a PFX to the certificate in the request, with the cipher that it names.
Scene certificates(const platform::PfxOptions& options = {}, const std::string& cipher = "") {
  return [options, cipher](const HttpRequest& request) {
    const bool aes = header_of(request, "x-ms-cipher-name") == "AES128_CBC";
    const auto recipient = base64_decode(header_of(request, "x-ms-guest-agent-public-x509-cert"));
    const auto pfx = platform::make_pfx(std::vector{deployed()}, options).value();
    const auto message = platform::encrypt_cms(pfx, *recipient,
                                               {.cipher = !cipher.empty() ? cipher
                                                          : aes           ? "aes128"
                                                                          : "des3"})
                             .value();
    return HttpResponse{.status = 200, .body = document(message), .retry_after = {}};
  };
}

Scene no_connection() {
  return [](const HttpRequest&) -> Result<HttpResponse> {
    return std::unexpected(
        Error(Reason::kImdsConnect, "could not connect").with_errno(ECONNREFUSED));
  };
}

/// Plays the scenes in order, and repeats the last one.
class Player final : public HttpClient {
 public:
  Player(FakeClock& clock, std::vector<Scene> scenes) : clock_(clock), scenes_(std::move(scenes)) {}
  Result<HttpResponse> send(const HttpRequest& request, const Deadline& /*deadline*/) override {
    requests.push_back(request);
    clock_.advance(10ms);
    return scenes_[std::min(requests.size(), scenes_.size()) - 1](request);
  }
  std::vector<HttpRequest> requests;

 private:
  FakeClock& clock_;
  std::vector<Scene> scenes_;
};

/// Calls fetch_certificates with a script.
struct Run {
  explicit Run(std::vector<Scene> scenes)
      : http(clock, std::move(scenes)),
        fetched(fetch_certificates(http, kWireServerUrl, clock, Deadline(clock, 20s), log)) {}
  [[nodiscard]] Strings ciphers() const {
    Strings asked;
    for (const auto& request : http.requests)
      asked.push_back(header_of(request, "x-ms-cipher-name"));
    return asked;
  }

  FakeClock clock;
  Player http;
  AttemptLog log;
  Result<std::vector<DeployedCertificate>> fetched;
};

TEST_CASE("certificates are fetched with two requests") {
  const Run run({goal_state(), certificates()});
  REQUIRE(run.fetched);
  REQUIRE(run.fetched->size() == 1);
  CHECK(run.fetched->front().der == deployed().certificate);
  CHECK(run.fetched->front().fingerprint == platform::sha1_fingerprint(deployed().certificate));
  REQUIRE(run.http.requests.size() == 2);
  CHECK(run.http.requests[0].url == "http://168.63.129.16/machine/?comp=goalstate");
  CHECK(run.http.requests[1].url == std::string("http://168.63.129.16") + kPath);
  CHECK(run.ciphers() == Strings{"", "AES128_CBC"});
  for (const auto& request : run.http.requests) {
    CHECK(header_of(request, "x-ms-version") == "2012-11-30");
    CHECK(header_of(request, "x-ms-agent-name") == "azl-provision");
  }
  CHECK(run.log.back().outcome == "ok");
  CHECK(run.clock.sleeps().empty());
}

TEST_CASE("the second cipher has its turn at once if the first one gives nothing usable") {
  const Strings both = {"", "AES128_CBC", "", "DES_EDE3_CBC"};
  for (const Scene& first :
       {answers(400, "no such cipher"), certificates({}, "aes256"), certificates({.mac = "sha512"}),
        answers(200, document("not CMS")),
        answers(200, "<CertificateFile><Format>other</Format></CertificateFile>")}) {
    const Run run({goal_state(), first, goal_state(), certificates()});
    CHECK(run.fetched);
    CHECK(run.ciphers() == both);
    CHECK(run.clock.sleeps().empty());
  }
}

TEST_CASE("a failure that may pass is tried again with the same cipher") {
  for (const Scene& first :
       {answers(503), answers(429), answers(410), answers(404), answers(403), no_connection(),
        answers(200, "<half"), answers(200, "<CertificateFile/>")}) {
    const Run run({goal_state(), first, goal_state(), certificates()});
    CHECK(run.fetched);
    CHECK(run.ciphers() == Strings{"", "AES128_CBC", "", "AES128_CBC"});
    CHECK(run.clock.sleeps().size() == 1);
  }
  const Run late({no_connection(), answers(200, "no goal state"), goal_state(), certificates()});
  CHECK(late.fetched);
}

TEST_CASE("a final failure says what was wrong") {
  struct Row {
    std::string what;
    std::vector<Scene> scenes;
    Cause cause;
    std::string sentence;
    std::size_t requests;
  };
  const std::vector<Row> rows = {
      {"no certificates",
       {goal_state("")},
       Cause::kCertificateMissing,
       "the goal state names no certificates",
       1},
      {"another host",
       {goal_state("http://10.0.0.1:80/machine")},
       Cause::kCertificateAnswer,
       "the goal state's URL of certificates is on another server, '10.0.0.1:80', and was not "
       "asked",
       1},
      {"another port",
       {goal_state("http://168.63.129.16:8080/machine")},
       Cause::kCertificateAnswer,
       "the goal state's URL of certificates is on another server, '168.63.129.16:8080', and was "
       "not asked",
       1},
      {"a user name before the host",
       {goal_state("http://168.63.129.16@10.0.0.1/")},
       Cause::kCertificateAnswer,
       "the goal state names no usable URL of certificates",
       1},
      {"no http",
       {goal_state("https://168.63.129.16/machine")},
       Cause::kCertificateAnswer,
       "the goal state names no usable URL of certificates",
       1},
      {"a relative URL",
       {goal_state("/machine")},
       Cause::kCertificateAnswer,
       "the goal state names no usable URL of certificates",
       1},
      {"a URL that is too long",
       {goal_state("http://168.63.129.16/" + std::string(3000, 'a'))},
       Cause::kCertificateAnswer,
       "the goal state names no usable URL of certificates",
       1},
      {"a refused goal state",
       {answers(400, "go away")},
       Cause::kCertificateAnswer,
       "GET /machine/?comp=goalstate: the WireServer answers 400 Bad Request: go away",
       1},
      {"a bomb",
       {goal_state(), certificates({.rounds = 2'000'000'000}), goal_state(),
        certificates({.rounds = 2'000'000'000})},
       Cause::kCertificateAnswer,
       "reading the PFX in the answer: it asks for more than 200000 rounds of key derivation",
       4},
      {"another cipher, then another MAC",
       {goal_state(), certificates({}, "aes256"), goal_state(), certificates({.mac = "sha512"})},
       Cause::kCertificateAlgorithm,
       "asked for DES_EDE3_CBC: reading the PFX in the answer: its MAC is made with 'sha512', "
       "which "
       "is not accepted; asked for AES128_CBC: the content of the answer is encrypted with "
       "'aes-256-cbc', which is not accepted",
       4},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Run run(row.scenes);
    REQUIRE_FALSE(run.fetched);
    CHECK(run.fetched.error().known_cause() == row.cause);
    CHECK(run.http.requests.size() == row.requests);
    auto chain = run.fetched.error().chain();
    CHECK(chain.front().starts_with("asking the WireServer for certificates, "));
    chain.erase(chain.begin());
    CHECK(join(chain, ": ") == row.sentence);
    CHECK(run.clock.sleeps().empty());
  }
}

TEST_CASE("a WireServer that does not answer is asked until the deadline") {
  const Run silent({no_connection()});
  REQUIRE_FALSE(silent.fetched);
  CHECK(silent.fetched.error().known_cause() == Cause::kCertificateNotFetched);
  CHECK(silent.http.requests.size() > 3);
  CHECK(silent.clock.now() - FakeClock().now() <= 20s);

  const Run busy({answers(503)});
  REQUIRE_FALSE(busy.fetched);
  CHECK(busy.fetched.error().known_cause() == Cause::kCertificateNotFetched);
  CHECK(busy.fetched.error().http_status() == 503);

  const Run without_curl({[](const HttpRequest&) -> Result<HttpResponse> {
    return fail(Cause::kNoLibcurl, "no libcurl");
  }});
  REQUIRE_FALSE(without_curl.fetched);
  CHECK(without_curl.fetched.error().known_cause() == Cause::kNoLibcurl);
  CHECK(without_curl.http.requests.size() == 1);
}

}  // namespace
}  // namespace azl::imds
