// Expected values follow cloud-init's documentation "Merging cloud-config" and the behaviour of its
// mergers for dict, list and str.
#include "provision/custom_data/parse/merge.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "provision/custom_data/parse/merge_rule.h"
#include "tests/unit/provision/custom_data/parse/yaml_json.h"

using namespace azl::provision::custom_data;

namespace {

struct TestPart {
  std::string merge_type;  ///< of the header
  std::string yaml;
};

MergedConfig merged(const std::vector<TestPart>& parts) {
  MergedConfig config;
  for (const auto& part : parts) {
    auto document = parse_yaml(part.yaml);
    REQUIRE_MESSAGE(document, part.yaml);
    merge_part(config, "part-00" + std::to_string(config.parts.size() + 1), part.merge_type,
               std::move(*document));
  }
  return config;
}

std::string json_of(const std::vector<TestPart>& parts) { return to_json(merged(parts).root); }

/// Merges a document into another by a rule, which the later one's header names.
std::string merge_two(std::string_view rule, std::string_view one, std::string_view other) {
  return json_of({{"", std::string(one)}, {std::string(rule), std::string(other)}});
}

/// "rule part:line text" for each remark.
std::vector<std::string> remarks_of(const MergedConfig& config) {
  std::vector<std::string> all;
  for (const auto& remark : config.remarks)
    all.push_back(remark.rule + " " + remark.place.part + ":" + std::to_string(remark.place.line) +
                  " " + remark.text);
  return all;
}

const std::string kAppend = "list(append)+dict(recurse_array)+str()";

}  // namespace

TEST_CASE("without a rule a later part's key replaces that of an earlier part") {
  CHECK(json_of({{"", "a: 1\nruncmd: [x]\nm: {x: 1}\n"}, {"", "b: 2\nruncmd: [y]\nm: {y: 2}\n"}}) ==
        R"({"a":1,"runcmd":["y"],"m":{"y":2},"b":2})");
  CHECK(json_of({{"", "a: 1"}, {"", "a:\n"}}) == R"({"a":null})");
}

TEST_CASE("with list(append)+dict(recurse_array)+str() lists grow and the first scalar wins") {
  CHECK(merge_two(kAppend, "a: 1\nr: [x]\nm: {x: 1, l: [p]}\n",
                  "a: 2\nr: [y]\nm: {x: 3, y: 2, l: [q]}\nb: 3\n") ==
        R"({"a":1,"r":["x","y"],"m":{"x":1,"l":["p","q"],"y":2},"b":3})");
}

