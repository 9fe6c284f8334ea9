#include "checkers/latency.h"

#include <algorithm>

namespace holdfast::checkers {
namespace {

struct Quantiles {
  std::int64_t count = 0, p50_us = 0, p95_us = 0, p99_us = 0, max_us = 0;
};

// The smallest sample that at least `per_mille` of all are not above.
std::int64_t quantile_us(std::vector<std::int64_t>& samples_ns, std::size_t per_mille) {
  const std::size_t rank = (samples_ns.size() * per_mille + 999) / 1000;
  const auto at = samples_ns.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(samples_ns.begin(), at, samples_ns.end());
  return *at / 1000;
}

Quantiles quantiles_of(std::vector<std::int64_t>& samples_ns) {
  Quantiles quantiles;
  if (samples_ns.empty()) return quantiles;
  quantiles.count = static_cast<std::int64_t>(samples_ns.size());
  quantiles.p50_us = quantile_us(samples_ns, 500);
  quantiles.p95_us = quantile_us(samples_ns, 950);
  quantiles.p99_us = quantile_us(samples_ns, 990);
  quantiles.max_us = *std::max_element(samples_ns.begin(), samples_ns.end()) / 1000;
  return quantiles;
}

Table quantile_table(std::string name, std::string label) {
  Table table;
  table.name = std::move(name);
  table.columns = {std::move(label), "operations", "p50_us", "p95_us", "p99_us", "max_us"};
  return table;
}

void add_row(Table& table, std::string label, const Quantiles& quantiles) {
  if (quantiles.count == 0) return;
  table.rows.push_back(
      {std::move(label),
       {quantiles.count, quantiles.p50_us, quantiles.p95_us, quantiles.p99_us, quantiles.max_us}});
}

}  // namespace

CheckResult check_latency(const Inputs& inputs, const WriteIndex&) {
  const History& history = inputs.history;
  std::vector<std::vector<std::int64_t>> by_phase(std::max<std::size_t>(1, history.phases.size()));
  std::vector<std::vector<std::int64_t>> by_function(3);
  std::vector<std::int64_t> all;
  for (const Operation& operation : history.operations) {
    if (operation.outcome != Outcome::ok) continue;
    const std::int64_t took_ns = operation.completed_ns - operation.invoked_ns;
    all.push_back(took_ns);
    by_phase[std::min<std::size_t>(operation.phase, by_phase.size() - 1)].push_back(took_ns);
    by_function[static_cast<std::size_t>(operation.function)].push_back(took_ns);
  }
  CheckResult result;
  const Quantiles total = quantiles_of(all);
  result.set("operations", total.count);
  result.set("p50_us", total.p50_us);
  result.set("p95_us", total.p95_us);
  result.set("p99_us", total.p99_us);
  result.set("max_us", total.max_us);
  Table phases = quantile_table("by_phase", "phase");
  for (std::size_t i = 0; i < by_phase.size(); ++i) {
    const bool named = i < history.phases.size();
    add_row(phases, named ? history.phases[i].name : "all", quantiles_of(by_phase[i]));
  }
  Table functions = quantile_table("by_function", "f");
  static constexpr std::string_view kFunctions[] = {"read", "write", "delete"};
  for (std::size_t i = 0; i < 3; ++i) {
    add_row(functions, std::string(kFunctions[i]), quantiles_of(by_function[i]));
  }
  result.tables = {std::move(phases), std::move(functions)};
  if (total.count == 0) {
    result.floor = Verdict::unknown;
    result.notes.push_back("no operation succeeded");
  }
  result.verdict = result.floor;
  return result;
}

}  // namespace holdfast::checkers
