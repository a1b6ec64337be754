#include "provision/custom_data/parse/parts.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/parse/lines.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/custom_data/parse/parts_outline.h"

using namespace azl::provision::custom_data;
using azl::base64_encode;
using azl::test::kMultipart;
using azl::test::outline;
using azl::test::packed;
using namespace std::string_literals;
using azl::test::Lines;

namespace {

Lines read(std::string_view bytes) { return outline(read_parts(bytes)); }

/// A message with these parts, which have no headers unless they start with some.
std::string message(const Lines& parts) {
  std::string text = kMultipart;
  for (const auto& part : parts) text += "--b\n" + part + "\n";
  return text + "--b--\n";
}

/// A part of gzip data with these headers.
std::string packed_part(const std::string& headers, std::string_view text) {
  return headers + "Content-Transfer-Encoding: base64\n\n" + base64_encode(packed(text));
}

/// The first remark of the document.
Remark first_remark(std::string_view bytes) {
  auto parts = read_parts(bytes);
  REQUIRE(!parts.remarks.empty());
  return parts.remarks.front();
}

}  // namespace

TEST_CASE("white space only gives no part and no remark") {
  for (const auto* const text : {"", " \r\n\t", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"}) {
    CAPTURE(text);
    CHECK(read(text).empty());
  }
}

TEST_CASE("a document that is no message is one part") {
  CHECK(read("#cloud-config\nkey: 1\n") == Lines{"part-001 cloud-config[#cloud-config\nkey: 1\n]"});
  CHECK(read("#!/bin/sh\r\necho\r\n") == Lines{"part-001 script[#!/bin/sh\r\necho\r\n]"});
  CHECK(read("#cloud-boothook\n#!/bin/sh\n") ==
        Lines{"part-001 boothook[#cloud-boothook\n#!/bin/sh\n]"});
  CHECK(read("## template: jinja\n#cloud-config\n") ==
        Lines{"part-001 template[## template: jinja\n#cloud-config\n]"});
}

TEST_CASE("base64 around the whole is removed once, if that gives something known") {
  const std::string script = "#!/bin/sh\n";
  const Lines expected = {"part-001 script[#!/bin/sh\n]", ": note base64-twice"};
  CHECK(read(base64_encode(script)) == expected);
  CHECK(read("\n" + base64_encode(script) + "\r\n") == expected);
  CHECK(read(base64_encode(packed(script))) == expected);
  CHECK(read(base64_encode("MIME-Version: 1.0\n\n" + script)) == expected);
  CHECK(read(base64_encode(base64_encode(script)))[1] == "part-001: warning not-run-text");
  CHECK(read("cGxhaW4gdGV4dA==") ==  // "plain text"
        Lines{"part-001 text[cGxhaW4gdGV4dA==]", "part-001: warning not-run-text"});
  CHECK(read(base64_encode(script) + "!")[1] == "part-001: warning not-run-text");
}

TEST_CASE("gzip data and messages are unpacked inside of each other") {
  CHECK(read(packed("#!/bin/sh\n")) == Lines{"part-001 script[#!/bin/sh\n]"});
  CHECK(read(packed(packed("#!/bin/sh\n"))) == Lines{"part-001 script[#!/bin/sh\n]"});
  CHECK(read(packed(message({"\n#!/bin/sh", "\n#cloud-config"}))) ==
        Lines{"part-001 script[#!/bin/sh]", "part-002 cloud-config[#cloud-config]"});
  CHECK(read(message({"\n#!/bin/sh", packed_part("", message({"\n#!/bin/awk", "\n#!/bin/sed"})),
                      "\n#cloud-config"})) ==
        Lines{"part-001 script[#!/bin/sh]", "part-002 script[#!/bin/awk]",
              "part-003 script[#!/bin/sed]", "part-004 cloud-config[#cloud-config]"});
}

TEST_CASE("what was packed under a type of gzip is known by its content, else by its type") {
  CHECK(read(message({
            packed_part("Content-Type: application/gzip\n", "#cloud-config\n"),
            packed_part("Content-Type: application/x-gzip; name=\"a.gz\"\n", "#!/bin/sh\n"),
            packed_part("Content-Type: text/cloud-config\nMerge-Type: list(append)\n", "key: 1\n"),
            packed_part("Content-Type: text/x-shellscript\n", "#cloud-config\n"),
        })) == Lines{"part-001 cloud-config[#cloud-config\n]", "a.gz script[#!/bin/sh\n]",
                     "part-003 cloud-config[key: 1\n] list(append)",
                     "part-004 cloud-config[#cloud-config\n]"});
}

TEST_CASE("a merge type of gzip data has no effect, as with cloud-init") {
  CHECK(read(message(
            {packed_part("Content-Type: application/gzip; name=a.gz\nMerge-Type: list(append)\n",
                         "#cloud-config\n")})) ==
        Lines{"a.gz cloud-config[#cloud-config\n]", "a.gz: warning mime-merge-type"});
}

TEST_CASE("a part that cannot be read costs only itself, and keeps its number") {
  CHECK(read(message({
            "Content-Type: application/gzip\n\nno gzip data",
            "Content-Transfer-Encoding: base64\n\ne",
            "Content-Type: application/gzip; name=x.gz\n\n" + packed("#!/bin/sh\n").substr(0, 12),
            "\n ",
            "Content-Type: message/rfc822\n\n#!/bin/sh",
            "\n#!/bin/sh",
        })) == Lines{"part-006 script[#!/bin/sh]", ":9: error mime-encoding",
                     ":20: warning mime-message", "part-001: error bad-gzip",
                     "x.gz: error bad-gzip", "part-004: note empty-part"});
  CHECK(read("\x1f\x8b") == Lines{": error bad-gzip"});
  CHECK(read(packed("")) == Lines{": note empty-part"});
}

TEST_CASE("a part has the last component of its file name") {
  struct Row {
    std::string file_name;
    std::string name;
  };
  for (const auto& [file_name, name] : {
           Row{"setup.sh", "setup.sh"},
           Row{" 10 set up.sh ", "10 set up.sh"},
           Row{"/usr/bin/setup.sh", "setup.sh"},
           Row{"../../setup.sh", "setup.sh"},
           Row{"C:\\data\\setup.sh", "setup.sh"},
           Row{"na\xC3\xAFve.sh", "na\xC3\xAFve.sh"},
           Row{std::string(128, 'x'), std::string(128, 'x')},
       }) {
    CAPTURE(file_name);
    CHECK(read(message({"Content-Disposition: attachment; filename=\"" + file_name +
                        "\"\n\n#!/a"})) == Lines{name + " script[#!/a]"});
  }
}

TEST_CASE("a script's file has the name that cloud-init gives it") {
  // cloud-init's clean_filename(), and for scripts with a frequency the last component of it.
  struct Row {
    std::string file_name;
    std::string script;
    std::string per_boot;
  };
  const auto file_of = [](const std::string& type, const std::string& name) {
    const auto parts = read_parts(
        message({"Content-Type: " + type + "\nContent-Disposition: attachment; filename=\"" + name +
                 "\"\n\n#!/a"}));
    REQUIRE(parts.parts.size() == 1);
    return parts.parts[0].file_name;
  };
  for (const auto& [name, script, per_boot] : {
           Row{"setup.sh", "setup.sh", "setup.sh"},
           Row{"b/10-a.sh", "b_10-a.sh", "10-a.sh"},
           Row{"/usr/bin/x", "_usr_bin_x", "x"},
           Row{"10 set up.sh", "10setup.sh", "10setup.sh"},
           Row{"C:\\x\\b.sh", "Cxb.sh", "Cxb.sh"},
           Row{"na\xC3\xAFve(1).sh", "nave(1).sh", "nave(1).sh"},
           Row{"a\tb", "ab", "ab"},
           Row{"a/", "a_", "part-001"},
           Row{"..", "part-001", "part-001"},
           Row{"\xC3\xA4", "part-001", "part-001"},
           Row{std::string(129, 'x'), "part-001", "part-001"},
       }) {
    CAPTURE(name);
    CHECK(file_of("text/x-shellscript", name) == script);
    CHECK(file_of("text/x-shellscript-per-boot", name) == per_boot);
  }
}

TEST_CASE("a script's file name that cannot be used gives way to the part's number") {
  for (const auto& file_name : {".."s, "."s, "\xC3\xA4"s, std::string(129, 'x')}) {
    CAPTURE(file_name);
    const auto lines =
        read(message({"Content-Disposition: attachment; filename=\"" + file_name + "\"\n\n#!/a"}));
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].ends_with(": warning part-name"));
  }
  CHECK(read(message({"Content-Disposition: attachment; filename=\"..\"\n\n#cloud-config"})) ==
        Lines{"part-001 cloud-config[#cloud-config]"});
}

