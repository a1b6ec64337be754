#include "imds/timeouts.h"

#include <algorithm>

namespace azl::imds {

TryTimeouts timeouts_of_try(int number) {
  const int factor = 1 << std::clamp(number, 0, 10);
  return {.connect = std::min(kFirstConnectTimeout * factor, kLongestConnectTimeout),
          .total = std::min(kFirstRequestTimeout * factor, kLongestRequestTimeout)};
}

}  // namespace azl::imds
