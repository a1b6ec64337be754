// Expected values are what PyYAML's safe loader makes of the text: YAML 1.1
// (https://yaml.org/type/) and PyYAML's documentation.
#include "provision/custom_data/parse/yaml_tree.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "provision/custom_data/parse/yaml_source.h"
#include "tests/unit/provision/custom_data/parse/yaml_json.h"

using namespace azl::provision::custom_data;

namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

YamlDocument parsed(std::string_view text) {
  auto document = parse_yaml(text);
  REQUIRE_MESSAGE(document, text << ": " << document.error().text);
  return std::move(*document);
}

std::string json_of(std::string_view text) {
  const auto document = parse_yaml(text);
  return document ? to_json(document->root)
                  : "failed in line " + std::to_string(document.error().line) + ": " +
                        document.error().text;
}

/// "line:column text", or the tree if the text does not fail.
std::string failure_of(std::string_view text) {
  const auto document = parse_yaml(text);
  if (document) return to_json(document->root);
  const auto& failure = document.error();
  return std::to_string(failure.line) + ":" + std::to_string(failure.column) + " " + failure.text;
}

std::string advice_of(std::string_view text) {
  const auto document = parse_yaml(text);
  return document ? to_json(document->root) : document.error().advice;
}

struct Case {
  std::string_view yaml;
  std::string_view expected;
};

void check(std::span<const Case> cases) {
  for (const auto& test : cases) {
    CAPTURE(test.yaml);
    CHECK(json_of(test.yaml) == test.expected);
  }
}

void check_failures(std::span<const Case> cases) {
  for (const auto& test : cases) {
    CAPTURE(test.yaml);
    CHECK(failure_of(test.yaml) == test.expected);
  }
}

}  // namespace