TEST_CASE("a name that another part has gets a number") {
  const std::string named = "Content-Disposition: attachment; filename=";
  CHECK(read(message({named + "a\n\n#!/1", named + "a\n\n#!/2", named + "x/a\n\n#!/3",
                      named + "a-2\n\n#!/4", named + "part-006\n\n#!/5", "\n#!/6"})) ==
        Lines{"a script[#!/1]", "a-2 script[#!/2]", "a-3 script[#!/3]", "a-2-2 script[#!/4]",
              "part-006 script[#!/5]", "part-006-2 script[#!/6]"});
}

TEST_CASE("the offset of a part is where its text stands in the document as it is") {
  const auto offsets_of = [](const std::string& text) {
    Lines offsets;
    for (const auto& part : read_parts(text).parts) {
      if (part.offset) CHECK(text.substr(*part.offset, part.text.size()) == part.text.reveal());
      offsets.push_back(part.offset ? std::to_string(*part.offset) : "none");
    }
    return offsets;
  };
  CHECK(offsets_of("#cloud-config\n") == Lines{"0"});
  CHECK(offsets_of("\n #!/bin/sh\n") == Lines{"2"});
  CHECK(offsets_of("\xEF\xBB\xBF#!/bin/sh\n") == Lines{"3"});
  CHECK(offsets_of(base64_encode("#cloud-config\n")) == Lines{"none"});
  CHECK(offsets_of(packed("#cloud-config\n")) == Lines{"none"});
  const std::string start = kMultipart;
  const auto plain = std::to_string(start.size() + 5);
  CHECK(offsets_of(message({"\n#!/bin/sh", "Content-Transfer-Encoding: base64\n\n" +
                                               base64_encode("#!/bin/sh")})) ==
        Lines{plain, "none"});
}

