#include "node/codec/resp.h"

#include <gtest/gtest.h>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

using Kind = RespValue::Kind;

RespValue read(std::string_view bytes) {
  RespReader reader;
  reader.append(bytes);
  RespValue value;
  EXPECT_EQ(reader.next(value), RespState::complete) << bytes;
  RespValue rest;
  EXPECT_EQ(reader.next(rest), RespState::incomplete) << bytes;
  return value;
}

TEST(RespWriter, WritesBothVersions) {
  const auto write = [](RespVersion version) {
    std::string bytes;
    RespWriter writer(bytes, version);
    writer.map(1);
    writer.bulk("k");
    writer.array(4);
    writer.boolean(true);
    writer.null();
    writer.integer(-5);
    writer.simple("OK");
    writer.error("ERR two\r\nlines");
    return bytes;
  };
  EXPECT_EQ(write(RespVersion::v2),
            "*2\r\n$1\r\nk\r\n*4\r\n:1\r\n$-1\r\n:-5\r\n+OK\r\n-ERR two  lines\r\n");
  EXPECT_EQ(write(RespVersion::v3),
            "%1\r\n$1\r\nk\r\n*4\r\n#t\r\n_\r\n:-5\r\n+OK\r\n-ERR two  lines\r\n");
}

TEST(RespReader, ReadsScalars) {
  EXPECT_EQ(read("+OK\r\n").text, "OK");
  EXPECT_EQ(read("-ERR no\r\n").kind, Kind::error);
  EXPECT_EQ(read(":-42\r\n").integer, -42);
  EXPECT_EQ(read("$3\r\na\r\n\r\n").text, "a\r\n");
  EXPECT_EQ(read("$-1\r\n").kind, Kind::null);
  EXPECT_EQ(read("*-1\r\n").kind, Kind::null);
  EXPECT_EQ(read("_\r\n").kind, Kind::null);
  EXPECT_EQ(read("#t\r\n").integer, 1);
  EXPECT_EQ(read(",1.5\r\n").text, "1.5");
  EXPECT_EQ(read("!6\r\nERR no\r\n").kind, Kind::error);
  EXPECT_EQ(read("*0\r\n").kind, Kind::array);
}

TEST(RespReader, FieldsOfAMapInBothForms) {
  for (const std::string bytes : {"%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n",
                                  "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n"}) {
    const RespValue value = read(bytes);
    ASSERT_NE(value.field("a"), nullptr);
    EXPECT_EQ(value.field("a")->integer, 1);
    ASSERT_NE(value.field("b"), nullptr);
    EXPECT_EQ(value.field("b")->items.at(0).integer, 2);
    EXPECT_EQ(value.field("c"), nullptr);
  }
}

TEST(RespReader, RefusesDamage) {
  for (const std::string bytes : {"hello\r\n", "\r\n", ":x\r\n", "$-2\r\n", "$2\r\nabcd", "*x\r\n",
                                  "#x\r\n", "*99999999999\r\n", "$9999999999\r\n"}) {
    RespReader reader;
    reader.append(bytes);
    RespValue value;
    EXPECT_EQ(reader.next(value), RespState::damaged) << bytes;
    reader.append("+OK\r\n");
    EXPECT_EQ(reader.next(value), RespState::damaged) << bytes;
  }
}

TEST(RespReader, RefusesDeepNesting) {
  RespReader reader;
  for (int i = 0; i < 100; ++i) reader.append("*1\r\n");
  RespValue value;
  EXPECT_EQ(reader.next(value), RespState::damaged);
}

// A random value, written in both versions, is read back from arbitrary pieces.
void write_random(Random& random, RespWriter& writer, RespValue& expected, int depth) {
  switch (random.below(depth > 3 ? 3 : 4)) {
    case 0:
      expected.kind = Kind::text;
      expected.text = std::string(random.below(40), 'x');
      writer.bulk(expected.text);
      break;
    case 1:
      expected.kind = Kind::integer;
      expected.integer = static_cast<std::int64_t>(random.next());
      writer.integer(expected.integer);
      break;
    case 2:
      writer.null();
      break;
    default: {
      expected.kind = Kind::array;
      const std::uint64_t pairs = random.below(4);
      writer.map(pairs);
      for (std::uint64_t i = 0; i < 2 * pairs; ++i) {
        write_random(random, writer, expected.items.emplace_back(), depth + 1);
      }
    }
  }
}

bool same(const RespValue& a, const RespValue& b) {
  if (a.kind != b.kind || a.text != b.text || a.integer != b.integer) return false;
  if (a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  return true;
}

TEST(RespReader, ReadsWhatTheWriterWrote) {
  Random random(1);
  for (int round = 0; round < 500; ++round) {
    const RespVersion version = random.chance(1, 2) ? RespVersion::v2 : RespVersion::v3;
    std::vector<RespValue> sent(5);
    std::string stream;
    RespWriter writer(stream, version);
    for (RespValue& value : sent) write_random(random, writer, value, 0);
    RespReader reader;
    std::size_t received = 0;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random.below(30);
      reader.append(std::string_view(stream).substr(at, size));
      at += size;
      RespValue value;
      RespState state;
      while ((state = reader.next(value)) == RespState::complete) {
        ASSERT_LT(received, sent.size());
        ASSERT_TRUE(same(value, sent[received++]));
      }
      ASSERT_EQ(state, RespState::incomplete);
    }
    ASSERT_EQ(received, sent.size());
  }
}

TEST(RespReader, RandomBytesAreSafe) {
  Random random(2);
  const std::string alphabet = "*$%+-:_#,!0123456789\r\n\r\n\r\n";
  for (int i = 0; i < 50000; ++i) {
    std::string bytes(random.below(60), '\0');
    for (char& c : bytes) c = alphabet[random.below(alphabet.size())];
    RespReader reader;
    reader.append(bytes);
    RespValue value;
    while (reader.next(value) == RespState::complete) {
    }
  }
}

}  // namespace
}  // namespace holdfast::node
