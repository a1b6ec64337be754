#include "provision/custom_data/plan/package_name.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

using namespace std::string_view_literals;

TEST_CASE("a word for a package manager is no option and has no white space") {
  for (const auto word : {"nginx"sv, "g++"sv, "@development-tools"sv, "python3-*"sv,
                          "nginx=1.2-3"sv, "https://example.com/a.rpm"sv, "/tmp/a.rpm"sv,
                          "kernel"sv, R"(a'b"c)"sv, "a;b"sv, "$(a)"sv, "\xC3\xA4"sv}) {
    CAPTURE(word);
    CHECK(is_package_word(word));
  }
  for (const auto word : {""sv, "-y"sv, "--installroot=/x"sv, "a b"sv, " a"sv, "a\tb"sv, "a\nb"sv,
                          "a\rb"sv, "a\vb"sv, "a\0b"sv, "a\x7F"sv, "a\x1B[2J"sv, "\xFF"sv,
                          "a\xE2\x80\x8F"
                          "b"sv}) {
    CAPTURE(word);
    CHECK_FALSE(is_package_word(word));
  }
  CHECK(is_package_word(std::string(1024, 'a')));
  CHECK_FALSE(is_package_word(std::string(1025, 'a')));
}

TEST_CASE("messages show names and versions, and no path or address") {
  CHECK(describe_package({.name = "nginx"}) == "nginx");
  CHECK(describe_package({.name = "nginx", .version = "1:1.20-3~rc1"}) == "nginx 1:1.20-3~rc1");
  for (const std::string name :
       {"https://user:hunter2@example.com/a.rpm", "/hunter2.rpm", "hunter2'"}) {
    CAPTURE(name);
    CHECK(describe_package({.name = name}) == "a file or an address");
    CHECK(describe_package({.name = "a", .version = name}) == "a file or an address");
  }
}

TEST_CASE("messages show ten names") {
  std::vector<PackageName> packages;
  CHECK(describe_packages(packages).empty());
  for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
    packages.push_back({.name = name});
  CHECK(describe_packages(packages) == "a, b, c, d, e, f, g, h, i, j");
  packages.push_back({.name = "k"});
  packages.push_back({.name = "l"});
  CHECK(describe_packages(packages) == "a, b, c, d, e, f, g, h, i, j and 2 more");
}

}  // namespace
}  // namespace azl::provision::custom_data