TEST_CASE("kinds that are not run are reported, with what to do instead") {
  struct Row {
    std::string text;
    std::string rule;
    std::string advice;  ///< a part of it
  };
  for (const auto& [text, rule, advice] : {
           Row{"#include\nhttps://example.com/a\n", "not-run-include", "parts of a MIME message"},
           Row{"#include-once\n", "not-run-include", "in a script"},
           Row{"#cloud-config-archive\n", "not-run-archive", "parts of a MIME message"},
           Row{"#part-handler\n", "not-run-part-handler", "script"},
           Row{"#cloud-config-jsonp\n", "not-run-json-patch", "cloud-config"},
           Row{R"({"ignition": {}})", "not-run-ignition", "cloud-config"},
           Row{"packages: [nginx]\n", "not-run-text", "'#cloud-config'"},
           Row{"# cloud-config\n", "not-run-text", "did you mean '#cloud-config'"},
           Row{"#/bin/bash\n", "not-run-text", "did you mean '#!/bin/bash'"},
           Row{"Content-Type: multipart/mixed\n\n", "not-run-text", "'MIME-Version: 1.0'"},
           Row{message({"Content-Type: text/cloudconfig\n\na: 1"}), "not-run-text",
               "did you mean 'text/cloud-config'"},
           Row{message({"Content-Type: image/png\n\n#!/bin/sh"}), "not-run-text",
               "'text/x-shellscript'"},
       }) {
    CAPTURE(text);
    const Remark remark = first_remark(text);
    CHECK(remark.level == RemarkLevel::kWarning);
    CHECK(remark.rule == rule);
    CHECK(remark.place.part == "part-001");
    CHECK_MESSAGE(remark.advice.find(advice) != std::string::npos, remark.advice);
  }
}

