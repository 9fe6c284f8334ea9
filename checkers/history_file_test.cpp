#include "checkers/history_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

constexpr std::string_view kInvoke =
    R"({"index":0,"time":123,"process":0,"type":"invoke","f":"write","key":"k17","value":42,"node":"n1","id":"000000000000000a000000000000000b"})";
constexpr std::string_view kOk =
    R"({"index":1,"time":456,"process":0,"type":"ok","f":"write","key":"k17","value":42,"node":"n1","id":"000000000000000a000000000000000b","version":"1700000000000000.0.n1.7","acks":["n1","n2","n4:n3"]})";

std::string lines(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) {
    text += line;
    text += '\n';
  }
  return text;
}

std::string error_of(std::string_view text) {
  const auto file = parse_history(text, "h");
  return file ? "none" : file.error().message;
}

TEST(HistoryFile, ReadsAnOperation) {
  const auto file = parse_history(lines({kInvoke, kOk}), "h");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->history.operations.size(), 1u);
  const Operation& operation = file->history.operations[0];
  EXPECT_EQ(operation.invoked_ns, 123);
  EXPECT_EQ(operation.completed_ns, 456);
  EXPECT_EQ(operation.function, Function::write);
  EXPECT_EQ(operation.outcome, Outcome::ok);
  EXPECT_EQ(file->history.keys.name(operation.key), "k17");
  EXPECT_EQ(operation.value, 42);
  EXPECT_EQ(operation.node, 0);
  EXPECT_EQ(operation.id, (OperationId{10, 11}));
  EXPECT_EQ(to_string(operation.version), "1700000000000000.0.n1.7");
  ASSERT_EQ(operation.copies.size(), 3u);
  EXPECT_EQ(operation.copies.all()[2], (Copy{3, 2}));
  EXPECT_TRUE(file->warnings.empty());
}

TEST(HistoryFile, ReadsPhases) {
  const auto file = parse_history(
      lines(
          {R"({"index":0,"time":0,"type":"phase","value":"load"})",
           R"({"index":1,"time":5,"process":0,"type":"invoke","f":"read","key":"a"})",
           R"({"index":2,"time":6,"process":0,"type":"ok","f":"read","key":"a","value":null})",
           R"({"index":3,"time":7,"type":"phase","value":"heal"})",
           R"({"index":4,"time":8,"process":0,"type":"invoke","f":"delete","key":"a"})",
           R"({"index":5,"time":9,"process":0,"type":"fail","f":"delete","key":"a","error":"unavailable"})"}),
      "h");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->history.phases.size(), 2u);
  EXPECT_EQ(file->history.phases[1].name, "heal");
  EXPECT_EQ(file->history.operations[0].phase, 0);
  EXPECT_EQ(file->history.operations[0].value, kNil);
  EXPECT_EQ(file->history.operations[1].phase, 1);
  EXPECT_EQ(file->history.operations[1].outcome, Outcome::fail);
  EXPECT_EQ(file->history.operations[1].error, ErrorCode::unavailable);
}

TEST(HistoryFile, OperationsWithoutCompletionAreUnknown) {
  const auto file = parse_history(lines({kInvoke}), "h");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->history.operations[0].outcome, Outcome::info);
  EXPECT_EQ(file->history.operations[0].completed_ns, kNever_ns);
  ASSERT_EQ(file->warnings.size(), 1u);
}

TEST(HistoryFile, EveryPrefixOfAKilledRunIsReadable) {
  const std::string text = lines({kInvoke, kOk});
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto file = parse_history(text.substr(0, size), "h");
    ASSERT_TRUE(file) << size << ": " << file.error().message;
    EXPECT_EQ(file->history.operations.size(), size >= kInvoke.size() ? 1u : 0u) << size;
  }
}

TEST(HistoryFile, ADamagedLineInTheMiddleNamesItsPlace) {
  std::string damaged(kOk);
  damaged.replace(damaged.find("456"), 3, "4x6");
  EXPECT_EQ(error_of(lines({kInvoke, damaged, kInvoke})), "h:2:19: expected a whole number");
  EXPECT_EQ(error_of(lines({"{\"index\":0,\"time\":1", kInvoke})),
            "h:1:1: expected a complete JSON object");
  EXPECT_EQ(error_of(lines({R"({"index":0,"time" 1})", kInvoke})),
            "h:1:19: expected well-formed JSON: a member, a comma or the end of the object");
  EXPECT_EQ(error_of(lines({R"({"time":1} {"time":2})", kInvoke})),
            "h:1:12: expected well-formed JSON: a member, a comma or the end of the object");
  EXPECT_EQ(error_of(lines({"hello", kInvoke})), "h:1:1: expected a complete JSON object");
  EXPECT_EQ(error_of(lines({"[1,2]", kInvoke})), "h:1:1: expected a complete JSON object");
}

