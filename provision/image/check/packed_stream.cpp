#include "provision/image/check/packed_stream.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"

namespace azl::provision {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

std::unexpected<Error> fail_damaged(const std::string& what) {
  return fail(Reason::kInvalidInput, what);
}

Result<std::size_t> read_piece(int file, std::vector<char>& piece, std::uint64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(file, piece.data(), piece.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno(errno, "reading it");
  return static_cast<std::size_t>(got);
}

class Gunzip {
 public:
  Gunzip(int file, std::uint64_t offset, std::uint64_t limit)
      : file_(file), offset_(offset), limit_(limit) {
    constexpr int kGzip = 16;
    good_ = inflateInit2(&stream_, MAX_WBITS + kGzip) == Z_OK;
  }
  ~Gunzip() {
    if (good_) inflateEnd(&stream_);
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  Result<std::uint64_t> run(const Deadline& deadline, const OnPiece& on_piece) {
    if (!good_) return fail_damaged("zlib has no memory");
    while (!done_) {
      if (deadline.passed()) return fail(Reason::kTimeout, "unpacking it takes too long");
      const auto got = OR_RETURN(read_piece(file_, in_, offset_));
      if (got == 0) return fail_damaged("its gzip data is cut off");
      OR_RETURN(inflate_piece(got, on_piece));
    }
    return offset_;
  }

 private:
  Result<void> inflate_piece(std::size_t size, const OnPiece& on_piece) {
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(size);
    while (stream_.avail_in > 0 && !done_) {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return fail_damaged("its gzip data is damaged");
      const auto made = out_.size() - stream_.avail_out;
      if (made > limit_) return fail_damaged("it unpacks to too much");
      limit_ -= made;
      const bool more = on_piece({out_.data(), made});
      done_ = status == Z_STREAM_END || !more;
    }
    offset_ += size - stream_.avail_in;
    return {};
  }

  int file_;
  std::uint64_t offset_;
  std::uint64_t limit_;
  z_stream stream_ = {};
  bool good_ = false;
  bool done_ = false;
  std::vector<char> in_ = std::vector<char>(kPiece);
  std::vector<char> out_ = std::vector<char>(kPiece);
};

std::vector<std::string> program_for(Packing packing) {
  switch (packing) {
    case Packing::kXz:
      return {"xz", "-dc"};
    case Packing::kLzma:
      return {"xz", "--format=lzma", "-dc"};
    case Packing::kZstd:
      return {"zstd", "-dcq"};
    case Packing::kLz4:
      return {"lz4", "-dcq"};
    case Packing::kBzip2:
      return {"bzip2", "-dc"};
    case Packing::kNone:
    case Packing::kGzip:
      break;
  }
  return {};
}

/// Hands on what a program writes to a pipe, until its end or until no more is wanted. Returns
/// false if it was stopped before the end.
Result<bool> read_pipe(int pipe, std::uint64_t limit, const Deadline& deadline,
                       const OnPiece& on_piece) {
  std::vector<char> piece(kPiece);
  while (true) {
    pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
    if (deadline.passed()) return fail(Reason::kTimeout, "unpacking it takes too long");
    if (::poll(&ready, 1, deadline.poll_timeout()) <= 0) continue;
    const ssize_t got = ::read(pipe, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno(errno, "reading from the program that unpacks it");
    if (got == 0) return true;
    const auto size = static_cast<std::size_t>(got);
    if (size > limit) return fail_damaged("it unpacks to too much");
    limit -= size;
    if (!on_piece({piece.data(), size})) return false;
  }
}

Result<std::uint64_t> run_program(int file, std::uint64_t offset, Packing packing,
                                  std::uint64_t limit, Processes& processes,
                                  const Deadline& deadline, const OnPiece& on_piece) {
  if (::lseek(file, static_cast<off_t>(offset), SEEK_SET) < 0)
    return fail_errno(errno, "reading it");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  constexpr std::uint64_t kMemory = std::uint64_t{1} << 30;
  auto child = OR_RETURN(processes.start({.argv = program_for(packing),
                                          .limits = {.memory = kMemory},
                                          .input_fd = file,
                                          .output_fd = to.get()}));
  to.reset();
  std::uint64_t unpacked = 0;
  const bool whole = OR_RETURN(read_pipe(from.get(), limit, deadline, [&](std::string_view piece) {
    unpacked += piece.size();
    return on_piece(piece);
  }));
  from.reset();
  // To some of these programs, the zeros behind the compressed data are an error. What stands
  // before them is unpacked by then.
  auto ended = child->wait(deadline);
  if (whole && unpacked == 0 && !ended) return std::unexpected(std::move(ended.error()));
  return static_cast<std::uint64_t>(::lseek(file, 0, SEEK_END));
}

}  // namespace

Packing find_packing(std::string_view bytes) {
  struct Magic {
    std::string_view bytes;
    Packing packing;
  };
  constexpr std::array<Magic, 9> kMagics = {{
      {std::string_view("\x1f\x8b", 2), Packing::kGzip},
      {std::string_view("\x1f\x9e", 2), Packing::kGzip},
      {std::string_view("\xfd\x37zXZ\0", 6), Packing::kXz},
      {std::string_view("\x28\xb5\x2f\xfd", 4), Packing::kZstd},
      {std::string_view("\x02\x21\x4c\x18", 4), Packing::kLz4},
      {std::string_view("\x04\x22\x4d\x18", 4), Packing::kLz4},
      {std::string_view("\x5d\0\0", 3), Packing::kLzma},
      {std::string_view("BZh", 3), Packing::kBzip2},
  }};
  for (const auto& magic : kMagics) {
    if (!magic.bytes.empty() && bytes.starts_with(magic.bytes)) return magic.packing;
  }
  return Packing::kNone;
}

Result<std::uint64_t> unpack(int file, std::uint64_t offset, Packing packing, std::uint64_t limit,
                             Processes& processes, const Deadline& deadline,
                             const OnPiece& on_piece) {
  if (packing == Packing::kGzip) return Gunzip(file, offset, limit).run(deadline, on_piece);
  return run_program(file, offset, packing, limit, processes, deadline, on_piece);
}

}  // namespace azl::provision
