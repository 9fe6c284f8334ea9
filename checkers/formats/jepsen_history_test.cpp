#include "checkers/formats/jepsen_history.h"

#include <gtest/gtest.h>

#include <string>

#include "checkers/formats/testing/store_writer.h"
#include "checkers/formats/trace_file.h"

namespace holdfast::checkers {
namespace {

const std::string kFolder =
    std::string(HOLDFAST_SOURCE_DIR) + "/checkers/formats/testdata/jepsen-store/";

// Every operation with its outcome, and the times.
std::string print(const Trace& trace) {
  std::string out;
  for (const Op& op : trace.ops) {
    out += describe(trace, op) + " " + std::to_string(static_cast<int>(op.outcome)) + " at " +
           std::to_string(trace.has_times() ? trace.ns(op.call) : -1) + "\n";
  }
  return out;
}

std::string read(std::string_view bytes) {
  const Result<TraceFile> file = parse_trace(bytes, "s");
  if (!file) return file.error().message;
  EXPECT_EQ(file->format, Format::jepsen_store);
  std::string out = print(file->trace);
  for (const std::string& warning : file->warnings) out += warning + "\n";
  return out;
}

std::string read_edn(std::string_view text) {
  const Result<TraceFile> file = parse_trace(text, "h", {Format::edn});
  return file ? print(file->trace) : file.error().message;
}

constexpr std::string_view kHistory =
    "{:time 5, :type :invoke, :process 0, :f :write, :value 3}\n"
    "{:time 70000, :type :info, :process :nemesis, :f :start, :value nil}\n"
    "{:time 80000, :type :invoke, :process 1, :f :read, :value nil}\n"
    "{:time 90000000, :type :ok, :process 0, :f :write, :value 3}\n"
    "{:time 90000001, :type :ok, :process 1, :f :read, :value 3}\n"
    "{:time 90000002, :type :invoke, :process 0, :f :cas, :value [3 4]}\n"
    "{:time 99000000000, :type :info, :process 0, :f :cas, :value [3 4], :error \"timeout\"}\n";

// Files of Jepsen 0.3.14 and 0.2.7, beside the history.edn that Jepsen printed of each.
TEST(JepsenHistory, ReadsWhatJepsenWrote) {
  for (const char* file : {"aborted/test.jepsen", "set/test.jepsen", "v0-independent/test.jepsen",
                           "v0-independent/test.fressian"}) {
    const std::string path = kFolder + file;
    const Result<TraceFile> store = read_trace(path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(store->format, Format::jepsen_store);
    EXPECT_TRUE(store->warnings.empty());
    const Result<TraceFile> edn = read_trace(path.substr(0, path.rfind('/')) + "/history.edn");
    ASSERT_TRUE(edn) << edn.error().message;
    EXPECT_EQ(print(store->trace), print(edn->trace)) << file;
    EXPECT_GT(store->trace.ops.size(), 20U);
  }
}

TEST(JepsenHistory, ReadsHistoriesOfManyChunks) {
  const std::string expected = read_edn(kHistory);
  for (std::size_t chunk = 1; chunk < 9; ++chunk) {
    EXPECT_EQ(read(jepsen_store(kHistory, {.chunk = chunk})), expected) << chunk;
  }
  EXPECT_EQ(read(jepsen_store(kHistory, {.operations_as_maps = true})), expected);
}

TEST(JepsenHistory, ReadsARunThatWasKilled) {
  const std::string killed = jepsen_store(kHistory, {.chunk = 2, .unsealed = 3});
  const std::string warning =
      "the run was killed: 4 events of its history were saved; the 3 that follow are read too, "
      "without a checksum\n";
  EXPECT_EQ(read(killed), read_edn(kHistory) + warning);
  // Torn within its last event, and before the first of the chunk.
  EXPECT_EQ(read(killed.substr(0, killed.size() - 3)),
            read_edn(kHistory) +
                "the run was killed: 4 events of its history were saved; the 2 that follow are "
                "read too, without a checksum\n");
  // Other bytes behind the index are none of the history.
  EXPECT_EQ(read(jepsen_store(kHistory) + std::string(100, 'x')), read_edn(kHistory));
}

// A type of its own says what is a key: a plain list of two elements is a value.
TEST(JepsenHistory, KnowsKeysFromValues) {
  constexpr std::string_view kPairs =
      "{:type :invoke, :process 0, :f :write, :value [1 7]}\n"
      "{:type :ok, :process 0, :f :write, :value [1 7]}\n";
  EXPECT_EQ(read(jepsen_store(kPairs)), "write [1 7] by process 0 [0, 1] 0 at -1\n");
  EXPECT_EQ(read(jepsen_store(kPairs, {.pairs = true})),
            "write 7 of key 1 by process 0 [0, 1] 0 at -1\n");
}

TEST(JepsenHistory, RefusesWhatIsDamaged) {
  const std::string store = jepsen_store(kHistory, {.chunk = 3});
  const std::string whole = read(store);
  ASSERT_EQ(whole, read_edn(kHistory));
  for (std::size_t size = 6; size < store.size(); ++size) {
    EXPECT_TRUE(read(store.substr(0, size)).starts_with("s: ")) << size;
  }
  std::size_t noticed = 0;
  for (std::size_t i = 6; i < store.size(); ++i) {
    std::string flipped = store;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    const std::string result = read(flipped);
    noticed += result.starts_with("s: ");
    // What is dead changes nothing.
    EXPECT_TRUE(result == whole || result.starts_with("s: ")) << i << "\n" << result;
    EXPECT_EQ(result.find('\n', 3) == result.npos, result != whole) << result;
  }
  EXPECT_GT(noticed, store.size() - 40);  // all but the first block, which is in no index
}

TEST(JepsenHistory, SaysWhatIsWrong) {
  EXPECT_EQ(read("JEPSEN"), "s: at byte 6: expected a header of 18 bytes; the file ends here");
  std::string store = jepsen_store(kHistory);
  store.replace(6, 4, std::string("\0\0\0\7", 4));
  EXPECT_EQ(read(store), "s: at byte 6: expected version 0 or 1 of Jepsen's stores; found 7");
  store = jepsen_store(kHistory);
  store.replace(10, 8, std::string(8, '\0'));
  EXPECT_EQ(read(store), "s: expected an index: the run ended before Jepsen wrote one");
  EXPECT_EQ(read(jepsen_store("")),
            "s: no operation found: expected a history with invocations of clients");
  EXPECT_EQ(read("\xc0\xe6\xca\xf7\xdb"
                 "a\1"),
            "s: expected a test with a :history");
  EXPECT_EQ(read(jepsen_store("{:type :ok, :process 0, :f :read, :value 1}")),
            "s: at byte 154: process 0 completes an operation that it never invoked");
}

}  // namespace
}  // namespace holdfast::checkers
