// Expected texts: Jinja's Template Designer Documentation, "List of Builtin Filters", and for odd
// cases what Jinja 3.1.6 rendered.
#include "provision/custom_data/parse/jinja_filters.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/custom_data/parse/jinja.h"

using namespace azl::provision::custom_data;
using nlohmann::json;

namespace {

/// The text, or "! " and what is wrong.
std::string render(std::string_view expression) {
  const json variables = {{"host", "web.example.org"},
                          {"region", "WestEurope"},
                          {"null", nullptr},
                          {"empty", ""},
                          {"zero", 0},
                          {"none_of", json::array()},
                          {"count", 5},
                          {"share", 1.9},
                          {"large", 18446744073709551615U},
                          {"huge", 1e30},
                          {"on", true},
                          {"letters", "Ün"},
                          {"list", {1, "b", true}},
                          {"map", {{"k", "v"}, {"a", "b"}}}};
  const auto rendered =
      render_jinja("## template: jinja\n{{ " + std::string(expression) + " }}", variables);
  return rendered ? std::string(rendered->text.reveal()) : "! " + rendered.error().text;
}

struct Row {
  std::string_view expression;
  std::string_view rendered;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.expression);
    CHECK(render(row.expression) == row.rendered);
  }
}

}  // namespace

TEST_CASE("default stands in for what is undefined, and if asked for what is false") {
  check({{"nope | default('x')", "x"},
         {"nope | d('x')", "x"},
         {"nope | default", ""},
         {"nope | default()", ""},
         {"nope | default(host)", "web.example.org"},
         {"nope | default(nope2 | default('y'))", "y"},
         {"nope|default( 'x' , )", "x"},
         {"host | default('x')", "web.example.org"},
         {"null | default('x')", "None"},
         {"empty | default('x')", ""},
         {"null | default('x', true)", "x"},
         {"null | default('x', boolean=true)", "x"},
         {"null | default('x', boolean = False)", "None"},
         {"empty | default('x', true)", "x"},
         {"zero | default('x', true)", "x"},
         {"false | default('x', true)", "x"},
         {"none_of | default('x', true)", "x"},
         {"count | default('x', true)", "5"},
         {"list | default('x', 1)", "[1, 'b', True]"},
         {"nope | default('x', nope2)", "x"},
         {"empty | default('x', nope2)", ""}});
}

TEST_CASE("filters change text, and make text of other values") {
  check({{"region | lower", "westeurope"},
         {"region | upper", "WESTEUROPE"},
         {"on | upper", "TRUE"},
         {"list | lower", "[1, 'b', true]"},
         {"' a b\t\n' | trim", "a b"},
         {"letters | upper", "ÜN"},
         {"host | replace('.', '-')", "web-example-org"},
         {"'aXbX' | replace('X', '--')", "a--b--"},
         {"'aaa' | replace('aa', 'b')", "ba"},
         {"'abc' | replace('x', 'y')", "abc"},
         {"count | replace(5, 6)", "6"},
         {"host | replace('.', '') | upper | string", "WEBEXAMPLEORG"},
         {"count | string | length", "1"}});
}

TEST_CASE("lists can be joined, counted and taken from at both ends") {
  check({{"list | join(',')", "1,b,True"},
         {"list | join", "1bTrue"},
         {"'abc' | join('-')", "a-b-c"},
         {"letters | join('-')", "Ü-n"},
         {"map | join(',')", "a,k"},
         {"none_of | join(',')", ""},
         {"nope | join(',')", ""},
         {"host.split('.') | join(' ')", "web example org"},
         {"list | length", "3"},
         {"list | count", "3"},
         {"map | length", "2"},
         {"letters | length", "2"},
         {"nope | length", "0"},
         {"list | first", "1"},
         {"list | last", "True"},
         {"letters | first", "Ü"},
         {"map | first", "a"},
         {"map | last", "k"},
         {"host.split('.') | last", "org"},
         {"none_of | first", "CI_MISSING_JINJA_VAR/None"},
         {"empty | last", "CI_MISSING_JINJA_VAR/None"},
         {"nope | first", "CI_MISSING_JINJA_VAR/None"},
         {"none_of | first | default('x')", "x"}});
}

TEST_CASE("int reads whole numbers, and takes its argument for anything else") {
  check(
      {{"'12' | int", "12"},    {"' -12\n' | int", "-12"}, {"'+3' | int", "3"},
       {"'1.9' | int", "1"},    {"'-1.9' | int", "-1"},    {"'1e3' | int", "1000"},
       {"'x' | int", "0"},      {"'12x' | int", "0"},      {"'' | int", "0"},
       {"'+-3' | int", "0"},    {"'x' | int(7)", "7"},     {"'inf' | int(3)", "3"},
       {"'nan' | int(3)", "3"}, {"on | int", "1"},         {"false | int", "0"},
       {"count | int", "5"},    {"share | int", "1"},      {"large | int", "18446744073709551615"},
       {"null | int", "0"},     {"list | int(9)", "9"}});
}

