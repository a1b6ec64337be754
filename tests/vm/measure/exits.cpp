// Writes a line for each thread that ends on this machine, from the kernel's taskstats:
//
//   tgid ppid cpu_us peak_rss_kib comm
//
// Runs until SIGTERM. systemd's accounting adds up an agent's processes and their child programs;
// these lines tell them apart.
//
//   exits FILE
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Message {
  nlmsghdr netlink{};
  genlmsghdr generic{};
  std::array<char, 64> attributes{};
};

/// Calls `see(type, payload)` for each netlink attribute in `bytes`.
template <class See>
void for_attributes(std::string_view bytes, See see) {
  while (bytes.size() >= NLA_HDRLEN) {
    nlattr attribute{};
    std::memcpy(&attribute, bytes.data(), sizeof attribute);
    if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > bytes.size()) return;
    see(attribute.nla_type & NLA_TYPE_MASK,
        bytes.substr(NLA_HDRLEN, attribute.nla_len - NLA_HDRLEN));
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), NLA_ALIGN(attribute.nla_len)));
  }
}

/// Sends a request with one string attribute.
bool send(int socket, std::uint16_t family, std::uint8_t command, std::uint16_t type,
          std::string_view text) {
  Message message;
  nlattr attribute{};
  attribute.nla_type = type;
  attribute.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + text.size() + 1);
  std::memcpy(message.attributes.data(), &attribute, sizeof attribute);
  std::memcpy(message.attributes.data() + NLA_HDRLEN, text.data(), text.size());
  message.netlink.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_HDRLEN + GENL_HDRLEN + NLA_ALIGN(attribute.nla_len));
  message.netlink.nlmsg_type = family;
  message.netlink.nlmsg_flags = NLM_F_REQUEST;
  message.generic.cmd = command;
  message.generic.version = 1;
  return ::send(socket, &message, message.netlink.nlmsg_len, 0) ==
         static_cast<ssize_t>(message.netlink.nlmsg_len);
}

/// Receives once, and calls `see(attributes)` for each message. Returns false if nothing was
/// received.
template <class See>
bool receive(int socket, See see) {
  static std::array<char, 64 * 1024> buffer;
  const ssize_t size = recv(socket, buffer.data(), buffer.size(), 0);
  if (size < 0) return false;
  std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  while (bytes.size() >= NLMSG_HDRLEN) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > bytes.size()) break;
    if (header.nlmsg_type != NLMSG_ERROR && header.nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN) {
      see(bytes.substr(NLMSG_HDRLEN + GENL_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN));
    }
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), NLMSG_ALIGN(header.nlmsg_len)));
  }
  return true;
}

std::uint16_t taskstats_family(int socket) {
  std::uint16_t family = 0;
  if (!send(socket, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME))
    return 0;
  receive(socket, [&](std::string_view attributes) {
    for_attributes(attributes, [&](int type, std::string_view value) {
      if (type == CTRL_ATTR_FAMILY_ID && value.size() >= sizeof family)
        std::memcpy(&family, value.data(), sizeof family);
    });
  });
  return family;
}

void print(std::string_view value, std::FILE* file) {
  taskstats stats{};
  std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
  // The scheduler's count is exact, but needs the kernel parameter "delayacct". User and system
  // time are only sampled by timer ticks.
  std::uint64_t cpu_us = stats.cpu_run_virtual_total / 1000;
  if (cpu_us == 0) cpu_us = stats.ac_utime + stats.ac_stime;
  std::fprintf(file, "%u %u %llu %llu %.32s\n", stats.ac_tgid, stats.ac_ppid,
               static_cast<unsigned long long>(cpu_us),
               static_cast<unsigned long long>(stats.hiwater_rss), stats.ac_comm);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::FILE* const file = std::fopen(argv[1], "w");
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  if (file == nullptr || socket < 0) return 1;
  std::setvbuf(file, nullptr, _IOLBF, 0);
  const int room = 4 << 20;
  setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  const std::uint16_t family = taskstats_family(socket);
  const std::string processors = "0-" + std::to_string(sysconf(_SC_NPROCESSORS_CONF) - 1);
  if (family == 0 ||
      !send(socket, family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, processors))
    return 1;
  for (;;) {
    const bool received = receive(socket, [&](std::string_view attributes) {
      for_attributes(attributes, [&](int type, std::string_view value) {
        // Only per-thread records (AGGR_PID). The per-process sum (AGGR_TGID) would count twice.
        if (type != TASKSTATS_TYPE_AGGR_PID) return;
        for_attributes(value, [&](int inner, std::string_view stats) {
          if (inner == TASKSTATS_TYPE_STATS) print(stats, file);
        });
      });
    });
    if (!received && errno == ENOBUFS) std::fputs("lost\n", file);
    if (!received && errno != EINTR && errno != ENOBUFS) return 1;
  }
}
