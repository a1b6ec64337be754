#include "base/secret.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

using azl::Secret;

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

namespace {

bool holds(const void* memory, std::size_t size, std::string_view text) {
  const std::string_view bytes(static_cast<const char*>(memory), size);
  return bytes.find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a secret returns its text only through reveal") {
  const Secret secret(std::string("hunter2"));
  CHECK(secret.reveal() == "hunter2");
  CHECK(secret.size() == 7);
  CHECK_FALSE(secret.empty());
  CHECK(Secret().empty());
  CHECK(secret.clone().reveal() == "hunter2");
}

TEST_CASE("a moved short secret leaves nothing in the source") {
  Secret from(std::string("hunter2"));
  const Secret to(std::move(from));
  CHECK(to.reveal() == "hunter2");
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move): tested
  CHECK_FALSE(holds(&from, sizeof from, "unter2"));

  Secret assigned;
  Secret source(std::string("hunter3"));
  assigned = std::move(source);
  CHECK(assigned.reveal() == "hunter3");
  // NOLINTNEXTLINE(bugprone-use-after-move): tested
  CHECK_FALSE(holds(&source, sizeof source, "unter3"));
}

TEST_CASE("a short secret is wiped by the destructor") {
  alignas(Secret) std::array<std::byte, sizeof(Secret)> memory{};
  auto* secret = new (memory.data()) Secret(std::string("hunter2"));
  REQUIRE(holds(memory.data(), memory.size(), "hunter2"));
  std::destroy_at(secret);
  CHECK_FALSE(holds(memory.data(), memory.size(), "unter2"));
}

TEST_CASE("assignment wipes the old secret") {
  std::string text(15, 's');  // short enough to be stored in the object
  alignas(Secret) std::array<std::byte, sizeof(Secret)> memory{};
  auto* secret = new (memory.data()) Secret(std::move(text));
  *secret = Secret();
  CHECK_FALSE(holds(memory.data(), memory.size(), "ss"));
  std::destroy_at(secret);
}

TEST_CASE("a long secret survives moves and self-assignment") {
  const std::string text(1000, 'k');
  Secret one{std::string(text)};
  Secret two(std::move(one));
  Secret& same = two;
  two = std::move(same);
  CHECK(two.reveal() == text);
}
