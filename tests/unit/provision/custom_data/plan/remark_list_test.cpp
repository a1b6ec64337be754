#include "provision/custom_data/plan/remark_list.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

Remark make_remark(std::string part, int line, int column, std::string rule) {
  return {.rule = std::move(rule),
          .place = {.part = std::move(part), .line = line, .column = column},
          .text = "x"};
}

std::vector<std::string> rules_of(const Remarks& remarks) {
  std::vector<std::string> rules;
  for (const auto& remark : remarks) rules.push_back(remark.rule);
  return rules;
}

TEST_CASE("remarks come in the order of the document") {
  RemarkList list;
  list.add(make_remark("a", 2, 1, "5"));
  list.add(make_remark("a", 1, 7, "4"));
  list.add(make_remark("b", 0, 0, "2"));
  list.add(make_remark("", 9, 0, "1"));
  list.add(make_remark("a", 1, 7, "4b"));
  list.add(make_remark("b", 3, 1, "3"));
  CHECK(rules_of(std::move(list).take({"b", "a"})) ==
        std::vector<std::string>{"1", "2", "3", "4", "4b", "5"});
}

TEST_CASE("a parser's remarks get their part") {
  RemarkList list;
  list.add(
      Remarks{make_remark("", 1, 2, "1"), make_remark("", 0, 0, "0"), make_remark("b", 3, 1, "3")},
      "a");
  const auto remarks = std::move(list).take({"a", "b"});
  REQUIRE(rules_of(remarks) == std::vector<std::string>{"0", "1", "3"});
  CHECK(remarks[0].place.part == "a");
  CHECK(remarks[1].place.part == "a");
  CHECK(remarks[1].place.line == 1);
  CHECK(remarks[2].place.part == "b");
}

TEST_CASE("beyond the bound remarks are counted, and the highest level is kept") {
  RemarkList list;
  for (std::size_t i = 0; i < kPlanRemarks; ++i) list.add(make_remark("a", 1, 1, "kept"));
  list.add(make_remark("a", 1, 1, "x"));
  auto error = make_remark("a", 1, 1, "x");
  error.level = RemarkLevel::kError;
  list.add(std::move(error));
  const auto remarks = std::move(list).take({"a"});
  REQUIRE(remarks.size() == kPlanRemarks + 1);
  CHECK(remarks.back().rule == "more-remarks");
  CHECK(remarks.back().level == RemarkLevel::kError);
  CHECK(remarks.back().text == "2 more remarks are left out");
}

}  // namespace
}  // namespace azl::provision::custom_data
