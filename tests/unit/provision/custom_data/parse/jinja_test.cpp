// Expected texts: cloud-init's documentation of instance-data, Jinja's Template Designer
// Documentation ("White Space Control", "Variables", "Filters") with trim_blocks, and for odd cases
// what Jinja 3.1.6 rendered with cloud-init's settings.
#include "provision/custom_data/parse/jinja.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision::custom_data;
using nlohmann::json;

namespace {

const std::string kHeader = "## template: jinja\n";

json variables() {
  return json::parse(R"({
    "host": "web.example.org",
    "v1": {"region": "westeurope", "local_hostname": "web", "zone": null, "count": 5, "on": true,
           "off": false, "share": 1.5, "empty": "", "letters": "Ün", "cloud_name": "azure",
           "public_ssh_keys": ["ssh-rsa A", "it's B"]},
    "ds": {"meta_data": {"instance-id": "id-1", "instance_id": "id-1",
           "imds": {"network": {"interface": [{"ipv4": {"ipAddress": [
             {"privateIpAddress": "10.0.0.4"}]}}]}}}},
    "list": [1, 2, 3],
    "nested": {"b": [true, null, "x"], "a": {"k": "v\n"}}
  })");
}

/// The text, or "! LINE:COLUMN what is wrong".
std::string render(std::string_view body, const std::string& header = kHeader) {
  const auto rendered = render_jinja(header + std::string(body), variables());
  if (rendered) return std::string(rendered->text.reveal());
  const auto& failure = rendered.error();
  CHECK(failure.line >= 1);
  CHECK(failure.column >= 1);
  return "! " + std::to_string(failure.line) + ":" + std::to_string(failure.column) + " " +
         failure.text;
}

struct Row {
  std::string_view body;
  std::string_view rendered;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.body);
    CHECK(render(row.body) == row.rendered);
  }
}

}  // namespace

TEST_CASE("the header is removed, in any case and with any line end") {
  CHECK(render("a\n", "## template: jinja\n") == "a\n");
  CHECK(render("a\n", "## template: jinja\r\n") == "a\n");
  CHECK(render("a\n", "## Template:JINJA \n") == "a\n");
  CHECK(render("a\n", "##template:jinja\n") == "a\n");
  CHECK(render("a\n", "##\ttemplate:\tjinja\t\n") == "a\n");
  CHECK(render("a\n", "\n  \n## template: jinja\n") == "a\n");
  CHECK(render("", "## template: jinja") == "");
  CHECK(render("", "## template: jinja\n") == "");
}

TEST_CASE("a text without the header of a Jinja template is refused") {
  const std::string wrong = "! 1:1 the text has no header of a Jinja template";
  CHECK(render("a\n", "") == wrong);
  CHECK(render("a\n", "# template: jinja\n") == wrong);
  CHECK(render("a\n", "## template: basic\n") == wrong);
  CHECK(render("a\n", "## template: jinja2\n") == wrong);
  CHECK(render("a\n", "## jinja\n") == wrong);
  CHECK(render("## template: jinja\n", "#!/bin/sh\n") == wrong);
  CHECK(render("", "") == wrong);
}

TEST_CASE("text without tags stays as it is, but for line ends") {
  check({{"", ""},
         {"\n", "\n"},
         {"\n\n", "\n\n"},
         {"no line end", "no line end"},
         {"a\n", "a\n"},
         {"a\r\nb\r\n", "a\nb\n"},
         {"a\rb\r", "a\nb"},
         {"a\r\r\nb", "a\n\nb"},
         {"}} %} #} { { } {", "}} %} #} { { } {"},
         {"$(x) ${x} {x}", "$(x) ${x} {x}"},
         {std::string_view("\0\xff\n", 3), std::string_view("\0\xff\n", 3)}});
}

