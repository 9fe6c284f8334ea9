#include "node/codec/frame.h"

#include "node/base/check.h"
#include "node/base/hash.h"

namespace holdfast::node {
namespace {

void put(std::uint64_t number, std::size_t bytes, char* to) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(number >> (8 * i));
}

std::uint64_t take(const char* from, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return number;
}

}  // namespace

std::size_t begin_frame(std::string& to) {
  const std::size_t begin = to.size();
  to.append(kFrameHeaderBytes, '\0');
  return begin;
}

void end_frame(std::string& to, std::size_t begin) {
  const std::string_view body = std::string_view(to).substr(begin + kFrameHeaderBytes);
  CHECK(body.size() <= kMaxFrameBytes);
  const std::uint64_t checksum = hash64(body);
  put(body.size(), 4, to.data() + begin);
  put(checksum, 8, to.data() + begin + 4);
}

void append_frame(std::string_view body, std::string& to) {
  const std::size_t begin = begin_frame(to);
  to.append(body);
  end_frame(to, begin);
}

void FrameReader::append(std::string_view bytes) {
  if (!damaged_) buffer_.append(bytes);
}

FrameState FrameReader::next(std::string_view& body) {
  if (damaged_) return FrameState::damaged;
  const std::string_view bytes = buffer_.view();
  if (bytes.size() < kFrameHeaderBytes) return FrameState::incomplete;
  const std::uint64_t length = take(bytes.data(), 4);
  if (length > max_body_) {
    damaged_ = true;
    return FrameState::damaged;
  }
  if (bytes.size() < kFrameHeaderBytes + length) return FrameState::incomplete;
  body = bytes.substr(kFrameHeaderBytes, length);
  if (hash64(body) != take(bytes.data() + 4, 8)) {
    damaged_ = true;
    return FrameState::damaged;
  }
  buffer_.take(kFrameHeaderBytes + length);
  return FrameState::complete;
}

}  // namespace holdfast::node
