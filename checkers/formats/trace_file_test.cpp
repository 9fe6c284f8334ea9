#include "checkers/formats/trace_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "checkers/formats/byte_source.h"
#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

Trace read(std::string_view text, Format format = Format::automatic) {
  Result<TraceFile> file = parse_trace(text, "h", {format});
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? std::move(file->trace) : Trace{};
}

std::string error_of(std::string_view text, Format format = Format::automatic) {
  const Result<TraceFile> file = parse_trace(text, "h", {format});
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

TEST(TraceFile, DetectsFormatsByContent) {
  EXPECT_EQ(detect_format("{\"index\":0}"), Format::jsonl);
  EXPECT_EQ(detect_format("[{\"index\" : 0}"), Format::jsonl);
  EXPECT_EQ(detect_format("; a comment\n[{:process 1"), Format::edn);
  EXPECT_EQ(detect_format("({:type :invoke"), Format::edn);
  EXPECT_EQ(detect_format("INFO  jepsen.util - 4\t:invoke\t:read\tnil"), Format::jepsen_log);
  EXPECT_EQ(detect_format("hello"), std::nullopt);
  EXPECT_EQ(detect_format(""), std::nullopt);
}

TEST(TraceFile, ReadsEdnInEveryShape) {
  const char* vector =
      "; two clients\n[{:process 0, :type :invoke, :f :write, :value 3}\n"
      " {:process :nemesis, :type :info, :f :start, :value nil}\n"
      " {:process 1 :type :invoke :f :cas :value [3 4] :time 17}\n"
      " {:process 0, :type :ok, :f :write, :value 3}, {:process 1, :type :info, :f :cas\n"
      "  :value [3 4], :error [:timed-out \"}\"]}]";
  const Trace trace = read(vector);
  ASSERT_EQ(trace.ops.size(), 2U);
  EXPECT_EQ(print(trace),
            "write 3 by process 0 [0, 2] 0\ncas 3 -> 4 by process 1 [1, unknown] 2\n");
  std::string lines(vector);
  std::replace(lines.begin(), lines.end(), '[', '(');
  EXPECT_FALSE(parse_trace(lines, "h"));  // the cas' value is no list any more
}

TEST(TraceFile, ReadsSetsAndIndependentKeys) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :add, :value [7 1]}\n"
      "{:process 0, :type :ok, :f :add, :value [7 1]}\n"
      "{:process 0, :type :invoke, :f :read, :value [7 nil]}\n"
      "{:process 0, :type :ok, :f :read, :value [7 #{1 2}]}\n");
  ASSERT_EQ(trace.ops.size(), 2U);
  EXPECT_EQ(trace.keys[trace.ops[0].key], "7");
  EXPECT_EQ(trace.data.elements(trace.ops[1].output).size(), 2U);
}

TEST(TraceFile, ReadsJepsensLog) {
  const Trace trace = read(
      "INFO  jepsen.core - Running test\n"
      "INFO  jepsen.util - 4\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 4\t:fail\t:read\t:timed-out\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
      "INFO  jepsen.util - 2\t:invoke\t:cas\t[2 4]\n"
      "INFO  jepsen.util - 2\t:info\t:cas\t:timed-out\n");
  ASSERT_EQ(trace.ops.size(), 2U);
  EXPECT_EQ(trace.ops[0].outcome, Outcome::fail);
  EXPECT_EQ(trace.ops[1].outcome, Outcome::info);
  EXPECT_EQ(trace.ops[1].output, Datum::of(4));
}