TEST_CASE("an expression becomes the value of its variable") {
  check({{"{{ host }}", "web.example.org"},
         {"a {{host}} b\n", "a web.example.org b\n"},
         {"{{ v1.region }}{{ v1.region }}", "westeuropewesteurope"},
         {"{{ v1['region'] }} {{ v1[\"region\"] }}", "westeurope westeurope"},
         {"{{\n v1\t. \r\n region }}", "westeurope"},
         {"{{ ds.meta_data[\"instance-id\"] }}", "id-1"},
         {"{{ ds['meta_data'].instance_id }}", "id-1"},
         {"{{ ds.meta_data.imds.network.interface[0].ipv4.ipAddress[0].privateIpAddress }}",
          "10.0.0.4"},
         {"{{ list[0] }}{{ list[-1] }}{{ list.1 }}{{ list . 2 }}", "1323"},
         {"{{ host[0] }}{{ host[-1] }}{{ v1.letters[0] }}{{ v1.letters[-2] }}", "wgÜÜ"},
         {"{{ (v1).region }} {{ ((v1)['region']) }}", "westeurope westeurope"},
         {"{{+ host }}", "web.example.org"},
         {"{{ v1[list[9] | default('region')] }}", "westeurope"}});
}

TEST_CASE("values are written as Python writes them") {
  check({{"{{ v1.count }} {{ v1.share }}", "5 1.5"},
         {"{{ v1.on }} {{ v1.off }} {{ v1.zone }}", "True False None"},
         {"{{ list }}", "[1, 2, 3]"},
         {"{{ v1.public_ssh_keys }}", "['ssh-rsa A', \"it's B\"]"},
         {"{{ nested }}", "{'a': {'k': 'v\\n'}, 'b': [True, None, 'x']}"},
         {R"({{ "it's \"x\"".split("|") }})", R"(['it\'s "x"'])"},
         {"{{ 'a\tb\\\\\x7f'.split('|') }}", R"(['a\tb\\\x7f'])"},
         {"{{ 'x\x01'.split('|') }}", R"(['x\x01'])"}});
}

TEST_CASE("constants are text, whole numbers, true, false and none") {
  check({{"{{ 'a' }}{{ \"b\" }}{{ '' }}", "ab"},
         {"{{ 12 }} {{ 0 }} {{ 00 }} {{ -3 }}", "12 0 0 -3"},
         {"{{-1}}", "1"},  // the sign belongs to the tag
         {"{{- -1}}", "-1"},
         {"{{ true }} {{ True }} {{ false }} {{ False }} {{ none }} {{ None }}",
          "True True False False None None"},
         {R"({{ 'it\'s' }} {{ "\"" }} {{ 'a\\b' }})", R"(it's " a\b)"},
         {R"({{ 'a\nb\tc\r' }})", "a\nb\tc\r"},
         {R"({{ '\d\.' }})", R"(\d\.)"},
         {"{{ 'a\r\nb\rc' }}", "a\nb\nc"},
         {"{{ '}}' }}{{ '{% x %}' }}{{ '{{' }}", "}}{% x %}{{"}});
}

TEST_CASE("what is undefined becomes cloud-init's placeholder with the last name") {
  check({{"{{ nope }}", "CI_MISSING_JINJA_VAR/nope"},
         {"{{ v1.nope }}", "CI_MISSING_JINJA_VAR/nope"},
         {"{{ v1['no pe'] }}", "CI_MISSING_JINJA_VAR/no pe"},
         {"{{ list[9] }}{{ list[-4] }}", "CI_MISSING_JINJA_VAR/9CI_MISSING_JINJA_VAR/-4"},
         {"{{ list['0'] }} {{ v1[0] }}", "CI_MISSING_JINJA_VAR/0 CI_MISSING_JINJA_VAR/0"},
         {"{{ host.nope }} {{ v1.zone.nope }}",
          "CI_MISSING_JINJA_VAR/nope CI_MISSING_JINJA_VAR/nope"},
         {"{{ nope | upper }}", "CI_MISSING_JINJA_VAR/NOPE"},
         {"{{ nope | default(nope2) }}", "CI_MISSING_JINJA_VAR/nope2"}});
}

