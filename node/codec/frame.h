// Frames: how messages are cut out of a stream of bytes (the grammar is in peer.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/codec/input_buffer.h"

namespace holdfast::node {

inline constexpr std::size_t kFrameHeaderBytes = 12;
inline constexpr std::size_t kMaxFrameBytes = std::size_t{128} << 20;
// While more than this waits to be sent on a connection, further messages are dropped.
inline constexpr std::size_t kMaxUnsentBytes = std::size_t{64} << 20;

// Appends a frame whose body is what the caller appends between these two calls, so that a body
// need not be copied. REQUIRES: the body has at most kMaxFrameBytes.
std::size_t begin_frame(std::string& to);
void end_frame(std::string& to, std::size_t begin);

// Appends a frame with this body.
void append_frame(std::string_view body, std::string& to);

enum class FrameState : std::uint8_t {
  complete,    // here is a frame
  incomplete,  // more bytes are needed
  damaged      // too long, or the checksum does not match: the stream is lost
};

// Finds the frames in a stream that arrives in arbitrary pieces. Holds at most one frame and what
// was appended after it, whatever length a header claims.
class FrameReader {
 public:
  explicit FrameReader(std::size_t max_body_bytes = kMaxFrameBytes) : max_body_(max_body_bytes) {}

  void append(std::string_view bytes);
  // `body` is valid until the next append(). Once damaged, always damaged.
  FrameState next(std::string_view& body);

  void set_max_body(std::size_t bytes) { max_body_ = bytes; }
  std::size_t buffered() const { return buffer_.size(); }

 private:
  InputBuffer buffer_;
  std::size_t max_body_;
  bool damaged_ = false;
};

}  // namespace holdfast::node
