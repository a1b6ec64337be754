// Chooses a function by the type that a std::variant holds.
//
//   const double area = match(
//       shape, [](const Circle& circle) { return kPi * circle.radius * circle.radius; },
//       [](const Square& square) { return square.side * square.side; });
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

namespace azl {

/// Calls the function that fits the held type, and returns what it returns. All functions have the
/// same return type; the compiler refuses a type without a function.
template <class Variant, class... Functions>
decltype(auto) match(Variant&& variant, Functions&&... functions) {
  struct Overloads : std::remove_cvref_t<Functions>... {
    using std::remove_cvref_t<Functions>::operator()...;
  };
  return std::visit(Overloads{std::forward<Functions>(functions)...},
                    std::forward<Variant>(variant));
}

}  // namespace azl