TEST_CASE("each use of an undefined variable is a warning with its place") {
  const auto text = kHeader +
                    "{{ v1.local_hostnam }}\n  {{ ds.meta_data.tags }} {{ v1['a b'] }}\n"
                    "{{ nope | default('x') }}{{ host | default(nope) }}{{ list[7] | upper }}\n"
                    "{{ nope | length }}{{ '' | first }}";
  const auto result = render_jinja(text, variables());
  REQUIRE(result);
  struct Expected {
    int line;
    int column;
    std::string text;
    std::string advice;
  };
  const std::string add_default = R"(add a value for this case: | default("…"))";
  const auto placed = [](const std::string& path, const std::string& name) {
    return path + " is undefined, so that CI_MISSING_JINJA_VAR/" + name + " takes its place";
  };
  const std::vector<Expected> expected = {
      {2, 4, placed("v1.local_hostnam", "local_hostnam"), "did you mean local_hostname?"},
      {3, 6, placed("ds.meta_data.tags", "tags"), add_default},
      {3, 30, placed("v1.…", "…"), add_default},
      {4, 55, placed("list[7]", "7"), add_default},
      {5, 4, "nope is undefined", add_default},
      {5, 28, placed("the item of an empty list", "None"), add_default},
  };
  REQUIRE(result->remarks.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& remark = result->remarks[i];
    CAPTURE(i);
    CHECK(remark.level == RemarkLevel::kWarning);
    CHECK(remark.rule == "undefined-variable");
    CHECK(remark.place.part == "");
    CHECK(remark.place.line == expected[i].line);
    CHECK(remark.place.column == expected[i].column);
    CHECK(remark.text == expected[i].text);
    CHECK(remark.advice == expected[i].advice);
  }
}

TEST_CASE("a warning says of cloud-init's variables that they are left out here") {
  const auto result =
      render_jinja(kHeader + "{{ userdata }}{{ v1.python_version }}{{ merged_cfg }}", variables());
  REQUIRE(result);
  REQUIRE(result->remarks.size() == 3);
  CHECK(result->remarks[0].text ==
        "userdata is a variable of cloud-init that is left out here, so that "
        "CI_MISSING_JINJA_VAR/userdata takes its place");
  CHECK(result->remarks[1].text.starts_with("v1.python_version is a variable of cloud-init"));
  CHECK(result->remarks[2].text.starts_with("merged_cfg is a variable of cloud-init"));
  const auto failed = render_jinja(kHeader + "{{ merged_cfg.x }}", variables());
  REQUIRE(!failed);
  CHECK(failed.error().text == "merged_cfg is a variable of cloud-init that is left out here");
}

TEST_CASE("warnings stand in the order of the text") {
  // The argument is evaluated before the value.
  const auto rendered = render_jinja(kHeader + "{{ nope | replace('a', nope2 | upper) }}", {});
  REQUIRE(rendered);
  REQUIRE(rendered->remarks.size() == 2);
  CHECK(rendered->remarks[0].text.starts_with("nope is undefined"));
  CHECK(rendered->remarks[1].text.starts_with("nope2 is undefined"));
}

TEST_CASE("warnings are limited, and the last one says that there are more") {
  std::string text = kHeader;
  for (std::size_t i = 0; i < kTemplateRemarks; ++i) text += "{{ nope }}\n";
  CHECK(render_jinja(text, variables())->remarks.size() == kTemplateRemarks);
  text += "{{ nope }}\n";
  const auto rendered = render_jinja(text, variables());
  REQUIRE(rendered);
  REQUIRE(rendered->remarks.size() == kTemplateRemarks + 1);
  CHECK(rendered->remarks[kTemplateRemarks - 1].place.line == 101);
  CHECK(rendered->remarks.back().text == "more variables are undefined than are listed");
  CHECK(rendered->remarks.back().place.line == 0);
}

TEST_CASE("a sign in a tag removes the white space beside it") {
  check({{"a \n {{- host -}} \n b", "aweb.example.orgb"},
         {"a \r\n{{- host -}} \r\n b", "aweb.example.orgb"},
         {"a {{ host }}\nb", "a web.example.org\nb"},
         {"a {{- host }} b", "aweb.example.org b"},
         {"a {{ host -}} b", "a web.example.orgb"},
         {"a {{ host -}}\n", "a web.example.org\n"},    // the last line end is kept
         {"a {{ host -}}\n\n", "a web.example.org\n"},  // and only that
         {"a\v\f\t {{- host}}", "aweb.example.org"},
         {"{{ host }}{{- host }}", "web.example.orgweb.example.org"},
         {" {{- '' }}", ""}});
}

