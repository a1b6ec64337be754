#include "provision/custom_data/parse/mime.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/parse/lines.h"

using namespace azl::provision::custom_data;
using azl::test::Lines;

namespace {

/// One line for each part and each remark: "type name merge-type depth: body", "line: rule".
std::vector<std::string> outline(std::string_view text, const MimeLimits& limits = {}) {
  std::vector<std::string> lines;
  const auto message = parse_mime(text, limits);
  for (const auto& part : message.parts) {
    std::string line = part.type;
    if (!part.file_name.empty()) line += " " + part.file_name;
    if (!part.merge_type.empty()) line += " " + part.merge_type;
    if (part.depth != 1) line += " depth " + std::to_string(part.depth);
    lines.push_back(line + ": " +
                    (part.lost ? "lost" : "[" + std::string(part.body.reveal()) + "]"));
  }
  for (const auto& remark : message.remarks) {
    CHECK(remark.place.part.empty());
    lines.push_back(std::to_string(remark.place.line) + ": " + remark.rule);
  }
  return lines;
}

const std::string kHeader = "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n";

}  // namespace

TEST_CASE("a message is known by the header MIME-Version in its first 4096 bytes") {
  CHECK(is_mime("MIME-Version: 1.0\n"));
  CHECK(is_mime("mime-version:"));
  CHECK(is_mime(kHeader));
  CHECK(is_mime("From ann\nContent-Type: multipart/mixed\nMIME-VERSION: 1.0\n"));
  CHECK(is_mime("\xEF\xBB\xBF\r\n MIME-Version: 1.0\n"));
  // As in cloud-init, the header of a part counts.
  CHECK(is_mime("Content-Type: multipart/mixed; boundary=b\n\n--b\nMIME-Version: 1.0\n"));
  CHECK(is_mime("X: " + std::string(4080, 'x') + "\nMIME-Version: 1.0\n") ==
        false);  // the name ends at byte 4097
  CHECK_FALSE(is_mime(""));
  CHECK_FALSE(is_mime("Content-Type: multipart/mixed\n\n"));
  CHECK_FALSE(is_mime("X-MIME-Version: 1.0\n"));
  CHECK_FALSE(is_mime("#!/bin/sh\ncat <<EOF\nMIME-Version: 1.0\nEOF\n"));
}

TEST_CASE("the parts of a multipart are listed in order, without preamble and epilogue") {
  CHECK(outline(kHeader +
                "preamble\n--bx\n"
                "--b\nContent-Type: text/cloud-config; charset=\"us-ascii\"\n"
                "Content-Disposition: attachment; filename=\"one.yaml\"\n"
                "Merge-Type: list(append)+dict(recurse_array)+str()\n\n#cloud-config\nkey: 1\n\n"
                "--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--b"
                "--\nepilogue\n--b\n\nno part\n") ==
        Lines{"text/cloud-config one.yaml list(append)+dict(recurse_array)+str(): "
              "[#cloud-config\nkey: 1\n]",
              "text/x-shellscript: [#!/bin/sh]"});
}

TEST_CASE("a part may have no headers, with or without an empty line before its body") {
  CHECK(outline(kHeader + "--b\n\n#!/bin/sh\n--b\n#cloud-config\n--b--\n") ==
        Lines{"text/plain: [#!/bin/sh]", "text/plain: [#cloud-config]"});
}

TEST_CASE("lines end with LF or CRLF, also in one message") {
  const std::string expected = "text/cloud-config: [a: 1\nb: 2]";
  const std::string headers = "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n";
  CHECK(
      outline(headers + "\r\n--b\r\nContent-Type: text/cloud-config\r\n\r\na: 1\nb: 2\n--b--\n") ==
      Lines{expected});
  CHECK(outline(headers + "\r\n--b\nContent-Type: text/cloud-config\n\na: 1\nb: 2\r\n--b--\r\n") ==
        Lines{expected});
  CHECK(outline(headers + "\r\n--b\r\n\r\na: 1\r\nb: 2\r\n--b--\r\n") ==
        Lines{"text/plain: [a: 1\r\nb: 2]"});
}

TEST_CASE("white space after a boundary does not count (RFC 2046, section 5.1.1)") {
  CHECK(outline("Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \t\n\none\n--b-- \r\n") ==
        Lines{"text/plain: [one]"});
}

TEST_CASE("a message without an end is read, with a warning") {
  CHECK(outline(kHeader + "--b\n\none\n--b\n\ntwo\n") ==
        Lines{"text/plain: [one]", "text/plain: [two\n]", "1: mime-no-end"});
  CHECK(outline(kHeader + "--b\n\none\n--b\n") == Lines{"text/plain: [one]", "1: mime-no-end"});
  CHECK(outline(kHeader + "--b\n\none\n--b") == Lines{"text/plain: [one]", "1: mime-no-end"});
}

TEST_CASE("a multipart without its boundary has no parts") {
  CHECK(outline("Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n") ==
        Lines{"1: mime-no-boundary"});
  CHECK(outline("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none\n----\n") ==
        Lines{"1: mime-no-boundary"});
  CHECK(outline(kHeader + "--c\n\none\n--c--\n") == Lines{"1: mime-no-parts"});
  CHECK(outline(kHeader + "--b--\n--b\n\none\n") == Lines{"1: mime-no-parts"});
  CHECK(outline(kHeader) == Lines{"1: mime-no-parts"});
}