TEST(TraceFile, ReadsJsonLines) {
  const Trace trace = read(
      "{\"index\":0,\"time\":0,\"type\":\"phase\",\"value\":\"load\"}\n"
      "{\"index\":1,\"time\":12,\"process\":3,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"k1\","
      "\"value\":42,\"node\":\"n2\"}\n\n"
      "{\"index\":2,\"time\":15,\"process\":3,\"type\":\"ok\",\"f\":\"write\",\"key\":\"k1\","
      "\"value\":42,\"node\":\"n2\",\"version\":\"1700000000000000.0.n1.7\",\"acks\":[\"n1\"]}\n");
  ASSERT_EQ(trace.ops.size(), 1U);
  EXPECT_EQ(trace.ns(trace.ops[0].call), 12);
  EXPECT_EQ(trace.ns(trace.ops[0].ret), 15);
  EXPECT_EQ(trace.ops[0].node, 1);
  EXPECT_EQ(trace.keys[0], "k1");
  EXPECT_EQ(trace.phases[0], "load");
  ASSERT_EQ(trace.versions.size(), 1U);
  EXPECT_EQ(trace.versions[0].clock_us, 1'700'000'000'000'000);
}

TEST(TraceFile, TellsDeletesApartByTheirIds) {
  const char* text =
      "{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"delete\",\"key\":\"k\",\"id\":\"aa\"}"
      "\n"
      "{\"time\":2,\"process\":0,\"type\":\"ok\",\"f\":\"delete\",\"key\":\"k\",\"id\":\"aa\"}\n"
      "{\"time\":3,\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"k\"}\n"
      "{\"time\":4,\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"key\":\"k\",\"value\":null,"
      "\"id\":"
      "\"aa\"}\n";
  const Trace trace = read(text);
  ASSERT_EQ(trace.ops.size(), 2U);
  EXPECT_EQ(trace.ops[0].input, trace.ops[1].output);
  EXPECT_FALSE(trace.ops[0].input.is_nil());
}

TEST(TraceFile, SaysWhereAndWhatWasExpected) {
  EXPECT_EQ(error_of("{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :maybe,"
                     " :f :read}\n"),
            "h:2:37: expected type invoke, ok, fail or info");
  EXPECT_EQ(error_of("[{:process 0, :type :ok, :f :read, :value 1}]"),
            "h:1:2: process 0 completes an operation that it never invoked");
  EXPECT_EQ(error_of("{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"read\"\n\"x\":1}\n"),
            "h:2:1: expected a comma or }");
  EXPECT_EQ(error_of("[1 2 3]"), "h:1:2: expected an operation, a map that begins with {");
  EXPECT_EQ(error_of("{:process 0, :type :invoke, :f :fly}"),
            "h:1:37: expected a known f, such as read, write, cas, add, enqueue; "
            "not \"fly\"");
}

TEST(TraceFile, KeepsWhatPrecedesATornEnd) {
  const Result<TraceFile> file = parse_trace(
      "{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n{\"time\":2,"
      "\"pro",
      "h");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->trace.ops.size(), 1U);
  EXPECT_EQ(file->warnings.size(), 1U);
  EXPECT_FALSE(parse_trace("{\"time\":1,\"pro\n{\"time\":2}\n", "h"));
}

// What is written is read again the same, in every format that can hold it.
TEST(TraceFile, PrintsWhatItReads) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :write, :value 3}\n"
      "{:process 1, :type :invoke, :f :cas, :value [3 4]}\n"
      "{:process 2, :type :invoke, :f :read, :value nil}\n"
      "{:process 0, :type :ok, :f :write, :value 3}\n"
      "{:process 2, :type :ok, :f :read, :value 3}\n"
      "{:process 1, :type :fail, :f :cas, :value [3 4]}\n"
      "{:process 4, :type :invoke, :f :write, :value \"a b\"}\n");
  for (const Format format : {Format::edn, Format::jsonl, Format::jepsen_log}) {
    const std::string text = print_trace(trace, format);
    EXPECT_EQ(print(read(text)), print(trace)) << text;
  }
  const Trace keyed = read(
      "{:process 0, :type :invoke, :f :append, :key \"0\", :value \"x\"}\n"
      "{:process 0, :type :ok, :f :append, :key \"0\", :value \"x\"}\n"
      "{:process 0, :type :invoke, :f :get, :key \"0\", :value nil}\n"
      "{:process 0, :type :ok, :f :get, :key \"0\", :value \"x\"}\n");
  const std::string text = print_trace(keyed, Format::porcupine_kv);
  EXPECT_NE(text.find(":f :get, :key \"0\", :value \"x\""), text.npos) << text;
  EXPECT_EQ(print(read(text)), print(keyed));
  EXPECT_EQ(print(read(print_trace(keyed, Format::jsonl))), print(keyed));
  EXPECT_EQ(print(read(print_trace(keyed, Format::jepsen_log))), print(keyed));
  EXPECT_TRUE(can_print(keyed, Format::porcupine_kv));
  EXPECT_FALSE(can_print(trace, Format::porcupine_kv)) << "it has compare-and-sets";
  const Trace named = read("{:process :a, :type :invoke, :f :write, :value 1}\n");
  EXPECT_FALSE(can_print(named, Format::jepsen_log));
  EXPECT_TRUE(can_print(named, Format::edn));
}