TEST_CASE("a comment is removed with the line end after it") {
  check({{"a{# c #}b", "ab"},
         {"a{# c #}\nb\n", "ab\n"},
         {"a{# c #}\r\nb\n", "ab\n"},
         {"a{# c #}\n\nb", "a\nb"},
         {"a{# c #} \nb", "a \nb"},
         {"a{# c +#}\nb\n", "a\nb\n"},
         {"a {#- c -#} \n b\n", "ab\n"},
         {"a {#-#}\nb", "ab"},
         {"a {#--#} b", "ab"},
         {"a {#+ c #}b", "a b"},
         {"a{# c #}\n", "a\n"},
         {"a{# c -#}\n\n", "a\n"},
         {"{# {{ host }} {% if %} \n {# #}x", "x"},
         {"{##}", ""}});
}

TEST_CASE("each rendered line has its line in the template") {
  const std::string text =
      "\n## template: jinja\n{# one\ntwo #}\na\n{% raw %}\nb\n{% endraw %}\nc {# x\ny #}\nd\r\n{{ "
      "1 }}\n"
      "{{ 'x\\ny' }}\nlast\n";
  const auto rendered = render_jinja(text, nlohmann::json::object());
  REQUIRE(rendered);
  CHECK(rendered->text.reveal() == "a\n\nb\nc d\n1\nx\ny\nlast\n");
  std::vector<int> lines;
  for (int line = 1; line <= 8; ++line) lines.push_back(rendered->lines.find(line));
  CHECK(lines == std::vector{5, 6, 7, 9, 12, 13, 13, 14});
}

TEST_CASE("raw text stays as it is") {
  check({{"a{% raw %}{{ x }}{# c #}{% if %}{% endraw %}b", "a{{ x }}{# c #}{% if %}b"},
         {"a\n{% raw %}\n{{ x }}\n{% endraw %}\nb\n", "a\n\n{{ x }}\nb\n"},
         {"a\n{%- raw -%}\n {{ x }}\n{%- endraw -%}\n b\n", "a{{ x }}b\n"},
         {"a {%- raw %} x {% endraw -%} b", "a x b"},
         {"a{%raw%}{{{%endraw%}b", "a{{b"},
         {"a{%+ raw %}x{%+ endraw +%}\nb", "ax\nb"},
         {"{% raw %}a\r\nb{% endraw %}\r\nc", "a\nbc"},
         {"{% raw %}{% raw %}{% endraw %}", "{% raw %}"},
         {"{% raw %}x{% endraw %}\n", "x\n"},
         {"{% raw %}{%endraw {% endrawx %}{%\n\tendraw\n%}", "{%endraw {% endrawx %}"}});
}

TEST_CASE("statements fail with their place and name") {
  const std::string only = " %} is not supported; only expressions {{ }} are";
  check({{"{% if v1.on %}a{% endif %}", "! 2:1 the statement {% if" + only},
         {"a\nb {%- for x in list -%}", "! 3:3 the statement {% for" + only},
         {"{% set x = 1 %}", "! 2:1 the statement {% set" + only},
         {"{% raw x %}{% endraw %}", "! 2:1 the statement {% raw" + only},
         {"{% raw +%}{% endraw %}", "! 2:1 the statement {% raw" + only},
         {"{% endraw %}", "! 2:1 the statement {% endraw" + only},
         {"{%", "! 2:1 the statement {% " + only},
         {"{{ nope }}{% if", "! 2:11 the statement {% if" + only}});
}