TEST(HistoryFile, EveryMeaninglessValueHasAnError) {
  const auto with = [](std::string_view from, std::string_view to) {
    std::string line(kOk);
    line.replace(line.find(from), from.size(), to);
    return error_of(lines({kInvoke, line}));
  };
  EXPECT_NE(with("\"ok\"", "\"done\"").find("h:2:42: expected invoke, ok, fail, info or phase"),
            std::string::npos)
      << with("\"ok\"", "\"done\"");
  EXPECT_NE(with("\"n1\"", "\"x1\"").find("expected a node's name"), std::string::npos);
  EXPECT_NE(with("n4:n3", "n4:3").find("holder and destination"), std::string::npos);
  EXPECT_NE(with("0.n1.7", "0.n1").find("expected a version"), std::string::npos);
  EXPECT_NE(with("000b", "00b").find("32 hexadecimal digits"), std::string::npos);
  EXPECT_NE(with("42", "\"x\"").find("null or \"foreign\""), std::string::npos);
  EXPECT_NE(with("456", "12").find("a time not before"), std::string::npos);
  EXPECT_NE(with("\"process\":0", "\"process\":1").find("an invocation by this process"),
            std::string::npos);
  EXPECT_NE(with("\"process\":0", "\"process\":99999999").find("a process below"),
            std::string::npos);
  EXPECT_NE(with("k17", "k18").find("the function and key"), std::string::npos);
  EXPECT_NE(error_of(lines({kInvoke, kInvoke})).find("before its next one"), std::string::npos);
}

// What the writer writes, the reader reads: operations of every shape.
TEST(HistoryFile, ReadsWhatItWrites) {
  Random random(7);
  std::vector<Operation> written;
  std::string text;
  std::uint64_t index = 0;
  std::int64_t now_ns = 0;
  append_phase(text, index++, now_ns, "load \"quoted\"\n");
  for (int i = 0; i < 500; ++i) {
    Operation operation;
    operation.process = static_cast<std::uint32_t>(random.below(1000)) + 1000 * (i % 3);
    operation.invoked_ns = ++now_ns;
    operation.completed_ns = ++now_ns;
    operation.function = static_cast<Function>(random.below(3));
    operation.outcome = static_cast<Outcome>(random.below(3));
    operation.key = 0;
    operation.node = static_cast<NodeId>(random.below(5));
    if (operation.outcome != Outcome::ok) operation.error = ErrorCode::timeout;
    const bool read = operation.function == Function::read;
    if (operation.function == Function::write || (read && operation.outcome == Outcome::ok)) {
      operation.value = random.chance(1, 4) && read ? kNil : static_cast<std::int64_t>(i) - 20;
      if (read && random.chance(1, 9)) operation.value = kForeignValue;
    }
    if (!read || operation.outcome == Outcome::ok) operation.id = {random.next(), random.next()};
    if (operation.outcome == Outcome::ok) {
      operation.version.clock_us = random.between(1, 1'700'000'000'000'000);
      operation.version.counter = static_cast<std::uint32_t>(random.below(3));
      operation.version.incarnation = static_cast<std::uint32_t>(random.below(9));
      for (std::uint64_t n = random.below(4); n > 0; --n) {
        const auto node = static_cast<NodeId>(random.below(5));
        operation.copies.add({node, random.chance(1, 2) ? kNoNode : NodeId{2}});
      }
    }
    append_invoke(text, index++, operation, "key\t\"\\ 1");
    append_completion(text, index++, operation, "key\t\"\\ 1");
    written.push_back(operation);
  }
  const auto file = parse_history(text, "h");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->lines, index);
  EXPECT_EQ(file->history.phases[0].name, "load \"quoted\"\n");
  ASSERT_EQ(file->history.operations.size(), written.size());
  EXPECT_EQ(file->history.keys.name(0), "key\t\"\\ 1");
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Operation& a = written[i];
    const Operation& b = file->history.operations[i];
    EXPECT_EQ(std::tuple(a.invoked_ns, a.completed_ns, a.value, a.version, a.id, a.process),
              std::tuple(b.invoked_ns, b.completed_ns, b.value, b.version, b.id, b.process));
    EXPECT_EQ(std::tuple(a.function, a.outcome, a.error, a.node),
              std::tuple(b.function, b.outcome, b.error, b.node));
    EXPECT_TRUE(std::equal(a.copies.all().begin(), a.copies.all().end(), b.copies.all().begin(),
                           b.copies.all().end()));
  }
}

TEST(HistoryFile, ReadsFilesLargerThanItsBuffer) {
  const std::string path = testing::TempDir() + "large_history.jsonl";
  std::string text;
  Operation operation;
  operation.function = Function::write;
  operation.outcome = Outcome::ok;
  operation.version.clock_us = 1;
  constexpr std::int64_t kOperations = 20'000;  // about 5 MB
  for (std::int64_t i = 0; i < kOperations; ++i) {
    operation.invoked_ns = 2 * i;
    operation.completed_ns = 2 * i + 1;
    operation.value = i;
    operation.id = {1, static_cast<std::uint64_t>(i) + 1};
    append_invoke(text, 0, operation, "key" + std::to_string(i % 100));
    append_completion(text, 0, operation, "key" + std::to_string(i % 100));
  }
  std::ofstream(path, std::ios::binary) << text;
  const auto file = read_history(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->bytes, text.size());
  ASSERT_EQ(file->history.operations.size(), static_cast<std::size_t>(kOperations));
  for (std::int64_t i = 0; i < kOperations; ++i) {
    ASSERT_EQ(file->history.operations[i].value, i);
  }
  EXPECT_EQ(file->history.keys.size(), 100u);
  std::filesystem::remove(path);
}

TEST(HistoryFile, AMissingFileIsAnError) {
  const auto file = read_history("/nonexistent/history.jsonl");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message,
            "/nonexistent/history.jsonl: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace holdfast::checkers