// Its values are texts, and a read of nil found nothing.
TEST(TraceFile, DoesNotPrintListsAsPorcupinesTexts) {
  for (const char* value : {"[1 2]", "{:a 1}", "nil"}) {
    const Trace trace = read(std::string("{:process 0, :type :invoke, :f :read, :value nil}\n"
                                         "{:process 0, :type :ok, :f :read, :value ") +
                             value + "}\n");
    EXPECT_FALSE(can_print(trace, Format::porcupine_kv)) << value;
    EXPECT_TRUE(can_print(trace, Format::jepsen_table)) << value;
  }
}

// In Jepsen such a process ends; elsewhere it may go on.
TEST(TraceFile, PrintsProcessesThatGoOnAfterAnUnknownOutcome) {
  const Trace trace = read(
      "{:process 2, :type :invoke, :f :write, :value 1}\n"
      "{:process 2, :type :info, :f :write, :value 1}\n"
      "{:process 2, :type :invoke, :f :read, :value nil}\n"
      "{:process 2, :type :ok, :f :read, :value 1}\n"
      "{:process 2, :type :invoke, :f :write, :value 2}\n");
  for (const Format format : {Format::edn, Format::jsonl, Format::jepsen_log}) {
    const Trace again = read(print_trace(trace, format), format);
    ASSERT_EQ(again.ops.size(), 3U);
    EXPECT_EQ(again.ops[0].outcome, Outcome::info);
    EXPECT_EQ(again.ops[1].outcome, Outcome::ok);
    EXPECT_EQ(again.ops[2].outcome, Outcome::info);
  }
}

TEST(TraceFile, ReadsAndWritesCompressedFiles) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "{:process 0, :type :invoke, :f :write, :value " + std::to_string(i) + "}\n";
    text += "{:process 0, :type :ok, :f :write, :value " + std::to_string(i) + "}\n";
  }
  const std::string folder = ::testing::TempDir();
  for (const char* name : {"h.edn", "h.edn.gz", "h.edn.zst"}) {
    const std::string path = folder + name;
    ASSERT_TRUE(write_file(path, text));
    const Result<TraceFile> file = read_trace(path);
    ASSERT_TRUE(file) << name;
    EXPECT_EQ(file->trace.ops.size(), 20'000U) << name;
    EXPECT_EQ(std::filesystem::file_size(path) < text.size() / 4, std::string(name) != "h.edn");
    // A torn archive is an error, not a shorter history.
    if (std::string(name) != "h.edn") {
      std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
      EXPECT_FALSE(read_trace(path)) << name;
    }
    std::remove(path.c_str());
  }
  EXPECT_FALSE(read_trace(folder + "no such file"));
}

// The shapes in which other programs leave histories.
TEST(TraceFile, ReadsTaggedRecords) {
  const Trace trace = read(
      "[#jepsen.history.Op{:index 0, :time 5, :type :invoke, :process 0, :f :write, :value "
      "#jepsen.independent.MapEntry[:x 1.5]}\n"
      " #jepsen.history.Op {:index 1, :time 9, :type :ok, :process 0, :f :write, :value "
      "#jepsen.independent.MapEntry[:x 1.5], :at #inst \"2026-01-01\", :opts #:a{:b #{1}}}\n"
      " #jepsen.history.Op{:type :info, :process :nemesis-2, :f :kill, :value {\"n1\" :killed}}]");
  ASSERT_EQ(trace.ops.size(), 1U);
  EXPECT_EQ(describe(trace, trace.ops[0]), "write 1.5 of key :x by process 0 [5 ns, 9 ns]");
  EXPECT_EQ(trace.ns(trace.ops[0].ret), 9);
  EXPECT_EQ(read("#jepsen.history.Op{:type :invoke, :process 0, :f :read}").ops.size(), 1U);
  // What is discarded would count as an operation, and a set has no order.
  EXPECT_EQ(error_of("[#_{:process 0, :type :invoke, :f :read}]"),
            "h:1:3: expected no #_: what it discards cannot be told from operations");
  EXPECT_EQ(error_of("#{1 2}"), "h:1:3: expected a keyword");
}

