#include "node/codec/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

std::string frame_of(std::string_view body) {
  std::string bytes;
  append_frame(body, bytes);
  return bytes;
}

// All frames that the reader finds now.
std::vector<std::string> take_all(FrameReader& reader, FrameState& last) {
  std::vector<std::string> bodies;
  std::string_view body;
  while ((last = reader.next(body)) == FrameState::complete) bodies.emplace_back(body);
  return bodies;
}

TEST(FrameReader, FindsFramesInArbitraryPieces) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> sent;
    std::string stream;
    for (int i = 0; i < 20; ++i) {
      std::string body(random.below(random.chance(1, 5) ? 5000 : 30), 'x');
      for (char& c : body) c = static_cast<char>(random.next());
      append_frame(body, stream);
      sent.push_back(std::move(body));
    }
    FrameReader reader;
    FrameState state = FrameState::incomplete;
    std::vector<std::string> received;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random.below(random.chance(1, 2) ? 10 : 3000);
      reader.append(std::string_view(stream).substr(at, size));
      at += size;
      for (std::string& body : take_all(reader, state)) received.push_back(std::move(body));
      ASSERT_EQ(state, FrameState::incomplete);
    }
    ASSERT_EQ(received, sent);
    ASSERT_EQ(reader.buffered(), 0U);
  }
}

TEST(FrameReader, AnEmptyBodyIsAFrame) {
  FrameReader reader;
  reader.append(frame_of(""));
  std::string_view body = "?";
  EXPECT_EQ(reader.next(body), FrameState::complete);
  EXPECT_EQ(body, "");
}

TEST(FrameReader, AnyFlippedBitIsFound) {
  const std::string whole = frame_of("the body");
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    FrameReader reader;
    reader.append(bytes);
    std::string_view body;
    EXPECT_NE(reader.next(body), FrameState::complete) << "bit " << bit;
  }
}

TEST(FrameReader, StaysDamaged) {
  FrameReader reader;
  reader.append("GET / HTTP/1.1\r\n");
  std::string_view body;
  EXPECT_EQ(reader.next(body), FrameState::damaged);
  reader.append(frame_of("good"));
  EXPECT_EQ(reader.next(body), FrameState::damaged);
}

TEST(FrameReader, RefusesALengthAboveTheLimitAtOnce) {
  const std::string whole = frame_of(std::string(101, 'x'));
  FrameReader reader(100);
  reader.append(whole.substr(0, kFrameHeaderBytes));
  std::string_view body;
  EXPECT_EQ(reader.next(body), FrameState::damaged);
}

TEST(FrameReader, AClaimedLengthReservesNothing) {
  const std::string whole = frame_of(std::string(kMaxFrameBytes, 'x'));
  FrameReader reader;
  reader.append(whole.substr(0, kFrameHeaderBytes + 1));
  std::string_view body;
  EXPECT_EQ(reader.next(body), FrameState::incomplete);
  EXPECT_EQ(reader.buffered(), kFrameHeaderBytes + 1);
}

TEST(FrameReader, ZerosAreNotFrames) {
  FrameReader reader;
  reader.append(std::string(100, '\0'));
  std::string_view body;
  EXPECT_EQ(reader.next(body), FrameState::damaged);
}

TEST(FrameReader, RandomBytesAreSafe) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random.below(100), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    FrameReader reader;
    reader.append(bytes);
    std::string_view body;
    EXPECT_NE(reader.next(body), FrameState::complete);
  }
}

// The example of the documents: protocol version 1 begins with these bytes.
TEST(Frame, HasTheDocumentedForm) {
  const std::string bytes = frame_of("abc");
  EXPECT_EQ(bytes.substr(0, 4), std::string("\x03\0\0\0", 4));
  EXPECT_EQ(bytes.size(), 15U);
  EXPECT_EQ(bytes.substr(12), "abc");
}

}  // namespace
}  // namespace holdfast::node