TEST_CASE("each merger and option does what cloud-init's does") {
  struct Case {
    std::string_view rule;
    std::string_view one;
    std::string_view other;
    std::string_view expected;
  };
  constexpr Case kCases[] = {
      // dict
      {"dict(replace)", "k: {x: 1}", "k: {y: 2}", R"({"k":{"y":2}})"},
      {"dict()", "k: {x: 1}", "k: {x: 2, y: 2}", R"({"k":{"x":1,"y":2}})"},
      {"dict(no_replace)", "k: 1", "k: 2", R"({"k":1})"},
      {"dict(no_replace,replace)", "k: 1", "k: 2", R"({"k":2})"},
      {"dict(allow_delete)", "k: 1\nl: 2", "k:\n", R"({"l":2})"},
      {"dict(allow_delete,replace)", "k: 1\nl: 2", "k:\nl: 3", R"({"l":3})"},
      {"dict(allow_delete)", "k: {x: 1, y: 2}", "k: {x: null}", R"({"k":{"y":2}})"},
      {"dict()", "k: 1", "k:\n", R"({"k":1})"},
      {"dict(replace)", "k: 1", "k:\n", R"({"k":null})"},
      {"dict()+list(append)", "k: [x]", "k: [y]", R"({"k":["x"]})"},
      {"dict(recurse_list)+list(append)", "k: [x]", "k: [y]", R"({"k":["x","y"]})"},
      {"dict(recurse_array)", "k: [x]", "k: [y]", R"({"k":["x"]})"},
      {"dict()+str()", "k: x", "k: y", R"({"k":"x"})"},
      {"dict(recurse_str)+str()", "k: x", "k: y", R"({"k":"y"})"},
      {"dict(recurse_str)+str(append)", "k: x", "k: y", R"({"k":"xy"})"},
      {"dict(recurse_str)", "k: x", "k: y", R"({"k":"x"})"},
      {"dict(recurse_dict)", "k: {x: 1}", "k: {y: 2}", R"({"k":{"x":1,"y":2}})"},
      // list
      {"dict(recurse_list)+list()", "k: [a, b]", "k: [c]", R"({"k":["c","b"]})"},
      {"dict(recurse_list)+list()", "k: [a]", "k: [b, c]", R"({"k":["b"]})"},
      {"dict(recurse_list)+list(replace)", "k: [a]", "k: [b]", R"({"k":["b"]})"},
      {"dict(recurse_list)+list(no_replace)", "k: [a]", "k: [b, c]", R"({"k":["a"]})"},
      {"dict(recurse_list)+list(prepend)", "k: [a]", "k: [b, c]", R"({"k":["b","c","a"]})"},
      {"dict(recurse_list)+list(prepend,append)", "k: [a]", "k: [b]", R"({"k":["a","b"]})"},
      {"dict(recurse_list)+list(no_replace,replace)", "k: [a]", "k: [b]", R"({"k":["b"]})"},
      {"dict(recurse_list)+list()", "k: [{x: 1}]", "k: [{y: 2}]", R"({"k":[{"y":2}]})"},
      {"dict(recurse_list)+list(recurse_dict)", "k: [{x: 1}]", "k: [{y: 2}]",
       R"({"k":[{"x":1,"y":2}]})"},
      {"dict(recurse_list)+list(recurse_list)", "k: [[a, b]]", "k: [[c]]", R"({"k":[["c","b"]]})"},
      {"dict(recurse_list)+list(recurse_str)+str(append)", "k: [a, b]", "k: [c]",
       R"({"k":["ac","b"]})"},
      {"dict(recurse_list)+list(no_replace,recurse_dict)", "k: [{x: 1}]", "k: [{y: 2}]",
       R"({"k":[{"x":1}]})"},
      // kinds that differ: the kind of the later value says whether, that of the earlier one how
      {"dict(recurse_list)+list()+str()", "k: x", "k: [y]", R"({"k":["y"]})"},
      {"dict(recurse_list)+list()", "k: x", "k: [y]", R"({"k":"x"})"},
      {"dict()+list()", "k: [x]", "k: {y: 1}", R"({"k":{"y":1}})"},
      {"dict()+list(append)", "k: [x]", "k: {y: 1}", R"({"k":["x"]})"},
      {"dict()+list(no_replace)", "k: [x]", "k: {y: 1}", R"({"k":["x"]})"},
      {"dict()+str()", "k: x", "k: {y: 1}", R"({"k":{"y":1}})"},
      {"dict()+str(append)", "k: x", "k: {y: 1}", R"({"k":"x"})"},
      {"dict(recurse_list)+list(append)", "k: {x: 1}", "k: [y]", R"({"k":{"x":1}})"},
      {"dict(recurse_list)+list(append)", "k: 1", "k: [y]", R"({"k":1})"},
      {"dict()", "k:\n", "k: {y: 1}", R"({"k":null})"},
      // spelling
      {" DICT( Recurse-Array ) + List(APPEND) ", "k: [x]", "k: [y]", R"({"k":["x","y"]})"},
      {"m_dict(recurse_list)+m_list(append)", "k: [x]", "k: [y]", R"({"k":["x","y"]})"},
      {"dict(recurse_list)+dict(replace)+list(append)", "k: [x]", "k: [y]", R"({"k":["x","y"]})"},
      {"+", "k: 1", "k: 2", R"({"k":2})"},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.rule);
    CAPTURE(test.one);
    CAPTURE(test.other);
    CHECK(merge_two(test.rule, test.one, test.other) == test.expected);
  }
}

