#include "checkers/checker.h"

#include <array>

#include "checkers/availability.h"
#include "checkers/convergence.h"
#include "checkers/hint_ledger.h"
#include "checkers/latency.h"
#include "checkers/lost_writes.h"
#include "checkers/stale_reads.h"
#include "checkers/write_index.h"
#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<Checker, 6> kCheckers = {{
    {"lost-writes", "what became of every acknowledged write, by the final dumps of all nodes",
     check_lost_writes},
    {"stale-reads", "reads that returned less than what had been acknowledged before",
     check_stale_reads},
    {"convergence", "whether all owners of every key were equal in the end, and what it took",
     check_convergence},
    {"hint-ledger",
     "whether every holder's hints add up, stayed in their limits and are accounted for",
     check_hint_ledger},
    {"availability", "the share of operations that succeeded, by phase, node and function",
     check_availability},
    {"latency", "how long operations took: median, 95 %, 99 % and worst, by phase and function",
     check_latency},
}};

}  // namespace

std::span<const Checker> all_checkers() { return kCheckers; }

const Checker* find_checker(std::string_view name) {
  for (const Checker& checker : kCheckers) {
    if (checker.name == name) return &checker;
  }
  return nullptr;
}

std::vector<CheckResult> check(const Inputs& inputs, std::span<const std::string> names) {
  const WriteIndex writes(inputs.history);
  std::vector<CheckResult> results;
  const auto run = [&](const Checker& checker) {
    results.push_back(checker.check(inputs, writes));
    results.back().checker = checker.name;
  };
  if (names.empty()) {
    for (const Checker& checker : kCheckers) run(checker);
  }
  for (const std::string& name : names) {
    const Checker* checker = find_checker(name);
    CHECK(checker != nullptr);
    run(*checker);
  }
  return results;
}

void CheckResult::set(std::string_view name, Value value) {
  for (auto& [known, old] : values) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  values.emplace_back(name, std::move(value));
}

std::int64_t CheckResult::number(std::string_view name) const {
  for (const auto& [known, value] : values) {
    if (known != name) continue;
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? *number : 0;
  }
  return 0;
}

std::uint64_t CheckResult::count(AnomalyClass kind) const {
  std::uint64_t sum = 0;
  for (const Anomaly& anomaly : anomalies) sum += anomaly.kind == kind;
  return sum;
}

std::uint64_t CheckResult::count_allowed(AnomalyClass kind) const {
  std::uint64_t sum = 0;
  for (const Anomaly& anomaly : anomalies) sum += anomaly.kind == kind && anomaly.allowed;
  return sum;
}

Verdict overall(std::span<const CheckResult> results) {
  if (results.empty()) return Verdict::unknown;
  Verdict verdict = Verdict::valid;
  for (const CheckResult& result : results) verdict = worst(verdict, result.verdict);
  return verdict;
}

}  // namespace holdfast::checkers