TEST(TraceFile, ReadsNamesAsWordsKeywordsAndStrings) {
  const Trace trace = read(
      "{:process \"client 1\", :type \"invoke\", :f :my.app/write, :value :a/b}\n"
      "{:process worker-2, \"type\" :invoke, \"f\" \"read\", :value nil, :time nil}\n"
      "{:process \"client 1\", :type :ok, :f :my.app/write, :value :a/b}\n"
      "{:process worker-2, :type :ok, :f :read, :value :a/b}\n"
      "{:process nil, :type :info, :f :start}\n");
  EXPECT_EQ(print(trace),
            "write :a/b by process client 1 [0, 2] 0\nread :a/b by process worker-2 [1, 3] 0\n");
  EXPECT_EQ(print(read(print_trace(trace, Format::edn))), print(trace));
  EXPECT_EQ(read("{\"process\":\"a\",\"type\":\"invoke\",\"f\":\"read\",\"time\":1}\n"
                 "{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"kill\",\"time\":2}\n")
                .processes,
            std::vector<std::string>{"a"});
}

TEST(TraceFile, ReadsByteOrderMarksAndCarriageReturns) {
  const std::string edn =
      "\xef\xbb\xbf[{:process 0, :type :invoke, :f :write, :value 1}\r\n"
      "{:process 0, :type :ok, :f :write, :value 1}]\r\n";
  EXPECT_EQ(print(read(edn)), "write 1 by process 0 [0, 1] 0\n");
  EXPECT_EQ(
      print(read("\xef\xbb\xbf{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"time\":1}\r\n\r\n"
                 "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"time\":2,\"value\":7}\r\n")),
      "read 7 by process 0 [1 ns, 2 ns] 0\n");
  EXPECT_EQ(print(read("INFO  jepsen.util - 4\t:invoke\t:read\tnil\r\n"
                       "INFO  jepsen.util - 4\t:ok\t:read\t2\r\n")),
            "read 2 by process 4 [0, 1] 0\n");
}

TEST(TraceFile, RefusesWhatNobodyCanJudgeInOneLine) {
  EXPECT_EQ(error_of(""), "h: the file is empty: expected a history");
  EXPECT_EQ(error_of("{:process 0, :type :invoke, :f :txn, :value [[:append 1 2] [:r 2 nil]]}"),
            "h:1:72: expected one key a transaction: transactions on lists of several keys are not "
            "judged");
  EXPECT_EQ(error_of("{:process 0, :type :invoke, :f :txn, :value [[:inc 1 2]]}"),
            "h:1:58: expected a transaction, a list of [:r key value], [:w key value] and [:append "
            "key value]; not \"inc\": transactions of other types are not judged");
  EXPECT_EQ(error_of("{:process 0, :type :invoke, :f :txn, :value 3}"),
            "h:1:47: expected a transaction, a list of [:r key value], [:w key value] and [:append "
            "key value]");
  EXPECT_EQ(error_of("{:process a, :type :ok, :f :read}"),
            "h:1:1: process a completes an operation that it never invoked");
}

// A character needs one; printed, the backslash would take what follows it.
TEST(TraceFile, RefusesABackslashAtTheEnd) {
  EXPECT_NE(error_of("INFO  jepsen.util - 4\t:invoke\t:write\t\\\n").find("expected a value"),
            std::string::npos);
  EXPECT_NE(
      error_of("{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"delete\",\"key\":a\\}\n\n")
          .find("expected a name in quotes"),
      std::string::npos);
}

