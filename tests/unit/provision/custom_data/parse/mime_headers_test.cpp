#include "provision/custom_data/parse/mime_headers.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision::custom_data;

namespace {

std::string file_name(std::string disposition, std::string type = "") {
  return find_mime_file_name(
      {.content_type = std::move(type), .disposition = std::move(disposition)});
}

}  // namespace

TEST_CASE("a header has a name without space, and a colon") {
  for (const auto* const line : {"A: b", "Content-Type:x", "X-a_b.c:", "!:"}) {
    CAPTURE(line);
    CHECK(is_mime_header(line));
  }
  for (const auto* const line :
       {"", ":", ": x", "#!/bin/sh", "A : b", " A: b", "A\n: b", "\xC3\xA4: b"}) {
    CAPTURE(line);
    CHECK_FALSE(is_mime_header(line));
  }
}

TEST_CASE("headers end at an empty line, or before a line that is no header") {
  struct Row {
    std::string_view text;
    std::string_view body;
    std::string_view type;
  };
  for (const auto& [text, body, type] : {
           Row{"Content-Type: a/b\n\nbody\n", "body\n", "a/b"},
           Row{"CONTENT-TYPE:A/B\r\n\r\nbody\r\n", "body\r\n", "a/b"},
           Row{"content-type: a/b\r\n\nbody\n", "body\n", "a/b"},
           Row{"Content-Type: a/b\n#!/bin/sh\n", "#!/bin/sh\n", "a/b"},
           Row{"Content-Type: a/b", "", "a/b"},
           Row{"\nbody", "body", ""},
           Row{"#!/bin/sh\n\nA: b\n", "#!/bin/sh\n\nA: b\n", ""},
           Row{"From ann Thu Jan  1 1970\nContent-Type: a/b\n\nbody", "body", "a/b"},
           Row{"X: 1\nFrom ann\n\nbody", "From ann\n\nbody", ""},
           Row{"Content-Type: a/b\nContent-Type: c/d\n\n", "", "a/b"},
           Row{"X: 1\n Content-Type: a/b\nContent-Type: c/d\n\n", "", "c/d"},
           Row{"Content-Type:\n\tA/B;\n x=1\n\n", "", "a/b"},
           Row{"Content-Type: cloud-config\n\n", "", "cloud-config"},
           Row{"Content-Type: ;x=1\n\n", "", ""},
           Row{"", "", ""},
       }) {
    CAPTURE(text);
    const auto entity = read_mime_headers(text);
    CHECK(entity.body == body);
    CHECK(find_mime_type(entity.headers) == type);
  }
}

TEST_CASE("Merge-Type counts before X-Merge-Type, as in cloud-init") {
  CHECK(read_mime_headers("X-Merge-Type: a\nMerge-Type: b\n\n").headers.merge_type == "b");
  CHECK(read_mime_headers("X-Merge-Type: a\nMerge-type: b\n\n").headers.merge_type == "a");
  CHECK(read_mime_headers("Merge-type: b\n\n").headers.misspelled_merge_type);
  CHECK(read_mime_headers("X-merge-Type: b\n\n").headers.misspelled_merge_type);
  CHECK_FALSE(read_mime_headers("Merge-Type: b\n\n").headers.misspelled_merge_type);
  CHECK(read_mime_headers("X-Merge-Type: list(append)\n +dict()\n\n").headers.merge_type ==
        "list(append) +dict()");
  CHECK(read_mime_headers("X-Merge-Type: a\nMerge-Type:\n\n").headers.merge_type == "a");
  CHECK(read_mime_headers("\n").headers.merge_type.empty());
}

TEST_CASE("parameters are found by their names in any case, quoted or not") {
  struct Row {
    std::string_view header;
    std::string_view value;
  };
  for (const auto& [header, value] : {
           Row{"multipart/mixed; boundary=b", "b"},
           Row{"multipart/mixed; boundary=\"b c\"", "b c"},
           Row{"multipart/mixed;Boundary = \"b\" ; x=1", "b"},
           Row{"multipart/mixed; boundary=\"===============1==\"", "===============1=="},
           Row{"multipart/mixed; boundary================1==", "===============1=="},
           Row{"multipart/mixed; x=\"; boundary=no\"; boundary=b", "b"},
           Row{R"(multipart/mixed; boundary="a\"b\\c\d")", R"(a"b\c\d)"},
           Row{"multipart/mixed; boundary=\"b", "b"},
           Row{"multipart/mixed; boundary=b; boundary=c", "b"},
           Row{"multipart/mixed; boundary", ""},
           Row{"multipart/mixed; boundary=", ""},
       }) {
    CAPTURE(header);
    CHECK(find_mime_parameter(header, "boundary") == std::string(value));
  }
  for (const auto* const header : {"multipart/mixed", "", "boundary=b", "a/b; xboundary=b", ";;"}) {
    CAPTURE(header);
    CHECK_FALSE(find_mime_parameter(header, "boundary"));
  }
}

TEST_CASE("the file name is that of Content-Disposition, else the name of Content-Type") {
  CHECK(file_name("attachment; filename=\"a b.sh\"", "text/plain; name=c.sh") == "a b.sh");
  CHECK(file_name("attachment", "text/plain; name=\"c.sh\"") == "c.sh");
  CHECK(file_name("attachment; filename=\"\"", "text/plain; name=c.sh") == "c.sh");
  CHECK(file_name("", "text/plain").empty());
}

TEST_CASE("file names may be written as RFC 2231 says") {
  CHECK(file_name("attachment; filename*=utf-8''na%C3%AFve%20one.sh") == "na\xC3\xAFve one.sh");
  CHECK(file_name("attachment; filename=x.sh; filename*=UTF-8'en'y.sh") == "y.sh");
  CHECK(file_name("", "text/plain; name*=us-ascii'en-us'z%2fa.sh") == "z/a.sh");
  // Another character set, or no extended value: the plain name is left.
  CHECK(file_name("attachment; filename=x.sh; filename*=iso-8859-1''%E4.sh") == "x.sh");
  CHECK(file_name("attachment; filename=x.sh; filename*=y.sh") == "x.sh");
  CHECK(file_name("attachment; filename*=utf-8'") == "");
  CHECK(file_name("attachment; filename*=utf-8''a%2%zz%-1%") == "a%2%zz%-1%");
}
