#include "bench/run_checkers.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "checkers/checker.h"
#include "checkers/history_file.h"
#include "checkers/write_index.h"
#include "node/base/random.h"

namespace holdfast::bench {
namespace {

using namespace checkers;

constexpr std::uint16_t kNodes = 5;

// Of processor time: other work on the machine does not count.
class Stopwatch {
 public:
  double seconds() const {
    return static_cast<double>(std::clock() - start_) / static_cast<double>(CLOCKS_PER_SEC);
  }

 private:
  std::clock_t start_ = std::clock();
};

// Half reads, half writes, 64 clients; one operation in 200 is of unknown outcome, one read in 50
// is stale.
History make_history(std::uint64_t operations, std::uint64_t keys) {
  Random random(1);
  History history;
  history.operations.reserve(operations);
  history.phases.push_back({"load", 0});
  for (std::uint64_t key = 0; key < keys; ++key) history.keys.intern("k" + std::to_string(key));
  std::vector<OperationIndex> newest(keys, kNoOperation), before(keys, kNoOperation);
  std::int64_t now_ns = 1'000'000'000;
  for (std::uint64_t i = 0; i < operations; ++i) {
    Operation& operation = history.operations.emplace_back();
    now_ns += 50'000;
    operation.invoked_ns = now_ns;
    operation.completed_ns = now_ns + random.between(1, 3'000'000);
    operation.process = static_cast<std::uint32_t>(i % 64);
    operation.key = static_cast<KeyId>(random.below(keys));
    operation.node = static_cast<NodeId>(random.below(kNodes));
    for (NodeId copy = 0; copy < 2; ++copy) {
      operation.copies.add({static_cast<NodeId>((operation.key + copy) % kNodes), kNoNode});
    }
    operation.outcome = Outcome::ok;
    if (i % 2 == 0) {
      operation.function = Function::write;
      operation.value = static_cast<std::int64_t>(i);
      operation.id = {42, i + 1};
      operation.version = {now_ns / 1000, 0, operation.node, 1};
      if (random.chance(1, 200)) {
        operation.outcome = Outcome::info;
        operation.error = ErrorCode::timeout;
        operation.version = {};
        operation.copies = {};
      } else {
        before[operation.key] = newest[operation.key];
        newest[operation.key] = static_cast<OperationIndex>(i);
      }
      continue;
    }
    operation.function = Function::read;
    const bool stale = random.chance(1, 50);
    const OperationIndex seen = stale ? before[operation.key] : newest[operation.key];
    if (seen == kNoOperation) continue;
    const Operation& write = history.operations[seen];
    operation.value = write.value;
    operation.version = write.version;
    operation.id = write.id;
  }
  return history;
}

FinalState make_state(const History& history) {
  FinalState state(kNodes);
  state.set_time(history.operations.back().invoked_ns + 60'000'000'000);
  for (NodeId node = 0; node < kNodes; ++node) state.mark_dumped(node);
  std::vector<OperationIndex> newest(history.keys.size(), kNoOperation);
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (operation.is_write() && operation.outcome == Outcome::ok) newest[operation.key] = i;
  }
  for (KeyId key = 0; key < history.keys.size(); ++key) {
    std::vector<NodeId> owners;
    for (KeyId i = 0; i < 3; ++i) owners.push_back(static_cast<NodeId>((key + i) % kNodes));
    state.set_owners(key, owners);
    if (newest[key] == kNoOperation) continue;
    const Operation& write = history.operations[newest[key]];
    for (const NodeId owner : owners) {
      state.add_row(owner, key, {write.version, write.id, write.value, false});
    }
  }
  return state;
}

std::string write_text(const History& history) {
  std::string text;
  std::uint64_t index = 0;
  append_phase(text, index++, 0, "load");
  for (const Operation& operation : history.operations) {
    // Completions follow their invocations at once: a file's clock never goes back.
    Operation at_once = operation;
    at_once.completed_ns = operation.invoked_ns;
    append_invoke(text, index++, operation, history.keys.name(operation.key));
    append_completion(text, index++, at_once, history.keys.name(operation.key));
  }
  return text;
}

}  // namespace

void measure_run_checkers(std::uint64_t operations, std::uint64_t keys) {
  const auto millions = static_cast<double>(operations) / 1e6;
  const History history = make_history(operations, keys);
  const FinalState state = make_state(history);
  std::printf("%.1f million operations, %zu keys\n", millions, history.keys.size());
  std::printf("  memory: history %.0f bytes an operation, final state %.1f bytes a row\n",
              static_cast<double>(sizeof(Operation)),
              static_cast<double>(state.bytes()) / (3.0 * static_cast<double>(keys)));

  Stopwatch watch;
  const std::string text = write_text(history);
  double took = watch.seconds();
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  std::printf("  format       %6.2f s  %7.2f million operations/s  %6.0f MB/s\n", took,
              millions / took, megabytes / took);

  const std::string path = std::filesystem::temp_directory_path() / "checkers_bench.jsonl";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) {
    std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
    std::exit(255);
  }
  std::fclose(file);
  watch = {};
  const auto read = read_history(path);
  took = watch.seconds();
  std::filesystem::remove(path);
  if (!read || read->history.operations.size() != operations) {
    std::fprintf(stderr, "the history was not read back\n");
    std::exit(255);
  }
  std::printf("  read         %6.2f s  %7.2f million operations/s  %6.0f MB/s\n", took,
              millions / took, megabytes / took);

  const Facts facts;
  const Inputs inputs{history, state, {}, facts};
  watch = {};
  const WriteIndex writes(history);
  took = watch.seconds();
  double all = took;
  std::printf("  %-12s %6.2f s  %7.2f million operations/s\n", "index", took, millions / took);
  for (const Checker& checker : all_checkers()) {
    watch = {};
    const CheckResult result = checker.check(inputs, writes);
    took = watch.seconds();
    all += took;
    std::printf("  %-12s %6.2f s  %7.2f million operations/s  %s, %zu anomalies\n",
                std::string(checker.name).c_str(), took, millions / took,
                std::string(to_string(result.verdict)).c_str(), result.anomalies.size());
  }
  std::printf("  %-12s %6.2f s  %7.2f million operations/s\n", "all", all, millions / all);
}

}  // namespace holdfast::bench