TEST_CASE("remarks quote a type, and no text") {
  const Remark remark = first_remark(message({"Content-Type: a\x1b/b\n\nhunter2"}));
  CHECK(remark.text == "the type of this part is none for custom data, so the part is not run");
  CHECK(first_remark("hunter2").text.find("hunter2") == std::string::npos);
}

TEST_CASE("a byte-order mark is removed, and white space before the interpreter of a script") {
  CHECK(read("\xEF\xBB\xBF#cloud-config\n") == Lines{"part-001 cloud-config[#cloud-config\n]"});
  CHECK(read("\xEF\xBB\xBF#!/bin/sh\n") == Lines{"part-001 script[#!/bin/sh\n]"});
  CHECK(read("\n  #!/bin/sh\n") ==
        Lines{"part-001 script[#!/bin/sh\n]", "part-001: note script-space"});
  CHECK(read("\n#cloud-config\n") == Lines{"part-001 cloud-config[\n#cloud-config\n]"});
  CHECK(read(message({"Content-Type: text/x-shellscript\n\n echo"})) ==
        Lines{"part-001 script[ echo]"});
}

TEST_CASE("UTF-16 is refused, with advice") {
  const std::string little = "#\0!\0/\0a\0"s;
  CHECK(read(little) == Lines{": error utf-16"});
  CHECK(read("\xFF\xFE" + little) == Lines{": error utf-16"});
  CHECK(read("\xFE\xFF\0#"s) == Lines{": error utf-16"});
  CHECK(read(base64_encode(little)) == Lines{": note base64-twice", ": error utf-16"});
  CHECK(read(message({"Content-Type: text/x-shellscript; name=a\n\n" + little, "\n#!/a"})) ==
        Lines{"part-002 script[#!/a]", "a: error utf-16"});
  CHECK(first_remark(little).advice.find("iconv") != std::string::npos);
}

TEST_CASE(
    "cloud-config and templates must be UTF-8 without NUL bytes; scripts may hold any bytes") {
  // The part stays in the list, so that its lines can be shown.
  const auto unreadable = [](std::string_view bytes) {
    const auto parts = read_parts(bytes);
    CHECK(parts.parts.at(0).text.reveal() == bytes);
    CHECK_FALSE(parts.parts.at(0).readable);
    return outline(parts).back();
  };
  CHECK(unreadable("#cloud-config\na: \xE4\n") == "part-001:2:4: error not-utf-8");
  CHECK(unreadable("#cloud-config\na:\n\0"s) == "part-001:3:1: error nul-byte");
  CHECK(unreadable("## template: jinja\n\xE4") == "part-001:2:1: error not-utf-8");
  CHECK(read("#!/bin/sh\n\xE4\0"s) == Lines{"part-001 script[#!/bin/sh\n\xE4\0]"s});
  CHECK(read(message({"\n#cloud-config\n\xFF", "\n#!/a"})) ==
        Lines{"part-001 cloud-config[#cloud-config\n\xFF]", "part-002 script[#!/a]",
              "part-001:2:1: error not-utf-8"});
}

TEST_CASE("a type that differs from the first line is reported") {
  CHECK(read(message({"Content-Type: text/cloud-config\n\n## template: jinja\n#cloud-config",
                      "Content-Type: text/cloud-config\n\n#!/bin/sh",
                      "Content-Type: text/jinja2\n\n#cloud-config",
                      "Content-Type: text/cloud-config\n\na: 1"})) ==
        Lines{"part-001 cloud-config[## template: jinja\n#cloud-config]",
              "part-002 cloud-config[#!/bin/sh]", "part-003 template[#cloud-config]",
              "part-004 cloud-config[a: 1]", "part-001: warning type-differs",
              "part-002: warning type-differs", "part-003: warning template-no-header"});
}

TEST_CASE("remarks about a message inside of a part name the part, and no line of the document") {
  CHECK(read(message(
            {"\n#!/a", packed_part("Content-Type: application/gzip; name=in.gz\n",
                                   "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n")})) ==
        Lines{"part-001 script[#!/a]", "in.gz: error mime-no-boundary"});
}
