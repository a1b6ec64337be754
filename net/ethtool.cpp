#include "net/ethtool.h"

#include <cerrno>

#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/text.h"
#include "net/link.h"

namespace azl::net {

Result<void> call_ethtool(const std::string& link, void* request) {
  if (!is_link_name(link))
    return fail(Reason::kInvalidInput, "'" + printable(link) + "' is not a valid link name");
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "opening a socket for ethtool");
  ifreq asked{};
  link.copy(asked.ifr_name, sizeof asked.ifr_name - 1);
  asked.ifr_data = static_cast<char*>(request);
  if (ioctl(socket.get(), SIOCETHTOOL, &asked) != 0)
    return fail_errno(errno, "calling ethtool for " + link);
  return {};
}

}  // namespace azl::net