TEST_CASE("merge_how and merge_type in a document have four forms, and are no keys of it") {
  for (const std::string_view rule :
       {"merge_how: list(append)+dict(recurse_array)+str()\n",
        "merge_type: list(append)+dict(recurse_array)+str()\n",
        "merge_how:\nmerge_type: list(append)+dict(recurse_array)+str()\n",
        "merge_how: list(append)+dict(recurse_array)\nmerge_type: dict(replace)\n",
        "merge_how: ['list(append)', 'dict(recurse_array)']\n",
        "merge_how:\n- {name: list, settings: [append]}\n"
        "- {name: dict, settings: [no_replace, recurse_list]}\n",
        "merge_how:\n- {name: list, settings: append}\n"
        "- {name: dict, settings: 'no_replace,recurse-list'}\n",
        "merge_how: [[list, append], [dict, recurse_list]]\n"}) {
    CAPTURE(rule);
    const auto config = merged({{"", "r: [x]\n"}, {"", std::string(rule) + "r: [y]\n"}});
    CHECK(to_json(config.root) == R"({"r":["x","y"]})");
    CHECK(config.remarks.empty());
  }
}

TEST_CASE("a document's rule is completed by that of its header") {
  CHECK(json_of({{"", "r: [x]\nt: a\n"},
                 {"dict(recurse_str)+list(append)+str(append)",
                  "merge_how: dict(recurse_list)\nr: [y]\nt: b\n"}}) ==
        R"({"r":["x","y"],"t":"a"})");
}

TEST_CASE("the rule of the later part counts, not that of the earlier one") {
  CHECK(json_of({{kAppend, "r: [x]\n"}, {"", "r: [y]\n"}}) == R"({"r":["y"]})");
  CHECK(json_of({{"", "r: [x]\n"}, {kAppend, "r: [y]\n"}, {kAppend, "r: [z]\n"}}) ==
        R"({"r":["x","y","z"]})");
}

TEST_CASE("a part with a rule that is wrong is left out, as in cloud-init") {
  // string_extract_mergers() and construct() raise an exception, and handle_part() skips the part.
  struct Case {
    std::string_view header;
    std::string_view rule;
    std::string_view remark;
  };
  constexpr Case kCases[] = {
      {"list", "", "0 the merge rule is not written as mergers with parentheses"},
      {"dict (replace)", "", "0 the merge rule is not written as mergers with parentheses"},
      {"set(append)", "", "0 the merge rule names 'set', which is none of dict, list and str"},
      {"", "merge_how: nonsense\n", "1 the merge rule is not written as mergers with parentheses"},
      {"", "merge_how: 'x()'\n", "1 the merge rule names 'x', which is none of dict, list and str"},
      {"nonsense", "merge_how: dict()\n",
       "0 the merge rule is not written as mergers with parentheses"},
      {"", "merge_how: {name: list}\n", "1 the merge rule is a map, and neither text nor a list"},
      {"", "merge_how: 5\n", "1 the merge rule is a number, and neither text nor a list"},
      {"", "merge_how: [5]\n",
       "1 an item of the merge rule is neither text nor a map with 'name' and 'settings'"},
      {"", "merge_how: [{name: dict}]\n",
       "1 an item of the merge rule is neither text nor a map with 'name' and 'settings'"},
      {"list(append)", "", "0 the merge rule has no 'dict()'"},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.header);
    CAPTURE(test.rule);
    const auto config = merged(
        {{"", "k: [1]\n"}, {std::string(test.header), std::string(test.rule) + "k: [2]\nl: 3\n"}});
    CHECK(to_json(config.root) == R"({"k":[1]})");
    CHECK(remarks_of(config) == std::vector{"merge-rule part-002:" + std::string(test.remark) +
                                            ", so that the part is left out"});
    CHECK(config.remarks[0].level == RemarkLevel::kError);
  }
}

