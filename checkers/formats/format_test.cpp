#include "checkers/formats/format.h"

#include <gtest/gtest.h>

#include <string>

#include "checkers/formats/operation_time.h"
#include "checkers/formats/trace_file.h"

namespace holdfast::checkers {
namespace {

Trace read(std::string_view text, const ReadOptions& options = {}) {
  Result<TraceFile> file = parse_trace(text, "h", options);
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? std::move(file->trace) : Trace{};
}

std::string error_of(std::string_view text, const ReadOptions& options = {}) {
  const Result<TraceFile> file = parse_trace(text, "h", options);
  EXPECT_FALSE(file);
  return file ? "" : file.error().message;
}

std::string print(const Trace& trace) {
  std::string out;
  for (const Op& op : trace.ops) {
    out += describe(trace, op) + " " + std::to_string(static_cast<int>(op.outcome)) + "\n";
  }
  return out;
}

TEST(Format, IsToldByTheFirstRecord) {
  const auto told = [](std::string_view head) {
    const auto layout = detect_layout(head);
    return layout ? std::string(name_of(layout->format)) : "none";
  };
  EXPECT_EQ(told("[0 :invoke :write 3]\n"), "edn");
  EXPECT_EQ(told("[[0 :invoke :write 3]\n [0 :ok :write 3]]"), "edn");
  EXPECT_EQ(told("[0,\"invoke\",\"write\",3]\n"), "jsonl");
  EXPECT_EQ(told("{\"message\":\"0\\t:invoke\\t:read\\tnil\",\"level\":\"INFO\"}\n"), "jepsen-log");
  EXPECT_EQ(told("0\t:invoke\t:write\t1\n"), "jepsen-table");
  EXPECT_EQ(told("set up\nINFO [2025-03-02 09:14:07,101] jepsen worker 0 - jepsen.util 0\t:invoke\t"
                 ":write\t1\n"),
            "jepsen-log");
  EXPECT_EQ(told("{\"process\":0,\"start\":1,\"end\":2}"), "operations");
  EXPECT_EQ(told("{:process 0, :call 1, :return 2}"), "operations");
  EXPECT_EQ(told("{\"process\":0,\"type\":\"invoke\"}"), "jsonl");
}

// A process and a type in the middle of a message are no operation.
TEST(Format, TakesOnlyOperationsFromLogs) {
  const Trace trace = read(
      "WARN [2025-03-02 09:14:07,101] jepsen worker 0 - jepsen.core Process 1 :crashed\n"
      "INFO [2025-03-02 09:14:07,101] jepsen worker 0 - jepsen.util 0\t:invoke\t:write\t[1 "
      "\":ok\"]\n"
      "java.lang.Exception: 4 :ok\n"
      "INFO [2025-03-02 09:14:07,101] jepsen worker 0 - jepsen.util 0\t:info\t:write\t#object[x\n"
      "INFO [2025-03-02 09:14:07,101] jepsen worker 1 - jepsen.util 1\t:invoke\t:read\tnil\n");
  EXPECT_EQ(print(trace),
            "write [1 \":ok\"] by process 0 [0, unknown] 2\nread by process 1 [2, unknown] 2\n");
}

TEST(Format, ReadsVectors) {
  EXPECT_EQ(
      print(read("[[0 :invoke :cas [1 2]] [0 :fail :cas [1 2] :no]\n [:nemesis :info :kill nil]]")),
      "cas 1 -> 2 by process 0 [0, 1] 1\n");
  EXPECT_EQ(print(read("[0,\"invoke\",\"read\",null]\n[0,\"ok\",\"read\",3]\n")),
            "read 3 by process 0 [0, 1] 0\n");
}

TEST(Keys, AreThereOnlyIfEveryInvocationHasOne) {
  const char* writes =
      "{:process 0, :type :invoke, :f :write, :value [1 8]}\n"
      "{:process 0, :type :ok, :f :write, :value [1 8]}\n";
  const auto after = [&](const std::string& events) { return writes + events; };
  EXPECT_EQ(read(after("{:process 1, :type :invoke, :f :read, :value nil}\n")).keys,
            std::vector<std::string>{""});
  const std::string keyed = after(
      "{:process 1, :type :invoke, :f :read, :value [1 nil]}\n"
      "{:process 1, :type :ok, :f :read, :value [1 8]}\n");
  EXPECT_EQ(read(keyed).keys, std::vector<std::string>{"1"});
  EXPECT_EQ(read(keyed, {.keys = KeyRule::none}).keys, std::vector<std::string>{""});
  // What came back is of another key, or of none.
  for (const char* value : {"8", "[2 8]"}) {
    EXPECT_EQ(read(after(std::string("{:process 1, :type :invoke, :f :read, :value [1 nil]}\n"
                                     "{:process 1, :type :ok, :f :read, :value ") +
                         value + "}\n"))
                  .keys,
              std::vector<std::string>{""})
        << value;
  }
  const Trace by_hand = read(after("{:process 1, :type :invoke, :f :read, :value nil}\n"
                                   "{:process 1, :type :ok, :f :read, :value [1 8]}\n"),
                             {.keys = KeyRule::pairs});
  EXPECT_EQ(print(by_hand),
            "write 8 of key 1 by process 0 [0, 1] 0\nread 8 of key 1 by process 1 [2, 3] 0\n");
  // A number and a text are two keys.
  EXPECT_EQ(read(after("{:process 1, :type :invoke, :f :write, :value [\"1\" 9]}\n")).keys.size(),
            2U);
}

TEST(Keys, OfCompareAndSetsComeInThreeShapes) {
  for (const char* value : {"[:k [1 2]]", "[:k 1 2]"}) {
    const Trace trace = read(std::string("{:process 0, :type :invoke, :f :cas, :value ") + value +
                             "}\n{:process 0, :type :ok, :f :cas, :value " + value + "}\n");
    EXPECT_EQ(print(trace), "cas 1 -> 2 of key :k by process 0 [0, 1] 0\n");
  }
  EXPECT_EQ(print(read("{:process 0, :type :invoke, :f :cas, :value [1 2]}\n")),
            "cas 1 -> 2 by process 0 [0, unknown] 2\n");
}

TEST(Order, IsThatOfIndexesOfTheFileOrOfTimes) {
  const std::string mixed =
      "{\"index\":3,\"type\":\"ok\",\"process\":1,\"f\":\"read\",\"value\":7}\n"
      "{\"index\":0,\"type\":\"invoke\",\"process\":0,\"f\":\"write\",\"value\":7}\n"
      "{\"index\":2,\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
      "{\"index\":1,\"type\":\"ok\",\"process\":0,\"f\":\"write\",\"value\":7}\n";
  EXPECT_EQ(print(read(mixed)), "write 7 by process 0 [0, 1] 0\nread 7 by process 1 [2, 3] 0\n");
  // The index of an operation is no place of an event.
  EXPECT_EQ(print(read("{\"index\":1,\"type\":\"invoke\",\"process\":0,\"f\":\"read\"}\n"
                       "{\"index\":2,\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
                       "{\"index\":1,\"type\":\"ok\",\"process\":0,\"f\":\"read\",\"value\":5}\n")),
            "read 5 by process 0 [0, 2] 0\nread by process 1 [1, unknown] 2\n");
  const std::string back =
      "{:process 0, :type :invoke, :f :write, :value 1, :time 50}\n"
      "{:process 0, :type :ok, :f :write, :value 1, :time 60}\n"
      "{:process 1, :type :invoke, :f :read, :value nil, :time 10}\n"
      "{:process 1, :type :ok, :f :read, :value nil, :time 20}\n";
  const Result<TraceFile> file = parse_trace(back, "h");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->warnings.size(), 1U);
  EXPECT_NE(file->warnings[0].find("goes back 1 times, first in line 3"), std::string::npos);
  EXPECT_EQ(file->trace.ops[0].action, Action::write);
  const Trace by_time = read(back, {.order = Order::time});
  EXPECT_EQ(by_time.ops[0].action, Action::read);
  EXPECT_LT(by_time.ops[0].ret, by_time.ops[1].call);
}

TEST(Names, OfFieldsAreMapped) {
  const std::string text =
      "{\"type\":\"invoke\",\"f\":\"write\",\"val\":\"41\",\"client\":3}\n"
      "{\"type\":\"ok\",\"f\":\"write\",\"val\":41,\"client\":3}\n";
  const FieldNames names = {{"process", "client"}, {"value", "val"}};
  EXPECT_EQ(print(read(text, {.names = names})), "write \"41\" by process 3 [0, 1] 0\n");
  EXPECT_EQ(print(read(text, {.names = names, .text_numbers = true})),
            "write 41 by process 3 [0, 1] 0\n");
  EXPECT_EQ(error_of(text),
            "h:1:52: expected a process; the fields are type, f, val, client: --map process=NAME "
            "says which is it");
}

TEST(Nothing, IsSaid) {
  EXPECT_NE(error_of("INFO jepsen.core - Hello\nINFO jepsen.core - Bye\n")
                .find("h: no operation found in 2 lines; expected"),
            std::string::npos);
}

// Whatever order a program prints them in.
TEST(Values, OfMapsAndSetsHaveNoOrder) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :write, :value {:a 1, :b #{1 2}}}\n"
      "{:process 0, :type :ok, :f :write, :value {:a 1, :b #{1 2}}}\n"
      "{:process 0, :type :invoke, :f :read, :value nil}\n"
      "{:process 0, :type :ok, :f :read, :value {:b #{2 1}   :a 1}}\n");
  EXPECT_EQ(trace.ops[0].input, trace.ops[1].output);
}