TEST_CASE("wrong syntax fails with its place") {
  const std::string unexpected = "this is not an expression that is supported";
  const std::string no_end = "the expression has no end";
  const std::string operators = "operators are not supported";
  check({
      {"a{# x", "! 2:2 \"{#\" starts a comment, which has no end"},
      {"n=${#a[@]}\n", "! 2:4 \"{#\" starts a comment, which has no end"},
      {"{% raw %}x", "! 2:1 {% raw %} has no {% endraw %}"},
      {"{% raw %}{% endraw x", "! 2:1 {% raw %} has no {% endraw %}"},
      {"{{ }}", "! 2:4 " + unexpected},
      {"{{}}", "! 2:3 " + unexpected},
      {"docker ps --format '{{.Names}}'\n", "! 2:23 " + unexpected},
      {"{{{ host }}}", "! 2:3 " + unexpected},
      {"{{ host }", "! 2:9 " + unexpected},
      {"\n{{ host }\n", "! 3:9 " + unexpected},
      {"{{ host", "! 2:3 " + no_end},
      {"{{ host.", "! 2:3 " + no_end},
      {"{{ 'a'", "! 2:3 " + no_end},
      {"{{ -1", "! 2:3 " + no_end},
      {"{{ host |", "! 2:3 " + no_end},
      {"{{", "! 2:3 " + no_end},
      {"{{ (host", "! 2:3 " + no_end},
      {"{{ list[0", "! 2:3 " + no_end},
      {"{{ host | default(", "! 2:3 " + no_end},
      {"{{ 'a }}", "! 2:4 the text has no closing quote"},
      {"{{ 'a\\", "! 2:4 the text has no closing quote"},
      {"{{ '\\x41' }}", "! 2:6 this escape is not supported"},
      {"{{ v1.local-hostname }}", "! 2:12 " + operators},
      {"{{ host ~ 'a' }}", "! 2:9 " + operators},
      {"{{ host + 'a' }}", "! 2:9 " + operators},
      {"{{ host if v1.on }}", "! 2:9 " + operators},
      {"{{ not host }}", "! 2:8 " + operators},
      {"{{ host == 'a' }}", "! 2:9 " + operators},
      {"{{ host +}}", "! 2:9 " + operators},
      {"{{ host, list }}", "! 2:8 " + unexpected},
      {"{{ [1] }}", "! 2:4 " + unexpected},
      {"{{ 1.5 }}", "! 2:5 " + unexpected},
      {"{{ 1.5 | int }}", "! 2:5 " + unexpected},
      {"{{ 007 }}", "! 2:4 this is not a whole number"},
      {"{{ -x }}", "! 2:4 this is not a whole number"},
      {"{{ 9223372036854775807 }}", "9223372036854775807"},
      {"{{ 9223372036854775808 }}", "! 2:4 the number is too large"},
      {"{{ host. }}", "! 2:10 " + unexpected},
      {"{{ host.'a' }}", "! 2:9 " + unexpected},
      {"{{ (host }}", "! 2:10 " + unexpected},
      {"{{ list[0 }}", "! 2:11 " + unexpected},
      {"{{ list[] }}", "! 2:9 " + unexpected},
      {"{{ Ünicode }}", "! 2:4 " + unexpected},
      {"{{ host | }}", "! 2:11 " + unexpected},
      {"{{ host | default('a').b }}", "! 2:23 " + unexpected},
      {"{{ host() }}", "! 2:8 functions are not supported"},
      {"{{ ds.keys() }}", "! 2:7 there is no method \"keys\""},
  });
}

TEST_CASE("a member of what is undefined fails, because cloud-init drops the part") {
  check({{"{{ nope.x }}", "! 2:4 nope is undefined, so it has no members"},
         {"{{ nope[0] }}", "! 2:4 nope is undefined, so it has no members"},
         {"{{ nope.0 }}", "! 2:4 nope is undefined, so it has no members"},
         {"{{ nope['x'] }}", "! 2:4 nope is undefined, so it has no members"},
         {"{{ v1.nope.x | default('y') }}", "! 2:4 v1.nope is undefined, so it has no members"},
         {"{{ v1.nope.split('.') }}", "! 2:4 v1.nope is undefined, so it has no members"},
         {"{{ list[nope] }}", "! 2:9 an index must be text or a whole number"},
         {"{{ list[true] }}", "! 2:9 an index must be text or a whole number"}});
  const auto failed = render_jinja(kHeader + "{{ v1.regio.x }}", variables());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().advice == "did you mean region?");
}

