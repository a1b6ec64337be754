#include "provision/custom_data/parse/transfer_encoding.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision::custom_data;

namespace {

std::string decoded(std::string_view encoding, std::string_view body) {
  const auto text = decode_transfer_encoding(encoding, body);
  if (!text) return "error: " + text.error().to_string();
  return std::string(text->text.reveal()) + (text->fault.empty() ? "" : " | " + text->fault);
}

}  // namespace

TEST_CASE("bodies without an encoding stay as they are") {
  for (const auto* const encoding : {"", "7bit", "8BIT", "Binary", " 7bit "}) {
    CAPTURE(encoding);
    CHECK(decoded(encoding, "a=20 \r\nb\xFF\n") == "a=20 \r\nb\xFF\n");
  }
}

TEST_CASE("base64 is decoded, with line breaks and in any case of its name") {
  CHECK(decoded("base64", "IyEvYmlu\r\nL3No\n") == "#!/bin/sh");
  CHECK(decoded("BASE64", "eA==") == "x");
  CHECK(decoded("base64", "") == "");
}

TEST_CASE("faulty base64 is decoded as by Python's email package, and the fault is named") {
  // decode_b() of its module _encoded_words.
  const std::string padding = " | the part's base64 is not complete: it ends without its padding";
  const std::string foreign =
      " | the part's base64 has characters that are not of base64, which are left out";
  CHECK(decoded("base64", "eA") == "x" + padding);
  CHECK(decoded("base64", "eHk=\neA") == "xy" + padding);
  CHECK(decoded("base64", "I2Ns!I2Ns") == "#cl#cl" + foreign);
  CHECK(decoded("base64", "I2N\xC2\xA0s") == "#cl" + foreign);
  CHECK(decoded("base64", "e A") == "x" + foreign);
  CHECK(decoded("base64", "e") == "error: the text is not valid base64");
  CHECK(decoded("base64", "I2Nse") == "error: the text is not valid base64");
}

TEST_CASE("quoted-printable is decoded as RFC 2045 says in section 6.7") {
  struct Row {
    std::string_view body;
    std::string_view text;
  };
  for (const auto& [body, text] : {
           Row{"", ""},
           Row{"a=3Db\n", "a=b\n"},
           Row{"=e2=82=AC", "\xE2\x82\xAC"},
           Row{"one =\ntwo\n", "one two\n"},          // rule 5: a soft line break
           Row{"one =  \r\ntwo\r\n", "one two\r\n"},  // with white space added on the way
           Row{"one \t\ntwo ", "one\ntwo"},           // rule 3: white space at the end
           Row{"one=20\n", "one \n"},
           Row{"one=", "one"},
           Row{"\n\n", "\n\n"},
           Row{"\r\na", "\r\na"},
           Row{"a=b=4", "a=b=4"},  // no encoded bytes: they stay
           Row{"a==41", "a=A"},
       }) {
    CAPTURE(body);
    CHECK(decoded("quoted-printable", body) == text);
  }
}

TEST_CASE("the text of an unknown encoding is taken as it is, and its name shown if it is one") {
  CHECK(decoded("Foo", "a=20") ==
        "a=20 | the transfer encoding 'Foo' is not known; its text is taken as it is");
  CHECK(decoded("\x1b[1m", "a") ==
        "a | the transfer encoding of this part is not known; its text is taken as it is");
  CHECK(decoded("hunter2 hunter2", "a") ==
        "a | the transfer encoding of this part is not known; its text is taken as it is");
}

TEST_CASE("uuencoded text is refused") {
  CHECK(decoded("x-uuencode", "begin") ==
        "error: the transfer encoding 'x-uuencode' is not supported");
}
