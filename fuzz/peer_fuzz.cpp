// Fuzzing of the peer port. The first byte chooses what the rest is:
//   0  a stream of bytes that claims to consist of frames
//   1  what a peer that connected says in its handshake: bodies of frames
//   2  what a peer that we connected to says in its handshake: the same
//   3  bodies of a peer whose handshake is done: the node receives what can be decoded
// A body is two bytes of length, little-endian, and its bytes; it arrives in a frame, in pieces.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzzed_node.h"
#include "node/codec/frame.h"
#include "node/codec/handshake.h"

namespace holdfast::node {
namespace {

// Calls `take` with the body of every frame, as long as it returns true. What is read must not
// depend on how the bytes were cut.
template <class Take>
void read_frames(std::string_view bytes, std::size_t most_bytes, const Take& take) {
  FrameReader reader(most_bytes);
  for (std::size_t piece = 1; !bytes.empty(); piece = piece * 3 + 1) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.append(part);
    std::string_view body;
    FrameState state;
    while ((state = reader.next(body)) == FrameState::complete) {
      if (!take(body)) return;
    }
    if (state == FrameState::damaged) return;
    CHECK(reader.buffered() <= kFrameHeaderBytes + most_bytes + part.size());
  }
}

std::string framed(std::string_view input) {
  std::string frames;
  while (input.size() >= 2) {
    const std::size_t claimed = static_cast<std::uint8_t>(input[0]) +
                                std::size_t{256} * static_cast<std::uint8_t>(input[1]);
    const std::string_view body = input.substr(2, claimed);
    append_frame(body, frames);
    input.remove_prefix(2 + body.size());
  }
  return frames;
}

void shake_hands(bool accepting, std::string_view input) {
  PeerIdentity self{"holdfast", "secret", 1, FuzzedNode::kMembers, 0, 1};
  Handshake handshake = accepting ? Handshake::accepting(self, std::string(kNonceBytes, 'a'))
                                  : Handshake::opening(self, 1, std::string(kNonceBytes, 'b'));
  if (accepting) CHECK(!handshake.start().empty());
  read_frames(framed(input), kMaxHandshakeBytes, [&](std::string_view body) {
    if (handshake.done()) return false;
    const Result<std::string> reply = handshake.receive(body);
    CHECK(reply.has_value() || !reply.error().message.empty());
    return reply.has_value();
  });
  CHECK(!handshake.done() || handshake.peer() < FuzzedNode::kMembers);
}

void hear_messages(std::string_view input) {
  FuzzedNode node(2);
  read_frames(framed(input), kMaxFrameBytes, [&](std::string_view body) {
    if (body.empty()) {  // a sign of life; here, time passes
      node.pass(std::chrono::milliseconds(1500));
      return true;
    }
    Result<Envelope> envelope = decode_envelope(body);
    if (!envelope) return false;
    std::string bytes;
    encode(*envelope, bytes);
    const Result<Envelope> again = decode_envelope(bytes);
    CHECK(again.has_value());
    std::string same_bytes;
    encode(*again, same_bytes);
    CHECK(bytes == same_bytes);
    // What the daemon lets through: between members, and to this node.
    if (envelope->from.node == 0 || envelope->from.node >= FuzzedNode::kMembers) return true;
    if (envelope->to.node == 0) node.driver->receive(node.now, std::move(*envelope));
    return true;
  });
  for (int i = 0; i < 4; ++i) node.pass(std::chrono::seconds(1));
}

}  // namespace
}  // namespace holdfast::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::node;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 0:
      read_frames(input, kMaxHandshakeBytes, [](std::string_view) { return true; });
      break;
    case 1:
    case 2:
      shake_hands(data[0] == 1, input);
      break;
    case 3:
      hear_messages(input);
      break;
    default:
      break;
  }
  return 0;
}