TEST_CASE("a failure says what to write instead") {
  struct Advice {
    std::string_view body;
    std::string_view advice;
  };
  const std::string_view raw =
      "if this is not meant for Jinja, put it between {% raw %} and {% endraw %}";
  const Advice rows[] = {
      {"{{.Names}}", raw},
      {"{{ x", raw},
      {"${#a[@]}", R"(put "${#" and the like between {% raw %} and {% endraw %})"},
      {"{% if x %}", "decide in a shell script, which can use the values of expressions"},
      {"{{ v1.local-hostname }}", R"(for a hyphen in a name, write "_")"},
      {"{{ host | defualt('x') }}", "did you mean default?"},
      {"{{ host | b64encode }}",
       "these are supported: count, d, default, first, int, join, last, length, lower, replace, "
       "string, trim, upper"},
      {"{{ host.splt('.') }}", "did you mean split?"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto failed = render_jinja(kHeader + std::string(row.body), variables());
    REQUIRE_FALSE(failed);
    CHECK(failed.error().advice == row.advice);
  }
}

TEST_CASE("a failure quotes no text of the template") {
  for (const std::string_view body :
       {"{{ 'hunter2' ~ 'hunter2' }}", "{{ 'hunter2'.x.y }}", "{{ 'hunter2'.split('') }}",
        "{{ ('hunter2' | default('hunter2')).x.y }}", "{{ 'hunter2' | first | nope }}",
        "{{ 'hunter2", "hunter2 {{ 5 | length }} hunter2"}) {
    CAPTURE(body);
    const auto failed = render_jinja(kHeader + std::string(body), variables());
    REQUIRE_FALSE(failed);
    CHECK(failed.error().text.find("hunter2") == std::string::npos);
    CHECK(failed.error().advice.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](std::size_t depth) {
    return "{{ " + std::string(depth, '(') + "host" + std::string(depth, ')') + " }}";
  };
  CHECK(render(nested(kTemplateDepth)) == "web.example.org");
  CHECK(render(nested(kTemplateDepth + 1)) == "! 2:37 the expression is nested too deeply");
  CHECK(render(nested(1'000'000)) == "! 2:37 the expression is nested too deeply");
  std::string indexes;
  for (int i = 0; i < 100'000; ++i) indexes += "list[";
  CHECK(render("{{ " + indexes).ends_with("the expression is nested too deeply"));
  std::string arguments;
  for (int i = 0; i < 100'000; ++i) arguments += "nope | default(";
  CHECK(render("{{ " + arguments).ends_with("the expression is nested too deeply"));
}

TEST_CASE("the rendered text is bounded") {
  const std::string most(kRenderedLimit, 'a');
  CHECK(render(most).size() == kRenderedLimit);
  CHECK(render(most + "b") == "! 2:1 the template renders to more than 8 MiB");
  CHECK(render(most + "\n") == "! 2:8388609 the template renders to more than 8 MiB");
  CHECK(render(most + "{{ host }}") == "! 2:8388609 the template renders to more than 8 MiB");
  CHECK(render(most + "{# comment #}").size() == kRenderedLimit);
}

TEST_CASE("the work of expressions is bounded") {
  const std::string much = "the values of the template come to more than 16 MiB";
  const std::string big = "'" + std::string(std::size_t{1} << 20, 'a') + "'";
  std::string filters;
  for (int i = 0; i < 100; ++i) filters += "|upper";
  CHECK(render("{{ " + big + filters + " | length }}").ends_with(much));
  // 1 MiB of text in place of each of 1,024 letters.
  const std::string letters = "'" + std::string(1024, 'b') + "'";
  CHECK(render("{{ " + letters + " | replace('b', " + big + ") }}").ends_with(much));
  // A search that fails late at each place.
  const std::string late = "'" + std::string(std::size_t{1} << 19, 'a') + "b'";
  CHECK(render("{{ " + big + " | replace(" + late + ", '') }}").ends_with(much));
  CHECK(render("{{ " + big + ".split('a') | length }}").ends_with(much));
  CHECK(render("{{ " + big + " | join }}").ends_with(much));
  std::string characters = kHeader;
  for (int i = 0; i < 100; ++i) characters += "{{ big[-1] }}";
  const auto rendered = render_jinja(characters, {{"big", std::string(1 << 20, 'a')}});
  REQUIRE_FALSE(rendered);
  CHECK(rendered.error().text == much);
}

TEST_CASE("long templates take linear time") {
  std::string tags;
  for (int i = 0; i < 30'000; ++i) tags += "{{ v1.count }}";
  CHECK(render(tags).size() == 30'000);
  std::string members = "host";
  for (int i = 0; i < 30'000; ++i) members += ".split('.')[0]";
  CHECK(render("{{ " + members + " }}") == "web");
  std::string braces;
  for (int i = 0; i < 1'000'000; ++i) braces += "{%";
  CHECK(render("{% raw %}" + braces) == "! 2:1 {% raw %} has no {% endraw %}");
  CHECK(render(std::string(2'000'000, '{')).starts_with("! 2:3"));
}