TEST(Transactions, NeedNoF) {
  EXPECT_EQ(print(read("{:process 0, :type :invoke, :value [[:r :a nil]]}\n"
                       "{:process 0, :type :ok, :value [[:r :a 2]]}\n"
                       "{:process 0, :type :invoke, :f :read, :value [[:r :a nil] [:r :b nil]]}\n"
                       "{:process 0, :type :ok, :f :read, :value [[:r :a 2] [:r :b 3]]}\n")),
            "txn [[:r :a 2]] by process 0 [0, 1] 0\n"
            "txn [[:r :a 2] [:r :b 3]] by process 0 [2, 3] 0\n");
  const Trace lists = read(
      "{:process 0, :type :invoke, :f :txn, :value [[:append :a 1]]}\n"
      "{:process 1, :type :invoke, :f :txn, :value [[:r :b nil]]}\n");
  EXPECT_EQ(lists.keys, (std::vector<std::string>{":a", ":b"}));
  EXPECT_NE(error_of("{:process 0, :type :invoke, :f :txn, :value [[:append :a 1]]}\n"
                     "{:process 1, :type :invoke, :f :txn, :value [[:r :a nil] [:r :b nil]]}\n")
                .find("expected one key a transaction"),
            std::string::npos);
}

TEST(Operations, AreReadInManyWords) {
  EXPECT_EQ(
      print(read("{\"client_id\":7,\"op\":\"put\",\"key\":\"a\",\"value\":1,\"start_time\":0.5,"
                 "\"end_time\":1.25}\n"
                 "{\"client_id\":8,\"op\":\"get\",\"key\":\"a\",\"result\":1,\"start_time\":1,"
                 "\"end_time\":2}\n")),
      "write 1 of key a by process 7 [500 ms, 1.25 s] 0\n"
      "read 1 of key a by process 8 [1 s, 2 s] 0\n");
  // What has no return, or ended in an error, is of unknown outcome; only a failure is definite.
  EXPECT_EQ(
      print(read("{\"process\":1,\"f\":\"write\",\"value\":1,\"call\":1,\"return\":null}\n"
                 "{\"process\":2,\"f\":\"write\",\"value\":2,\"call\":2,\"return\":5,"
                 "\"error\":\"timeout\"}\n"
                 "{\"process\":3,\"f\":\"write\",\"value\":3,\"call\":3,\"return\":6,"
                 "\"type\":\"fail\"}\n"
                 "{\"process\":3,\"f\":\"cas\",\"old\":1,\"new\":2,\"call\":7,\"return\":8}\n")),
      "write 1 by process 1 [1, unknown] 2\nwrite 2 by process 2 [2, unknown] 2\n"
      "write 3 by process 3 [3, 6] 1\ncas 1 -> 2 by process 3 [7, 8] 0\n");
  // Operations of one process that overlap have processes of their own.
  EXPECT_EQ(print(read("{:process 1, :f :read, :value 1, :call 1, :return 5}\n"
                       "{:process 1, :f :read, :value 1, :call 3, :return 4}\n")),
            "read 1 by process 1 [1, 5] 0\nread 1 by process 1/1 [3, 4] 0\n");
  // A number given to what had no process is nobody else's name.
  EXPECT_EQ(read("{:f :read, :value 1, :call 1, :return 5}\n"
                 "{:process 0, :f :read, :value 1, :call 2, :return 4}\n")
                .processes,
            (std::vector<std::string>{"0", "0/"}));
  EXPECT_EQ(error_of("{\"process\":1,\"f\":\"read\",\"call\":9,\"return\":5}\n"),
            "h: operation 1: it returns before its call");
  EXPECT_EQ(error_of("{\"process\":1,\"f\":\"read\",\"call\":\"noon\",\"return\":5}\n"),
            "h:1:1: expected a time, such as 1700000000000000000, 12.5 or "
            "2026-01-02T03:04:05.678Z, not noon");
}

