#include "node/codec/event_codec.h"

#include <gtest/gtest.h>

#include "node/codec/arbitrary.h"

namespace holdfast::node {
namespace {

TEST(EventCodec, RoundTrips) {
  Arbitrary arbitrary(1);
  for (int i = 0; i < 2000; ++i) {
    Event before;
    before.at.steady = SteadyTime(arbitrary.make<Duration>());
    before.at.wall = WallTime(arbitrary.make<Duration>());
    before.kind = static_cast<EventKind>(arbitrary.random().below(12));
    before.peer = arbitrary.random().chance(1, 4) ? kNoNode : arbitrary.make<NodeId>() & 0xfff;
    if (arbitrary.random().chance(1, 2)) before.id = arbitrary.make<OperationId>();
    if (arbitrary.random().chance(1, 2)) before.version = arbitrary.make<Version>();
    before.sequence = arbitrary.make<std::uint64_t>();
    before.detail = arbitrary.make<std::uint64_t>();
    std::string line;
    encode_line(before, line);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    ASSERT_EQ(line.find('\n'), std::string::npos);
    const Result<Event> after = decode_event(line);
    ASSERT_TRUE(after.has_value()) << after.error().message;
    ASSERT_EQ(after->at.steady, before.at.steady);
    ASSERT_EQ(after->at.wall, before.at.wall);
    ASSERT_EQ(after->kind, before.kind);
    ASSERT_EQ(after->peer, before.peer);
    ASSERT_EQ(after->id, before.id);
    ASSERT_EQ(after->version, before.version);
    ASSERT_EQ(after->sequence, before.sequence);
    ASSERT_EQ(after->detail, before.detail);
  }
}

TEST(EventCodec, HasTheDocumentedForm) {
  const Event event{
      {SteadyTime(Duration(5)), WallTime(Duration(7))}, EventKind::peer_down, 2, {}, {}, 0, 0};
  std::string line;
  encode_line(event, line);
  EXPECT_EQ(line, "{\"steady_us\":5,\"wall_us\":7,\"event\":\"peer_down\",\"peer\":\"n3\"}\n");
}

TEST(EventCodec, ALineCutShortIsAnError) {
  Event event;
  event.version = {5, 6, 7, 8};
  std::string line;
  encode_line(event, line);
  for (std::size_t size = 0; size + 1 < line.size(); ++size) {
    EXPECT_FALSE(decode_event(line.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace holdfast::node