TEST_CASE("text has some of Python's methods") {
  check({{"host.split('.')[0]", "web"},
         {"host.split('.')[-1]", "org"},
         {"host.split('.')", "['web', 'example', 'org']"},
         {"host.split('x.x')", "['web.example.org']"},
         {"'a..b.'.split('.')", "['a', '', 'b', '']"},
         {"''.split('.')", "['']"},
         {"' a \t b '.split()", "['a', 'b']"},
         {"''.split()", "[]"},
         {"region.lower().upper()", "WESTEUROPE"},
         {"' x '.strip()", "x"},
         {"host.replace('.', '-').split('-')[1]", "example"},
         {"(nope | default('a.b')).split('.')[0]", "a"},
         {"host . split ( '.' ) [ 0 ]", "web"}});
}

TEST_CASE("filters and methods refuse what they cannot take") {
  check({
      {"host | nope", "! there is no filter \"nope\""},
      {"host | b64encode('x')", "! there is no filter \"b64encode\""},
      {"host | lower('x')", "! \"lower\" takes no arguments here"},
      {"host | replace('x')", "! \"replace\" takes 2 arguments here"},
      {"host | replace('x', 'y', 1)", "! \"replace\" takes 2 arguments here"},
      {"host | default('x', true, 1)", "! \"default\" takes at most 2 arguments here"},
      {"list | join(',', 1)", "! \"join\" takes at most 1 argument here"},
      {"list | join(boolean=true)", "! \"join\" takes no argument with a name"},
      {"list | join(d=',')", "! this argument is not supported by name"},
      {"host | replace('', 'x')", "! replace needs a text to replace, which is not empty"},
      {"count | join(',')", "! join needs a list or text"},
      {"count | length", "! length needs a list or text"},
      {"null | first", "! first and last need a list or text"},
      {"nope | int", "! int needs a value that is defined"},
      {"'99999999999999999999' | int", "! the number is too large"},
      {"'1e30' | int", "! the number is too large"},
      {"huge | int", "! the number is too large"},
      {"host.nope()", "! there is no method \"nope\""},
      {"count.split('.')", "! only text has the method \"split\""},
      {"map.split('.')", "! only text has the method \"split\""},
      {"host.split('.', 1)", "! \"split\" takes at most 1 argument here"},
      {"host.split(1)", "! the arguments of \"split\" must be text"},
      {"host.split(nope)", "! the arguments of \"split\" must be text"},
      {"host.split('')", "! split needs a separator that is not empty"},
      {"host.strip('x')", "! \"strip\" takes no arguments here"},
  });
}

TEST_CASE("replace counts what it puts in while it does so") {
  // 3 of the text, 1 and 4 of the arguments, 3 of the search, and 4 for each letter.
  for (const std::size_t work : {22U, 23U}) {
    JinjaContext context{.variables = nullptr, .work_left = work, .undefined_left = 0};
    JinjaArguments arguments;
    arguments.values.push_back(owned("b"));
    arguments.values.push_back(owned("wxyz"));
    (void)apply_filter("replace", owned("bbb"), std::move(arguments), context);
    CHECK(context.exhausted == (work < 23));
  }
}

TEST_CASE("an undefined value is false, and a fitting name beside it is found") {
  JinjaContext context{.variables = nullptr, .work_left = 100, .undefined_left = 1};
  const json parent = {{"region", 1}, {"zone", 2}};
  JinjaValue value;
  value.undefined = true;
  value.name = "regoin";
  value.parent = &parent;
  CHECK_FALSE(is_true(value));
  CHECK(find_meant(value) == "region");
  json many = parent;
  for (int i = 0; i < 127; ++i) many["name" + std::to_string(i)] = i;
  value.parent = &many;
  CHECK(many.size() == 129);
  CHECK(find_meant(value) == "");  // too many names to compare
  many.erase("name0");
  CHECK(find_meant(value) == "region");
  CHECK(to_text(value, context) == "CI_MISSING_JINJA_VAR/regoin");
  CHECK_FALSE(context.undefined_lost);
  (void)to_text(value, context);
  CHECK(context.undefined.size() == 1);
  CHECK(context.undefined_lost);
  CHECK_FALSE(context.exhausted);
  CHECK(context.work(100 - 2 * 27));
  CHECK_FALSE(context.work(1));
  CHECK_FALSE(context.work(0));
}