TEST_CASE("lists, maps and scalars of both styles become a tree") {
  constexpr Case kCases[] = {
      {"", "null"},
      {"#cloud-config\n", "null"},
      {"---\n...\n", "null"},
      {"a", R"("a")"},
      {"#cloud-config\na: 1\nb: [x, 'y']\n", R"({"a":1,"b":["x","y"]})"},
      {"runcmd:\n- ls\n- [ls, -l]\n", R"({"runcmd":["ls",["ls","-l"]]})"},
      {"runcmd:\n  - echo a: b\n", R"({"runcmd":[{"echo a":"b"}]})"},
      {R"({"a": [1, -2.5, true, null, "x"], "b": {}})", R"({"a":[1,-2.5,true,null,"x"],"b":{}})"},
      {R"({"a":1,"b":"\u00e4\n\/"})", R"({"a":1,"b":"ä\n/"})"},
      {"a:\nb:\n", R"({"a":null,"b":null})"},
      {"-\n- a\n-\n", R"([null,"a",null])"},
      {"a: yes\nb: 'yes'\nc: 0644\nd: \"0644\"\ne: 2026-11-29\n",
       R"({"a":true,"b":"yes","c":420,"d":"0644","e":"2026-11-29"})"},
      {"1: a\non: b\n~: c\n", R"({"1":"a","on":"b","~":"c"})"},
      {"--- {a: 1}\n", R"({"a":1})"},
      {"%YAML 1.1\n---\na: 1\n...\n...\n", R"({"a":1})"},
      {"a: 1", R"({"a":1})"},
      {"'a b': it's\n", R"({"a b":"it's"})"},
      {"a: \"x\n% y\"\n", R"({"a":"x % y"})"},
      {"? a\n: b\n? c\n", R"({"a":"b","c":null})"},
      {"{a, b: }", R"({"a":null,"b":null})"},
      {"[a: b, c]", R"([{"a":"b"},"c"])"},
  };
  check(kCases);
}

TEST_CASE("texts of several lines are folded, kept and cut as YAML says") {
  constexpr Case kCases[] = {
      {"a: |\n  x\n   y\n\n  z\n", R"({"a":"x\n y\n\nz\n"})"},
      {"a: |-\n  x\n", R"({"a":"x"})"},
      {"a: |+\n  x\n\n", R"({"a":"x\n\n"})"},
      {"a: |2\n   x\n", R"({"a":" x\n"})"},
      {"a: >\n  x\n  y\n\n  z\n", R"({"a":"x y\nz\n"})"},
      {"a: |\n  x", R"({"a":"x"})"},
      {"a:\n|\n  x\n", R"({"a":"x\n"})"},
      {"a: |\n  x\n  # y\nb: 1\n", R"({"a":"x\n# y\n","b":1})"},
      {"a: \"x\n  y\"\n", R"({"a":"x y"})"},
      {"a: x\n  y\n", R"({"a":"x y"})"},
      {"a: 'it''s'\n", R"({"a":"it's"})"},
      {R"(a: "\x41\t\u00e4\N\_\0")", "{\"a\":\"A\\u0009ä\\u0085\xc2\xa0\\u0000\"}"},
      {"- &a |\n    x\n- - &b |\n  - !!str |\n  - y\n", R"(["x\n",["","","y"]])"},
      {"- |\n  {{ x\n  \"\n- >-\n  [\n", R"(["{{ x\n\"\n","["])"},
  };
  check(kCases);
}

TEST_CASE("a byte-order mark is skipped and every line end is one line feed") {
  constexpr Case kCases[] = {
      {"\xef\xbb\xbf#cloud-config\na: 1\n", R"({"a":1})"},
      {"\xef\xbb\xbf\xef\xbb\xbf"
       "a: 1\n",
       R"({"a":1})"},
      {"a: |\r\n  x\r\n  y\r\nb: z\r\n", R"({"a":"x\ny\n","b":"z"})"},
      {"a: b\rc: d\r", R"({"a":"b","c":"d"})"},
      {"a: 1\n\r\nb: \"x\r\n\r\ny\"\r\n", R"({"a":1,"b":"x\ny"})"},
  };
  check(kCases);
  const auto document = parsed("a: 1\r\n\r\nb: 2\rc: 3\n");
  CHECK(document.root.members[1].line == 3);
  CHECK(document.root.members[2].line == 4);
}

TEST_CASE("the tags of PyYAML's safe loader say what a scalar is") {
  constexpr Case kCases[] = {
      {"!!str 0644", R"("0644")"},
      {"!!str", R"("")"},
      {"!!int '0644'", "420"},
      {"!!int '1:90'", "150"},
      {"!!float 1", "1.0"},
      {"!!bool 'YES'", "true"},
      {"!!null x", "null"},
      {"!!timestamp 2026-11-29", R"("2026-11-29")"},
      {"!!binary aGVs\n", R"("hel")"},
      {"a: !!binary |\n  aGVs\n  bG8=\n", R"({"a":"hello"})"},
      {"!!binary /w==", R"("\xff")"},
      {"!!binary 'a.GV..s Y=Q=='", R"("hela")"},
      {"!!seq [a]", R"(["a"])"},
      {"!!map {a: b}", R"({"a":"b"})"},
      {"! 'a'", R"("a")"},
      {"!<tag:yaml.org,2002:str> 1", R"("1")"},
  };
  check(kCases);
}

TEST_CASE("a value remembers how it is written") {
  const auto document = parsed("a: 0644\nb: '0644'\nc: !!int '1'\nd: off\ne:\nf: ~\n");
  const auto text_of = [&](const char* name) { return document.root.find(name)->text.reveal(); };
  CHECK(text_of("a") == "0644");
  CHECK(document.root.find("a")->plain);
  CHECK_FALSE(document.root.find("b")->plain);
  CHECK_FALSE(document.root.find("c")->plain);
  CHECK(text_of("d") == "off");
  CHECK(text_of("e").empty());
  CHECK(text_of("f") == "~");
}

TEST_CASE("a tag that does not fit, or that PyYAML does not know, is a failure") {
  constexpr Case kCases[] = {
      {"a: !!int x", "1:4 the value does not fit its tag"},
      {"a: !!float x", "1:4 the value does not fit its tag"},
      {"a: !!bool x", "1:4 the value does not fit its tag"},
      {"a: !!binary 'a'", "1:4 the value of '!!binary' is not base64"},
      {"a: !!binary |\n  ä\n", "1:4 the value of '!!binary' is not base64"},
      {"a: !!str [x]", "1:4 the tag does not fit a list or a map"},
      {"a: !!map [x]", "1:4 the tag does not fit a list or a map"},
      {"a: !!seq x", "1:4 the tag says list or map, but the value is neither"},
      {"a: !!set {x}", "1:4 no key takes a value with the tag '!!set'"},
      {"a: !!omap [x: 1]", "1:4 no key takes a value with the tag '!!omap'"},
      {"a: !!pairs [x: 1]", "1:4 no key takes a value with the tag '!!pairs'"},
      {"a: !!merge x", "1:4 the tag '!!merge' belongs to a key"},
      {"a: !!python/object/apply:os.system [ls]",
       "1:4 '!!python' tags are refused: they would run code"},
      {"a:\n  password: !pw1", "2:13 the tag of this value is not known"},
      {" !pw1", "1:2 a value is missing after this tag"},
      {"password: !pw1", "1:11 the tag of this value is not known"},
      {"password: !!pw1", "1:11 the tag of this value is not known"},
  };
  check_failures(kCases);
  CHECK(advice_of("password: !pw1") == "put a text that starts with ! in quotes");
}

TEST_CASE("an alias is replaced by a copy of its value") {
  constexpr Case kCases[] = {
      {"a: &x [1, 2]\nb: *x\n", R"({"a":[1,2],"b":[1,2]})"},
      {"a: &x 1\nb: {c: *x, *x : d}\n", R"({"a":1,"b":{"c":1,"1":"d"}})"},
      {"- &a x\n- &b [*a, *a]\n- [*b, *b]\n", R"(["x",["x","x"],[["x","x"],["x","x"]]])"},
      {"a: &x null\nb: *x\n", R"({"a":null,"b":null})"},
      {"a: &x\nb: *x\n", R"({"a":null,"b":null})"},
      {"&x a: &y b\nc: [*x, *y]\n", R"({"a":"b","c":["a","b"]})"},
  };
  check(kCases);
  const auto document = parsed("a: &x\n  b: 1\nc: *x\n");
  CHECK(document.root.find("c")->line == document.root.find("a")->line);
}

TEST_CASE("an alias without an anchor, inside of its value or of two anchors is a failure") {
  constexpr Case kCases[] = {
      {"a: *pw", "1:4 an alias stands for an anchor that is not defined above"},
      {"- *.txt", "1:3 an alias stands for an anchor that is not defined above"},
      {"a: *x\nb: &x 1", "1:4 an alias stands for an anchor that is not defined above"},
      {"&a [*a]", "1:5 an alias stands for a value that contains it"},
      {"a: &x\n  b: {c: *x}\n", "2:10 an alias stands for a value that contains it"},
      {"a: &x 1\nb: &x 2\n", "2:4 an anchor has the same name as an earlier one"},
      {"a: *\n", "1:4 the name of an alias is missing or not allowed"},
      {"a: & b\n", "1:4 the name of an anchor is missing or not allowed"},
      {"a: &x &y b\n", "1:7 a value has two anchors"},
  };
  check_failures(kCases);
  CHECK(advice_of("- *.txt") == "put a text that starts with * in quotes");
}

// https://yaml.org/type/merge.html. PyYAML puts merged keys before the map's own.
TEST_CASE("<< merges maps: own keys win over merged ones, and earlier maps over later ones") {
  constexpr Case kCases[] = {
      {"<<: {a: 1, c: 3}\nb: 2\n", R"({"a":1,"c":3,"b":2})"},
      {"x: &x {a: 1, b: 1}\ny:\n  b: 2\n  <<: *x\n", R"({"x":{"a":1,"b":1},"y":{"a":1,"b":2}})"},
      {"<<: [{a: 1, b: 1}, {a: 2, c: 2}]\n", R"({"a":1,"c":2,"b":1})"},
      {"- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]\n",
       R"([{"a":1},{"a":2,"b":2},{"a":1,"b":2}])"},
      {"<<: {a: 1}\n<<: {a: 2}\n", R"({"a":2})"},
      {"<<: {<<: {a: 1}, b: 2}\n", R"({"a":1,"b":2})"},
      {"<<: []\na: 1\n", R"({"a":1})"},
      {"!!merge x: {a: 1}\n", R"({"a":1})"},
      {"'<<': {a: 1}\n", R"({"<<":{"a":1}})"},
      {"a: <<\n", R"({"a":"<<"})"},
  };
  check(kCases);
  CHECK(parsed("a: 1\n<<: {a: 2}\n").remarks.empty());
  constexpr Case kFailures[] = {
      {"a: 1\n<<: x\n", "2:5 the value of '<<' is neither a map nor a list of maps"},
      {"<<:\n", "1:1 the value of '<<' is neither a map nor a list of maps"},
      {"<<: [{a: 1}, x]\n", "1:5 the value of '<<' is neither a map nor a list of maps"},
  };
  check_failures(kFailures);
}

TEST_CASE("of members with the same name the last one counts, with a remark") {
  const auto document = parsed("a: 1\nb: 2\n'a': 3\nc: {x: 1,\n  x: 2}\na: 4\n");
  CHECK(to_json(document.root) == R"({"a":4,"b":2,"c":{"x":2}})");
  CHECK(document.root.members[0].line == 6);
  REQUIRE(document.remarks.size() == 3);
  const auto& remark = document.remarks[0];
  CHECK(remark.rule == "duplicate-key");
  CHECK(remark.level == RemarkLevel::kWarning);
  CHECK(remark.place.line == 3);
  CHECK(remark.place.column == 1);
  CHECK(remark.text == "the key 'a' is also in line 1; only the last one counts");
  CHECK(document.remarks[1].place.line == 5);
  CHECK(document.remarks[1].place.column == 3);
  CHECK(document.remarks[2].place.line == 6);
  CHECK(document.remarks[2].text == "the key 'a' is also in line 1; only the last one counts");
  CHECK(parsed("x: &x {a: 1, a: 2}\ny: *x\nz: {<<: *x}\n").remarks.size() == 1);
}

TEST_CASE("a key that does not look like one is not shown in a remark") {
  const auto document = parsed("\"a\\e[31m'\": 1\n\"a\\e[31m'\": 2\n");
  REQUIRE(document.remarks.size() == 1);
  CHECK(document.remarks[0].text == "this key is also in line 1; only the last one counts");
}

TEST_CASE("places count lines and bytes from 1, also where nothing is written") {
  const auto document = parsed("# c\nä: {b: x}\nc:\n\nd:\n  - y\n  -  # empty\n\n  - z\n  -\n");
  const auto& root = document.root;
  CHECK(root.line == 2);
  CHECK(root.members[0].line == 2);
  CHECK(root.members[0].value.column == 5);  // bytes
  CHECK(root.members[0].value.members[0].value.column == 9);
  CHECK(root.members[1].value.line == 3);  // c's null: the place of the key
  const auto& items = root.members[2].value.items;
  REQUIRE(items.size() == 4);
  CHECK(items[0].line == 6);
  CHECK(items[0].column == 5);
  CHECK(items[1].line == 7);
  CHECK(items[1].column == 3);
  CHECK(items[3].line == 10);
}

TEST_CASE("a copy is equal and independent") {
  auto document = parsed("a: [1, {b: x}]\nc: !!str y\n");
  const auto copy = document.root.clone();
  const auto before = to_json(document.root);
  document.root.members.clear();
  CHECK(to_json(copy) == before);
  CHECK(copy.find("c")->line == 2);
  CHECK(copy.find("b") == nullptr);
  CHECK(copy.find("a")->find("a") == nullptr);
}

TEST_CASE("every kind has a word for messages") {
  CHECK(to_string(YamlKind::kNull) == "null");
  CHECK(to_string(YamlKind::kBool) == "true or false");
  CHECK(to_string(YamlKind::kInt) == "a number");
  CHECK(to_string(YamlKind::kFloat) == "a number");
  CHECK(to_string(YamlKind::kText) == "text");
  CHECK(to_string(YamlKind::kList) == "a list");
  CHECK(to_string(YamlKind::kMap) == "a map");
}

TEST_CASE("more than one document, or anything after the document, is a failure") {
  constexpr Case kCases[] = {
      {"a: 1\n---\nb: 2\n",
       "2:1 a second document starts here: cloud-init accepts only one in a "
       "part"},
      {"a: 1\n---\n", "2:1 a second document starts here: cloud-init accepts only one in a part"},
      {"a: 1\n...\n---\nb: 2\n",
       "3:1 a second document starts here: cloud-init accepts only one in a part"},
      {"a: 1\n...\nb: 2\n", "3:1 the indentation fits no line above"},
      {" a: 1\nb: 2\n", "2:1 the indentation fits no line above"},
      {"- a\n-b\n", "2:1 a space is missing after this dash"},
      {"- a\nb\n", "2:1 this is neither 'key: value' nor a list item"},
      {"a: 1\n%b\n", "2:1 a line cannot start with '%'"},
      {"a: 1\n%b", "2:1 a line cannot start with '%'"},
      {"a: 1\n# c\n%b\n# c\n...\n", "3:1 a line cannot start with '%'"},
      {"# c\n%b\n---\na: 1\n", "2:1 a line cannot start with '%'"},
  };
  check_failures(kCases);
}

TEST_CASE("a text that is not UTF-8, or has control characters, is a failure with its place") {
  constexpr std::string_view kNul("a: x\0y\n", 7);
  const Case kCases[] = {
      {kNul, "1:5 a control character is not allowed here"},
      {"a: 1\nb: x\x04\n", "2:5 a control character is not allowed here"},
      {"a: \x1b[1m\n", "1:4 a control character is not allowed here"},
      {"a: \x7f\n", "1:4 a control character is not allowed here"},
      {"a: \xc2\x80\n", "1:4 a control character is not allowed here"},
      {"a: \xef\xbf\xbf\n", "1:4 a control character is not allowed here"},
      {"a: |\n  x\xff\n", "2:4 the text is not UTF-8 here"},
      {"\xff\xfe"
       "a",
       "1:1 the text is not UTF-8 here"},
      {"a: \xc3", "1:4 the text is not UTF-8 here"},
  };
  check_failures(kCases);
  CHECK(json_of("a: \xc2\x85\n") == "{\"a\":\"\\u0085\"}");
}

TEST_CASE("common mistakes are named at the place where they are made") {
  constexpr Case kCases[] = {
      // tabs and no-break spaces
      {"runcmd:\n\t- ls\n", "2:1 a tab is used as indentation"},
      {"a:\n\tb: 1\n", "2:1 a tab is used as indentation"},
      {"a:\n  b: 1\n\tc: 2\n", "3:1 a tab is used as indentation"},
      {"a:\n  - b\n\xc2\xa0 - c\n", "3:1 a no-break space is used as indentation"},
      // spaces that are missing
      {"a: 1\nkey:value\nb: 2\n", "2:4 a space is missing after this colon"},
      {"key:value\nb: 2\n", "1:4 a space is missing after this colon"},
      {"a: 1\nkey:value\n", "2:4 a space is missing after this colon"},
      {"a:\n- b\n-c\nd: 1\n", "3:1 a space is missing after this dash"},
      // colons that are missing, or too many
      {"foo\nbar: 1\n", "1:1 this line is neither 'key: value' nor a list item"},
      {"a: b\nfoo\n", "2:1 this is neither 'key: value' nor a list item"},
      {"a:\n  b: c\n  foo", "3:3 this is neither 'key: value' nor a list item"},
      {"key: value: other\n", "1:11 a second ': ' in one line is not allowed"},
      {"a: foo: \n", "1:7 a second ': ' in one line is not allowed"},
      {"a: http://x\n  b: 1\n",
       "2:3 this line is deeper than the line above, which already has a value"},
      {"a:\nfoo\n", "2:1 this is neither 'key: value' nor a list item"},
      {"a:\n  b: 1\nc:\n[x]\n", "4:1 this is neither 'key: value' nor a list item"},
      {": a\n", "1:1 a key is missing here"},
      {"{a: 1, , b}\n", "1:8 a key is missing here"},
      {"[a,, b]\n", "1:4 a value is missing before this comma"},
      // indentation
      {"a: 1\n  b: 2\n", "2:3 this line is deeper than the line above, which already has a value"},
      {"users:\n  - name: bob\n   groups: x\n", "3:4 the indentation fits no line above"},
      {"users:\n- name: x\n ssh: y\n- name: z\n", "3:2 the indentation fits no line above"},
      {"a:\n    b: 1\n  c: 2\n", "3:3 the indentation fits no line above"},
      {"runcmd:\n  - echo a\n - echo b\n", "3:2 the indentation fits no line above"},
      {"a: - b\n", "1:4 a list item cannot start here"},
      // quotes
      {"a: \"foo\nb: 1\n", "1:4 a quote is not closed"},
      {"a: 'foo", "1:4 a quote is not closed"},
      {"a: 'foo\n  ", "1:4 a quote is not closed"},
      {"a: [x, \"b\", \"foo\nb: 1\n", "1:13 a quote is not closed"},
      {"- |\n  'x\n- \"foo\n", "3:3 a quote is not closed"},
      {"a: \"x\n---\ny\"\n", "1:4 a quote is not closed"},
      {"- \"foo\" bar\n", "1:9 text follows a closing quote"},
      {"a: \"foo\" > bar\n", "1:12 text follows a closing quote"},
      {"b: 'it's'\n", "1:8 text follows a closing quote"},
      {"a: \"foo\nb: \"bar\"\nc: 1\n", "2:5 text follows a closing quote"},
      {"a: \"\\d\"\n", "1:7 a backslash in double quotes starts an unknown escape"},
      {"a: \"\\xg0\"\n", "1:9 an escape in double quotes needs hexadecimal digits"},
      {"a: \"\\ud800\"\n", "1:11 an escape in double quotes is no Unicode character"},
      // brackets
      {"a: [x, y\nb: c\n", "1:4 a bracket is not closed"},
      {"a: {x: y\n", "1:4 a bracket is not closed"},
      {"a: [[x, y\nb: c\n", "1:4 a bracket is not closed"},
      {"a: [[x, y], [z]", "1:4 a bracket is not closed"},
      {"a: [x,\n  \"b\" c\n  d]\n", "2:7 a comma or a closing bracket is missing before this"},
      {"runcmd: [\n", "1:9 a bracket is not closed"},
      {"runcmd: [a, [\n", "1:9 a bracket is not closed"},
      {"runcmd: [a,\n", "1:9 a bracket is not closed"},
      {"- [ -f /x ] && echo hi\n", "1:13 text follows a closing bracket"},
      {"a: {b: c} d\n", "1:11 text follows a closing bracket"},
      {"a: [x}\n", "1:6 a closing bracket does not fit the opening one"},
      {"a: ]\n", "1:4 a closing bracket does not fit the opening one"},
      {"a: [\"x\" \"y\"]\n", "1:9 a comma or a closing bracket is missing before this"},
      {"? [a]\n: b\n", "1:3 a list or a map cannot be a key"},
      {"[a]: b\n", "1:1 a list or a map cannot be a key"},
      // templates
      {"a: {{ x }}\n", "1:4 '{{' starts a YAML map here, not a template"},
      {"a: {{ x }}/foo\n", "1:4 '{{' starts a YAML map here, not a template"},
      {"- {{ x }} y\n", "1:3 '{{' starts a YAML map here, not a template"},
      {"{% if x %}\na: 1\n{% endif %}\n", "1:1 '{%' starts a YAML map here, not a template"},
      // characters that start no text
      {"a: @x\n", "1:4 a text cannot start with '@' here"},
      {"a: `x`\n", "1:4 a text cannot start with '`' here"},
      {"a: %x\n", "1:4 a text cannot start with '%' here"},
      {"a: | x\n", "1:6 text follows '|' or '>'"},
      {"a: |0\n  x\n", "1:6 the indentation after '|' or '>' cannot be 0"},
      {"%YAML 2.0\n---\na: 1\n", "1:1 a directive of YAML is wrong"},
  };
  check_failures(kCases);
}

// yaml-cpp before 0.9 loses such a text. Newer ones read it as PyYAML does.
TEST_CASE("a text that is no deeper than the anchor of its list item is read or refused") {
  const auto text = failure_of("- &a |\n  x\n- b\n");
  CHECK((text == R"(["x\n","b"])" ||
         text == "1:3 the text of this list item is not deeper than its tag or anchor"));
  const auto folded = failure_of("- x\n- !!str >-\n\n  x\n");
  CHECK((folded == R"(["x","\nx"])" ||
         folded == "2:3 the text of this list item is not deeper than its tag or anchor"));
}

TEST_CASE("the tag '!' is known from quotes") {
  const auto document =
      parsed("- ! a\n- '! a'\n- \"b\"\n- ! [c]\n- [c]\n- &x ! d\n- ! &y e\n- *x\n- !!str f\n");
  std::string exclaimed;
  for (const auto& item : document.root.items) exclaimed += item.exclaimed ? '!' : '.';
  CHECK(exclaimed == "!..!.!!!.");
}

TEST_CASE("all lines are those of the map") {
  LineMap lines;
  lines.add("a: 1\n", 2, true);
  lines.add("b: 2\na: 3\n", 10, true);
  const auto document = parse_yaml("a: 1\nb: 2\na: 3\n", lines);
  REQUIRE(document);
  CHECK(document->root.members.at(1).line == 10);
  REQUIRE(document->remarks.size() == 1);
  CHECK(document->remarks[0].place.line == 11);
  CHECK(document->remarks[0].text == "the key 'a' is also in line 2; only the last one counts");
  const auto failed = parse_yaml("a: \"foo\nb: \"bar\"\nc: 1\n", lines);
  REQUIRE(!failed);
  CHECK(failed.error().line == 10);
  CHECK(failed.error().advice.find("opens in line 2 ") != std::string::npos);
}

TEST_CASE("a mistake comes with what to do") {
  constexpr Case kCases[] = {
      {"runcmd:\n\t- ls\n", "indent with spaces"},
      {"a: 1\nkey:value\nb: 2\n", "write 'key: value'"},
      {"a: {{ x }}/foo\n",
       "put the value in quotes; for a template, write '## template: jinja' as "
       "the first line"},
      {"a: @x\n", "put a text that starts with @ in quotes"},
      {"a: \"foo\nb: \"bar\"\nc: 1\n",
       "the quote that opens in line 1 ends here: close it where its text ends"},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.yaml);
    CHECK(advice_of(test.yaml) == test.expected);
  }
}

TEST_CASE("no failure and no remark quotes a value") {
  for (const std::string_view text :
       {"password: *hunter2",    "password: !hunter2",   " !hunter2",
        "password: !!hunter2 x", "password: &hunter2",   R"(a: "\hunter2")",
        R"(a: "\uhunter2")",     "hunter2\na: 1",        "a: 1\nhunter2",
        "a: hunter2: x",         "a: \"x\" hunter2",     "a: [hunter2",
        "a: 'hunter2",           "%YAML hunter2\n---\n", "%TAG hunter2\n---\n",
        "a: !hunter2!x y",       "a: !<hunter2",         "a: &hunter2 1\nb: &hunter2 2",
        "? [hunter2]\n",         "a: !!int hunter2",     "a: @hunter2",
        "- hunter2\n-hunter2",   "a: | hunter2"}) {
    CAPTURE(text);
    const auto document = parse_yaml(text);
    if (document) {
      CHECK(document->remarks.empty());
      continue;
    }
    CHECK_FALSE(document.error().text.contains("hunter2"));
    CHECK_FALSE(document.error().advice.contains("hunter2"));
    CHECK(document.error().line > 0);
  }
}

TEST_CASE("a document may be 64 levels deep") {
  const auto brackets = [](std::size_t depth) {
    return repeated("[", depth) + repeated("]", depth);
  };
  CHECK(parse_yaml(brackets(kYamlDepth)));
  CHECK(failure_of(brackets(kYamlDepth + 1)) == "1:65 values are nested more than 64 levels deep");
  CHECK(failure_of(repeated("[", 10'000)) == "1:1 a bracket is not closed");
  CHECK(failure_of(brackets(10'000)) == "1:65 values are nested more than 64 levels deep");
  CHECK(failure_of(repeated("- ", 10'000)) == "1:129 values are nested more than 64 levels deep");
  CHECK(failure_of(repeated("? ", 10'000)) == "1:3 a list or a map cannot be a key");
  CHECK(failure_of(repeated("{a: ", 10'000)) == "1:1 a bracket is not closed");
  CHECK(failure_of(repeated("{a: ", 10'000) + repeated("}", 10'000)) ==
        "1:254 values are nested more than 64 levels deep");
  CHECK(failure_of("a: &a " + brackets(40) + "\nb: " + repeated("[", 30) + "*a" +
                   repeated("]", 30)) == "2:34 values are nested more than 64 levels deep");
  CHECK(
      parse_yaml("a: &a " + brackets(33) + "\nb: " + repeated("[", 30) + "*a" + repeated("]", 30)));
}

TEST_CASE("a document may have 100,000 values after its aliases were replaced") {
  // The map, two keys, the list and its items; each alias counts as what it stands for.
  const auto list = [](std::size_t items) {
    return "a: &a [" + repeated("x,", items) + "]\nb: *a\n";
  };
  CHECK(parse_yaml(list(kYamlNodes / 2 - 3)));
  CHECK(failure_of(list(kYamlNodes / 2 - 2)) == "2:4 the document has more than 100,000 values");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            repeated(before + ", ", 9) + before + "]\n";
  }
  CHECK(failure_of(bomb) == "5:45 the document has more than 100,000 values");
  CHECK(failure_of("[" + repeated("x,", kYamlNodes) + "]") ==
        "1:200000 the document has more than 100,000 values");
}

TEST_CASE("the values of a document may have 8 MiB") {
  const auto big = "a: &a '" + std::string(kYamlSize / 4, 'x') + "'\n";
  CHECK(parse_yaml(big + "b: [*a, *a]\n"));
  CHECK(failure_of(big + "b: [*a, *a, *a]\n") == "2:13 the values are larger than 8 MiB");
  CHECK(failure_of(std::string(kYamlSize + 1, ' ')) == "0:0 the text is larger than 8 MiB");
}

TEST_CASE("a long directive is refused") {
  CHECK(failure_of("a: 1\n%" + repeated("a ", 600)) == "2:1 a line cannot start with '%'");
  CHECK(failure_of("%TAG " + repeated("a ", 600)) == "1:1 a line cannot start with '%'");
}

TEST_CASE("signs without an end do not fill the memory") {
  for (const std::string_view signs : {"[", "a,", "\"\" ", "- a: ["}) {
    CAPTURE(signs);
    CHECK_FALSE(parse_yaml("[" + repeated(signs, kYamlSigns * 5 / 4 / (signs.size() > 2 ? 2 : 1))));
  }
  CHECK(failure_of("[" + repeated(",", 8 * kYamlNodes)) ==
        "1:0 a value has too many brackets, commas, colons and quotes");
}

TEST_CASE("100,000 lines of text and of items are no problem") {
  CHECK(parse_yaml("a: |\n" + repeated("  echo \"$x\", ok: [1]\n", 40'000)));
  const auto document = parsed("a:\n" + repeated("  - b\n", 90'000));
  CHECK(document.root.find("a")->items.size() == 90'000);
  std::string keys;
  for (int i = 0; i < 40'000; ++i) keys += "k" + std::to_string(i) + ":\n";
  CHECK(parsed(keys).root.members.size() == 40'000);
}

TEST_CASE("what PyYAML refuses although its meaning is clear gets a remark at its place") {
  // Checked with PyYAML 6: "found character '\\t' that cannot start any token", "could not
  // determine a constructor" and ValueError.
  const std::pair<std::string_view, std::string_view> refused[] = {
      {"path:\t/a", "1:6"},
      {"- echo a\t", "1:9"},
      {"- echo\ta", "1:7"},
      {"{\n\t\"runcmd\": [\"x\"]\n}", "2:1"},
      {"a: [x,\ty]", "1:7"},
      {"a: 'x'\t", "1:7"},
      {"a: x\t# c", "1:5"},
      {"a: \"x\"\nb: |\n  x\ty\nc:\tz", "4:3"},
      {"a:\n  b: |\n  c:\tx", "3:5"},
      {"a: >-\n  x\n\nb: it's\t\n", "4:8"},
      {"a: &x 'y'\nb: !!str\t'z'\n", "2:9"},
      {"#'\"\n\t", "2:1"},
      {"runcmd: [=, a]", "1:10"},
      {"a: 2024-13-01", "1:4"},
      {"a: 0x_", "1:4"},
  };
  for (const auto& [text, place] : refused) {
    CAPTURE(text);
    const auto document = parsed(text);
    REQUIRE(document.remarks.size() == 1);
    const auto& remark = document.remarks[0];
    CHECK(remark.rule == "yaml-refused");
    CHECK(remark.level == RemarkLevel::kWarning);
    CHECK(std::to_string(remark.place.line) + ":" + std::to_string(remark.place.column) == place);
  }
}

TEST_CASE("tabs in quotes, block scalars and comments are no remark, as for PyYAML") {
  for (const std::string_view text :
       {"a: '\t'", "a: \"x\ty\"", "a: \"x\\\ty\"", "a: \"\\\"\ty\"", "a: x # c\td", "# \t\na: 1",
        "a: |\n  x\ty\nb: 1", "a: |\n  x\n  \t\nb: 1", "a: 'x\n\ty'", "a: 'it''s\t'",
        "a: &x !!str\n  '\t'", "a: |2\n    x\n  \ty\nb: 1", "- >\n x\n   \ty\n- '#\t'", "a: '='",
        "a: 2024-02-29", "=: 1", "a: '<<'"}) {
    CAPTURE(text);
    CHECK(parsed(text).remarks.empty());
  }
}