TEST_CASE("an option that is unknown is left out, with a remark") {
  struct Case {
    std::string_view header;
    std::string_view remark;
  };
  constexpr Case kCases[] = {
      {"dict(replace,recurse_all)", "the merger 'dict' has no option 'recurse_all'"},
      {"dict()+str(prepend)", "the merger 'str' has no option 'prepend'"},
      {"dict()+list(allow_delete)", "the merger 'list' has no option 'allow_delete'"},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.header);
    const auto config = merged({{std::string(test.header), "k: 1\n"}});
    CHECK(to_json(config.root) == R"({"k":1})");
    CHECK(remarks_of(config) ==
          std::vector{"merge-rule part-001:0 " + std::string(test.remark) + ", which is left out"});
  }
}

TEST_CASE("a remark says what becomes of the items of two lists that are merged by index") {
  struct Case {
    std::string_view options;  ///< of list()
    std::string_view earlier;
    std::string_view later;
    std::string_view remark;
  };
  constexpr Case kCases[] = {
      {"", "[a, b, c]", "[x]", "replaces the first of 3 items that WHERE; 2 items stay"},
      {"", "[a, b, c]", "[x, y]", "replaces the first 2 of 3 items that WHERE; 1 item stays"},
      {"", "[a]", "[x, y, z]",
       "replaces the only item that WHERE; 2 items of this part are dropped, because there the "
       "list "
       "is shorter"},
      {"", "[a, b]", "[x, y]", "replaces all 2 items that WHERE"},
      {"", "[]", "[x]",
       "replaces none of the items that WHERE; 1 item of this part is dropped, because there the "
       "list is shorter"},
      {"", "[a, b]", "[]", "replaces none of the items that WHERE; 2 items stay"},
      {"recurse_dict", "[{a: 1}, b]", "[{c: 2}]",
       "is merged into the first of 2 items that WHERE; 1 item stays"},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.earlier);
    CAPTURE(test.later);
    const auto config =
        merged({{"", "r: " + std::string(test.earlier)},
                {"list(" + std::string(test.options) + ")+dict(recurse_array)+str()",
                 "r: " + std::string(test.later)}});
    std::string remark(test.remark);
    remark.replace(remark.find("WHERE"), 5, "part 'part-001' has in line 1");
    CHECK(remarks_of(config) == std::vector{"replaced-by-part part-002:1 'r' " + remark});
  }
}

TEST_CASE("a remark names each key of which a value is lost, and both parts") {
  const auto replaced =
      merged({{"", "a: 1\nb: [x]\nc: same\n"}, {"", "# two\nb: [y]\na: 2\nc: 'same'\nd: 4\n"}});
  CHECK(
      remarks_of(replaced) ==
      std::vector<std::string>{
          "replaced-by-part part-002:2 'b' replaces the value that part 'part-001' has in line 2",
          "replaced-by-part part-002:3 'a' replaces the value that part 'part-001' has in line 1"});
  const auto kept =
      merged({{"", "a: 1\nb: [x]\nc: {d: 1}\n"}, {kAppend, "a: 2\nb: [y]\nc: {d: 2}\n"}});
  CHECK(remarks_of(kept) ==
        std::vector<std::string>{"kept-from-part part-002:1 'a' is ignored: the value that part "
                                 "'part-001' has in line 1 stays"});
  const auto by_index = merged({{"", "b: [x]\n"}, {"dict(recurse_list)+list()", "b: [y]\n"}});
  CHECK(remarks_of(by_index).size() == 1);
  const auto removed = merged({{"", "b: [x]\n"}, {"dict(allow_delete)", "b:\n"}});
  CHECK(remarks_of(removed).empty());
}