TEST_CASE("multiparts inside of multiparts are flattened") {
  CHECK(outline(kHeader + "--b\n\none\n"
                          "--b\nContent-Type: multipart/alternative; boundary=c\n\n"
                          "--c\n\ntwo\n--c\n\nthree\n--c--\n"
                          "--b\n\nfour\n--b--\n") ==
        Lines{"text/plain: [one]", "text/plain depth 2: [two]", "text/plain depth 2: [three]",
              "text/plain: [four]"});
  // The outer boundary ends an inner multipart.
  CHECK(outline(kHeader + "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--b\n\n"
                          "outer\n--b--\n") ==
        Lines{"text/plain depth 2: [inner]", "text/plain: [outer]", "5: mime-no-end"});
}

TEST_CASE("a message that is no multipart is one part") {
  CHECK(outline("MIME-Version: 1.0\nContent-Type: TEXT/Cloud-Config; name=a.yaml\n"
                "X-Merge-Type: list(append)\n\n#cloud-config\n") ==
        Lines{"text/cloud-config a.yaml list(append): [#cloud-config\n]"});
  CHECK(outline("MIME-Version: 1.0\nContent-Type: cloud-config\n\n#cloud-config\n") ==
        Lines{"cloud-config: [#cloud-config\n]"});
  CHECK(outline("no header") == Lines{"text/plain: [no header]"});
  CHECK(outline("") == Lines{"text/plain: []"});
}

TEST_CASE("a part that cannot be decoded costs only itself, and keeps its place") {
  CHECK(outline(kHeader + "--b\nContent-Transfer-Encoding: Base64\n\nIyEvYmluL3No\n"
                          "--b\nContent-Transfer-Encoding: base64\n\ne\n"
                          "--b\nContent-Transfer-Encoding: uuencode\n\nbegin\n"
                          "--b\nContent-Transfer-Encoding: quoted-printable\n\na=3D=\nb\n"
                          "--b--\n") == Lines{"text/plain: [#!/bin/sh]", "text/plain: lost",
                                              "text/plain: lost", "text/plain: [a=b]",
                                              "9: mime-encoding", "13: mime-encoding"});
}

TEST_CASE("a part with a faulty encoding is decoded as by Python's email package, with a warning") {
  // decode_b() of its module _encoded_words, and Message.get_payload().
  CHECK(outline(kHeader + "--b\nContent-Transfer-Encoding: base64\n\nIyEvYQ\n"
                          "--b\nContent-Transfer-Encoding: base64\n\nIy!Ev.YQ==\n"
                          "--b\nContent-Transfer-Encoding: foo\n\n#!/b\n--b--\n") ==
        Lines{"text/plain: [#!/a]", "text/plain: [#!/a]", "text/plain: [#!/b]", "5: mime-encoding",
              "9: mime-encoding", "13: mime-encoding"});
}

TEST_CASE("a merge type in other letters has no effect, and a warning") {
  // cloud-init looks 'Merge-Type' and 'X-Merge-Type' up in a dictionary of the headers.
  CHECK(outline(kHeader + "--b\nmerge-type: list(append)\n\none\n--b--\n") ==
        Lines{"text/plain: [one]", "5: mime-merge-type"});
}

TEST_CASE("a message inside of a message is not read") {
  CHECK(outline(kHeader + "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nbody\n--b\n\none\n"
                          "--b--\n") ==
        Lines{"message/rfc822: lost", "text/plain: [one]", "5: mime-message"});
}

TEST_CASE("a Merge-Type header of the multipart has no effect, and a warning") {
  CHECK(outline("Merge-Type: list(append)\n" + kHeader + "--b\n\none\n--b--\n") ==
        Lines{"text/plain: [one]", "1: mime-merge-type"});
}

TEST_CASE("parts and multiparts beyond the limits are left out, with one remark") {
  const MimeLimits limits{.parts = 2, .depth = 1};
  CHECK(outline(kHeader + "--b\n\none\n--b\n\ntwo\n--b\n\nthree\n--b\n\nfour\n--b--\n", limits) ==
        Lines{"text/plain: [one]", "text/plain: [two]", "11: too-many-parts"});
  CHECK(outline(kHeader + "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c--\n"
                          "--b\n\ntwo\n--b--\n",
                limits) == Lines{"text/plain: [two]", "5: too-deep"});
  // Nothing is said of what comes after that.
  const std::string empty = "--b\nContent-Type: multipart/mixed\n\n";
  CHECK(outline(kHeader + empty + empty + empty + "--b--\n", {.parts = 2, .depth = 8}) ==
        Lines{"5: mime-no-boundary", "8: too-many-parts"});
  const std::string part = "--c\n\n1\n";
  CHECK(outline(kHeader + "--b\nContent-Type: multipart/mixed; boundary=c\n\n" + part + part +
                    part + part + "--c--\n" + empty + "--b--\n",
                {.parts = 3, .depth = 8}) ==
        Lines{"text/plain depth 2: [1]", "text/plain depth 2: [1]", "text/plain depth 2: [1]",
              "17: too-many-parts"});
}
