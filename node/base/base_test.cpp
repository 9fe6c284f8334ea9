#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/base/random.h"
#include "node/base/version.h"

namespace holdfast {
namespace {

TEST(NodeName, RoundTripsAndRefusesOthers) {
  for (const NodeId node : {0, 1, 9, 99}) EXPECT_EQ(parse_node_name(node_name(node)), node);
  for (const char* text : {"", "n", "n0", "n01", "x1", "n1x", "n99999999", "1"}) {
    EXPECT_FALSE(parse_node_name(text)) << text;
  }
}

TEST(OperationIdText, RoundTrips) {
  const OperationId id{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(to_string(id), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(parse_operation_id(to_string(id)), id);
  EXPECT_FALSE(parse_operation_id("0123"));
  EXPECT_FALSE(parse_operation_id("g123456789abcdeffedcba9876543210"));
}

TEST(VersionText, RoundTrips) {
  const Version version{1700000000000000, 3, 4, 7};
  EXPECT_EQ(to_string(version), "1700000000000000.3.n5.7");
  EXPECT_EQ(parse_version(to_string(version)), version);
  for (const char* text : {"", "1.2.n3", "1.2.3.4", "1.2.n3.4x", "a.2.n3.4"}) {
    EXPECT_FALSE(parse_version(text)) << text;
  }
}

TEST(VersionBytes, AreOrderedAsVersionsAre) {
  Random random(1);
  const auto draw = [&] {
    Version version;
    version.clock_us = static_cast<std::int64_t>(random.below(3)) << random.below(60);
    version.counter = static_cast<std::uint32_t>(random.below(300));
    version.node = static_cast<NodeId>(random.below(300));
    version.incarnation = static_cast<std::uint32_t>(random.below(3));
    return version;
  };
  for (int i = 0; i < 10000; ++i) {
    const Version a = draw();
    const Version b = draw();
    const EncodedVersion x = encode(a);
    const EncodedVersion y = encode(b);
    const int order = std::memcmp(x.data(), y.data(), x.size());
    EXPECT_EQ(order < 0, a < b);
    EXPECT_EQ(order == 0, a == b);
    EXPECT_EQ(decode_version({reinterpret_cast<const char*>(x.data()), x.size()}), a);
  }
}

// These numbers are the same on every machine and for ever: seeds in bug reports rest on them.
TEST(Random, GivesKnownNumbers) {
  Random random(42);
  const std::uint64_t first = random.next();
  const std::uint64_t second = random.next();
  EXPECT_EQ(Random(42).next(), first);
  EXPECT_NE(first, second);
  EXPECT_EQ(first, 6'667'968'346'354'703'667ULL);
}

TEST(Random, IsUniformAndStaysInBounds) {
  Random random(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t value = random.between(-3, 3);
    EXPECT_GE(value, -3);
    EXPECT_LE(value, 3);
  }
}

TEST(DeriveSeed, StreamsDiffer) {
  EXPECT_NE(derive_seed(1, "link", 0, 1), derive_seed(1, "link", 1, 0));
  EXPECT_NE(derive_seed(1, "link", 0, 1), derive_seed(1, "disk", 0, 1));
  EXPECT_NE(derive_seed(1, "link", 0, 1), derive_seed(2, "link", 0, 1));
}

// The one mapping that, if wrong, makes every verdict wrong: row by row.
TEST(ErrorTable, SaysWhatIsDefinite) {
  const auto definite = [](std::string_view name) { return is_definite(*parse_error_code(name)); };
  for (const char* name : {"timeout", "connection_lost", "interrupted", "quorum_failed"}) {
    EXPECT_FALSE(definite(name)) << name;
  }
  for (const char* name : {"refused", "unavailable", "overloaded", "starting", "storage_failed",
                           "invalid_request", "unsupported"}) {
    EXPECT_TRUE(definite(name)) << name;
  }
  EXPECT_FALSE(parse_error_code("no such error"));
}

}  // namespace
}  // namespace holdfast