TEST_CASE("a third part is told against the part whose value it replaces") {
  const auto config = merged({{"", "a: 1\n"}, {"", "\na: 2\n"}, {"", "a: 3\n"}});
  CHECK(
      remarks_of(config) ==
      std::vector<std::string>{
          "replaced-by-part part-002:2 'a' replaces the value that part 'part-001' has in line 1",
          "replaced-by-part part-003:1 'a' replaces the value that part 'part-002' has in line 2"});
}

TEST_CASE("values of the same meaning are no loss") {
  for (const std::string_view value :
       {"1", "x", "yes", "1.5", ".nan", "~", "[1, [x]]", "{a: {b: [1]}}"}) {
    CAPTURE(value);
    const auto text = "k: " + std::string(value);
    CHECK(merged({{"", text}, {"", text}}).remarks.empty());
  }
  for (const std::string_view value : {"2", "'1'", "on", "[]", "{}", "1.0", "~"}) {
    CAPTURE(value);
    CHECK(merged({{"", "k: 1"}, {"", "k: " + std::string(value)}}).remarks.size() == 1);
  }
}

TEST_CASE("a value knows its part and its place there") {
  const auto config = merged({{"", "a: 1\nr: [x]\nm: {p: 1}\n"},
                              {kAppend, "\n\nr: [y]\nm: {q: 2}\n"},
                              {"dict(replace)", "\na: 3\n"}});
  const auto check = [](const Place& place, std::string_view part, int line) {
    CHECK(place.part == part);
    CHECK(place.line == line);
  };
  const auto& members = config.root.members;
  REQUIRE(members.size() == 3);
  check(find_place(config, members[0]), "part-003", 2);
  check(find_place(config, members[0].value), "part-003", 2);
  check(find_place(config, members[1].value), "part-001", 2);
  check(find_place(config, members[1].value.items[0]), "part-001", 2);
  check(find_place(config, members[1].value.items[1]), "part-002", 3);
  check(find_place(config, members[2].value.members[0]), "part-001", 3);
  check(find_place(config, members[2].value.members[1]), "part-002", 4);
  check(find_place(MergedConfig{}, YamlNode{}), "", 0);
}

TEST_CASE("a part that is no map is left out, with a remark") {
  const auto config =
      merged({{"", "- a\n"}, {"", "# nothing\n"}, {"", "text"}, {"", "{}"}, {"", "k: 1\n"}});
  CHECK(to_json(config.root) == R"({"k":1})");
  CHECK(remarks_of(config) ==
        std::vector<std::string>{
            "not-a-map part-001:0 a cloud-config is a map of keys, but this is a list",
            "empty-part part-002:0 the part has no keys",
            "not-a-map part-003:0 a cloud-config is a map of keys, but this is text"});
}

TEST_CASE("remarks of a document get the name of its part") {
  const auto config = merged({{"", "a: 1\n"}, {"", "b: 1\nb: 2\n"}});
  CHECK(remarks_of(config) ==
        std::vector<std::string>{
            "duplicate-key part-002:2 the key 'b' is also in line 1; only the last one counts"});
}

TEST_CASE("all parts together keep the bounds of one document") {
  std::string half = "[";
  for (std::size_t i = 0; i < kYamlNodes / 2; ++i) half += "x,";
  half += "]\n";
  const auto config = merged({{"", "a: " + half}, {"", "b: " + half}, {"", "c: 1\n"}});
  REQUIRE(config.root.members.size() == 2);
  CHECK(config.root.members[1].name == "c");
  CHECK(remarks_of(config) ==
        std::vector<std::string>{"too-large part-002:0 together with the parts before, the part "
                                 "has more than 100,000 values or 8 MiB"});
  const std::string big(kYamlSize / 2, 'x');
  CHECK(merged({{"", "a: " + big}, {"", "b: " + big}}).root.members.size() == 1);
}

TEST_CASE("merging maps of many keys takes no quadratic time") {
  std::string keys;
  for (int i = 0; i < 24'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  CHECK(merged({{"", keys}, {"dict(allow_delete)", keys}}).root.members.size() == 24'000);
}