// A pair that is a value, where other events had shown that it is no [key value].
TEST(TraceFile, PrintsPairsThatAreValues) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :write, :value 7}\n"
      "{:process 0, :type :ok, :f :write, :value 7}\n"
      "{:process 1, :type :invoke, :f :add, :value [2 3]}\n");
  EXPECT_EQ(trace.keys, std::vector<std::string>{""});
  Trace later = trace;
  later.ops.erase(later.ops.begin());
  for (const Format format : {Format::edn, Format::jsonl}) {
    const Trace again = read(print_trace(later, format));
    EXPECT_EQ(again.keys, std::vector<std::string>{""});
    ASSERT_EQ(again.ops.size(), 1u);
    EXPECT_EQ(again.data.text(again.ops[0].input), "[2 3]");
  }
}

TEST(TraceFile, PrintsTransactionsAmongOperationsOnKeys) {
  const Trace trace =
      read(R"({"time":1,"process":0,"type":"invoke","f":"txn","value":[["r","x",null]]})"
           "\n"
           R"({"time":2,"process":1,"type":"invoke","f":"write","key":"k","value":1})"
           "\n");
  for (const Format format : {Format::edn, Format::jsonl}) {
    const Trace again = read(print_trace(trace, format));
    EXPECT_EQ(again.keys, trace.keys);
    EXPECT_EQ(again.data.text(again.ops[0].input), trace.data.text(trace.ops[0].input));
  }
}

// Printed as EDN, the second would be a character and swallow its bracket.
TEST(TraceFile, TakesOnlyNumbersAndWordsUnquotedInJson) {
  for (const char* value : {"2+\xbb", "t\\", "a'", "12NN", "true1"}) {
    const std::string line =
        "{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":";
    EXPECT_TRUE(
        error_of(line + value + "}\n\n").ends_with("expected a number, true, false or null"))
        << error_of(line + value + "}\n\n");
    EXPECT_TRUE(error_of(line + "[" + value + "]}\n\n")
                    .ends_with("expected a number, true, false or null"));
  }
}

// What does not end a map: brackets in comments and as characters.
TEST(TraceFile, ReadsCommentsAndCharactersInsideMaps) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :write, :value {:a ; }\n 1} :c \\{}\n"
      "{:process 1, :type :invoke, :f :write, :value \\;}\n"
      "{:process 0, :type :ok, :f :write, :value {:a ; }\n 1}}\n");
  EXPECT_EQ(print(trace),
            "write {:a 1} by process 0 [0, 2] 0\nwrite \\; by process 1 [1, unknown] 2\n");
  for (const Format format : {Format::edn, Format::jsonl}) {
    EXPECT_EQ(read(print_trace(trace, format), format).ops.size(), 2U);
  }
}

// Equal lists are equal values, wherever they come from.
TEST(TraceFile, KeepsListsOnce) {
  const Trace trace = read(
      "{:process 0, :type :invoke, :f :write, :value [1 2 3]}\n"
      "{:process 0, :type :ok, :f :write, :value [1 2 3]}\n"
      "{:process 0, :type :invoke, :f :read, :value nil}\n"
      "{:process 0, :type :ok, :f :read, :value (1 2 3)}\n");
  ASSERT_EQ(trace.ops.size(), 2U);
  EXPECT_EQ(trace.ops[0].input, trace.ops[1].output);
}

// Damaged bytes give an error or a history, never a crash.
TEST(TraceFile, SurvivesDamage) {
  const std::string good =
      "[{:process 0, :type :invoke, :f :write, :value 3, :x {:a [1 #{2 \"q\\\"\"}]}}\n"
      " {:process 0, :type :ok, :f :write, :value 3}]";
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::size_t at = random.below(text.size());
      text[at] = "[]{}()#\"\\:;, \n019ax_\0\xff"[random.below(22)];
    }
    for (const Format format :
         {Format::automatic, Format::edn, Format::jsonl, Format::jepsen_log}) {
      (void)parse_trace(text, "h", {format}).has_value();
    }
  }
}

}  // namespace
}  // namespace holdfast::checkers