TEST(Operations, OfPorcupineHaveInputsAndOutputs) {
  const Trace trace = read(
      "{\"ClientId\":0,\"Input\":{\"Op\":0,\"Key\":\"a\"},\"Call\":1,\"Output\":{\"Value\":\"\"},"
      "\"Return\":2}\n"
      "{\"ClientId\":0,\"Input\":{\"Op\":2,\"Key\":\"a\",\"Value\":\"x\"},\"Call\":3,\"Output\":{},"
      "\"Return\":4}\n"
      "{\"ClientId\":1,\"Input\":{\"op\":2,\"arg1\":3,\"arg2\":4},\"Call\":5,\"Output\":{\"ok\":"
      "false,"
      "\"unknown\":false},\"Return\":6}\n"
      "{\"ClientId\":1,\"Input\":{\"op\":0},\"Call\":7,\"Output\":{\"unknown\":true},\"Return\":8}"
      "\n");
  EXPECT_EQ(print(trace),
            "read nil of key a by process 0 [1, 2] 0\nappend \"x\" of key a by process 0 [3, 4] 0\n"
            "cas 3 -> 4 by process 1 [5, 6] 1\nread by process 1 [7, unknown] 2\n");
}

TEST(Operations, OfEtcdAreRefusedWhereNobodyJudgesThem) {
  EXPECT_NE(
      error_of("{\"ClientId\":1,\"Input\":{\"Type\":\"leaseGrant\",\"LeaseGrant\":{\"LeaseID\":7}},"
               "\"Call\":1,\"Output\":{},\"Return\":2}\n")
          .find("expected a request to one key"),
      std::string::npos);
}

TEST(PointInTime, ReadsNumbersAndDates) {
  EXPECT_EQ(parse_point_in_time("17")->number, 17);
  EXPECT_FALSE(parse_point_in_time("17")->in_ns);
  EXPECT_EQ(parse_point_in_time("2.5")->number, 2'500'000'000);
  EXPECT_EQ(parse_point_in_time("1970-01-02T00:00:01.5Z")->number, 86'401'500'000'000);
  EXPECT_EQ(parse_point_in_time("1970-01-02T01:00:01.5+01:00")->number, 86'401'500'000'000);
  for (const char* bad : {"", "x", "1e9", "1970-13-01T00:00:00Z", "1970-01-02", "2.", "1 s"}) {
    EXPECT_FALSE(parse_point_in_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast::checkers
