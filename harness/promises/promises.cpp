#include "harness/promises/promises.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/promises/autopsy.h"
#include "harness/promises/promise_table.h"

namespace holdfast::harness {
namespace {

using checkers::Anomaly;
using checkers::AnomalyClass;
using checkers::CheckResult;
using checkers::Function;
using checkers::Operation;
using checkers::OperationIndex;
using checkers::Outcome;
using checkers::Verdict;

// Gives equal reasons one place.
class Reasons {
 public:
  explicit Reasons(CheckResult& result) : result_(result) {}

  std::uint16_t intern(std::string reason) {
    if (result_.reasons.size() >= kMost && !known_.contains(reason)) reason = "as for others";
    const auto next = static_cast<std::uint16_t>(result_.reasons.size());
    const auto [place, fresh] = known_.try_emplace(reason, next);
    if (fresh) result_.reasons.push_back(std::move(reason));
    return place->second;
  }

 private:
  static constexpr std::size_t kMost = 10'000;
  CheckResult& result_;
  std::map<std::string, std::uint16_t> known_;
};

void add_unavailable(const PromiseTable& promises, const checkers::History& history,
                     CheckResult& result) {
  std::int64_t found = 0;
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (operation.outcome == Outcome::ok || !promises.available(operation)) continue;
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::unavailable;
    anomaly.operation = i;
    anomaly.key = operation.key;
    anomaly.node = operation.node;
    result.anomalies.push_back(anomaly);
    ++found;
  }
  result.set("unavailable", found);
}

// How many nodes of its quorum a successful operation's reply names, if they are too few.
std::optional<std::int64_t> shortfall(const Operation& operation, const node::Config& config) {
  if (operation.outcome != Outcome::ok) return std::nullopt;
  std::set<NodeId> homes;
  std::set<NodeId> all;
  for (const checkers::Copy& copy : operation.copies.all()) {
    if (!copy.is_hint()) homes.insert(copy.node);
    all.insert(copy.node);
  }
  const bool read = operation.function == Function::read;
  const bool fallbacks = config.quorum != node::QuorumKind::strict &&
                         (read ? config.fallback_reads : config.hint_counts);
  const std::size_t counted = fallbacks ? all.size() : homes.size();
  const std::uint32_t needed = read ? config.r : config.w;
  const std::uint32_t needed_homes = read ? config.pr : config.pw;
  if (counted < needed) return static_cast<std::int64_t>(counted);
  if (homes.size() < needed_homes) return static_cast<std::int64_t>(homes.size());
  return std::nullopt;
}

void add_short_quorums(const PromiseInputs& inputs, CheckResult& result) {
  std::int64_t found = 0;
  const checkers::History& history = inputs.observed.history;
  // Replies of a history from elsewhere name no nodes.
  const bool named = std::ranges::any_of(
      history.operations, [](const Operation& each) { return each.copies.size() > 0; });
  for (OperationIndex i = 0; named && i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    const auto counted = shortfall(operation, inputs.config);
    if (!counted) continue;
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::short_quorum;
    anomaly.operation = i;
    anomaly.key = operation.key;
    anomaly.node = operation.node;
    anomaly.amount = *counted;
    result.anomalies.push_back(anomaly);
    ++found;
  }
  result.set("short_quorum", found);
}

// The write whose copies an example is about; kNoOperation if it is about none.
OperationIndex subject_of(const checkers::Example& example, const checkers::History& history) {
  const auto is_write = [&](OperationIndex index) {
    return index != checkers::kNoOperation && history.operations[index].is_write();
  };
  if (is_write(example.operation)) return example.operation;
  return is_write(example.other) ? example.other : checkers::kNoOperation;
}

void add_autopsies(const PromiseInputs& inputs, std::vector<CheckResult>& results) {
  const checkers::History& history = inputs.observed.history;
  std::vector<OperationIndex> wanted;
  for (const CheckResult& result : results) {
    for (const checkers::Example& example : result.examples) {
      const OperationIndex write = subject_of(example, history);
      if (write != checkers::kNoOperation) wanted.push_back(write);
    }
  }
  const Autopsy autopsy(inputs, wanted);
  for (CheckResult& result : results) {
    for (checkers::Example& example : result.examples) {
      const OperationIndex write = subject_of(example, history);
      if (write == checkers::kNoOperation) continue;
      // Of a read only what had happened by then matters.
      const bool read = example.operation != write;
      example.autopsy = read ? autopsy.of(write, history.operations[example.operation].completed_ns)
                             : autopsy.of(write);
    }
  }
}

// A read that had to be fresh and shows what was deleted: not only stale, but resurrected.
void name_resurrected(const checkers::History& history, Anomaly& anomaly) {
  if (anomaly.kind != AnomalyClass::stale || anomaly.allowed) return;
  if (history.operations[anomaly.operation].value != checkers::kNil &&
      history.operations[anomaly.other].function == Function::del) {
    anomaly.kind = AnomalyClass::resurrected;
  }
}

}  // namespace

Verdict judge(std::vector<CheckResult>& results, const PromiseInputs& inputs) {
  const PromiseTable promises(inputs);
  const auto is_never_allowed = [&](AnomalyClass kind) {
    return inputs.strict || std::find(inputs.never_allowed.begin(), inputs.never_allowed.end(),
                                      kind) != inputs.never_allowed.end();
  };
  for (CheckResult& result : results) {
    if (result.checker == "availability") {
      add_unavailable(promises, inputs.observed.history, result);
      add_short_quorums(inputs, result);
    }
    Reasons reasons(result);
    result.verdict = result.floor;
    std::int64_t allowed_count = 0;
    std::uint64_t undecided_count = 0;
    for (Anomaly& anomaly : result.anomalies) {
      Ruling ruling = promises.rule(anomaly);
      anomaly.allowed = ruling.allowed;
      anomaly.undecided = ruling.undecided;
      undecided_count += ruling.undecided;
      anomaly.reason = reasons.intern(std::move(ruling.reason));
      allowed_count += ruling.allowed;
      name_resurrected(inputs.observed.history, anomaly);
      if (ruling.undecided) {
        result.verdict = checkers::worst(result.verdict, Verdict::unknown);
      } else if (!ruling.allowed || is_never_allowed(anomaly.kind)) {
        result.verdict = Verdict::invalid;
      }
    }
    if (undecided_count > 0) {
      result.notes.push_back(std::to_string(undecided_count) +
                             (undecided_count == 1 ? " anomaly" : " anomalies") +
                             " cannot be judged: the drain was cut short, and waited for " +
                             inputs.observed.facts.drain_waits_for);
    }
    result.set("allowed", allowed_count);
    checkers::add_examples(result, inputs.observed);
  }
  add_autopsies(inputs, results);
  return checkers::overall(results);
}

checkers::Facts facts_of(const node::Config& config, std::uint64_t value_bytes) {
  checkers::Facts facts;
  facts.hints_off = config.hint_holder == node::HintHolder::none;
  facts.hint_window = config.hint_window;
  facts.repairs =
      config.read_repair != node::ReadRepair::off || config.anti_entropy != node::AntiEntropy::off;
  facts.hint_delay = hint_delay(config);
  // A tenth of a second may be saved up, the last batch to each destination is not cut, and one was
  // sent before it was counted: hints leave their queue when they are acknowledged.
  constexpr std::uint64_t kKeyBytes = 64;  // and the least of a value
  const std::uint64_t hint_bytes = value_bytes + kKeyBytes;
  const std::uint64_t batch =
      std::min(config.handoff_batch_bytes + hint_bytes, config.handoff_batch_count * hint_bytes);
  facts.handoff_bytes_per_s = config.handoff_send_bytes_per_s;
  facts.handoff_receive_bytes_per_s = config.handoff_receive_bytes_per_s;
  facts.handoff_batch_bytes = batch;
  facts.hint_bytes_most = hint_bytes;
  facts.handoff_batch_count = config.handoff_batch_count;
  facts.handoff_concurrency = config.handoff_concurrency;
  facts.handoff_timeout = config.request_timeout;
  facts.heartbeat_interval = config.heartbeat_interval;
  facts.handoff_burst_bytes =
      config.handoff_send_bytes_per_s / 10 + 2 * config.handoff_concurrency * batch;
  if (config.tombstone_gc == node::TombstoneGc::grace) {
    facts.tombstone_grace = config.tombstone_grace;
  }
  facts.hint_max_age = config.hint_max_age;
  facts.hint_max_count = config.hint_max_count;
  facts.hint_max_bytes = config.hint_max_bytes;
  facts.hint_max_count_per_destination = config.hint_max_count_per_destination;
  facts.hint_max_bytes_per_destination = config.hint_max_bytes_per_destination;
  facts.rows_survive_power_loss = config.store_durability == node::Durability::fsync;
  facts.hints_survive_power_loss = config.hint_durability == node::Durability::fsync;
  return facts;
}

Duration convergence_bound(const node::Config& config, const Backlog& backlog) {
  constexpr std::int64_t kSecond_us = 1'000'000;
  // Noticing that everybody is back, and reconnecting.
  Duration bound =
      config.failure_timeout + 2 * config.heartbeat_interval + 2 * config.handoff_retry;
  // A write under way becomes a hint at its deadline, or at the one of the holder that it asked.
  bound += 2 * config.request_timeout;
  // Handoff: the bytes at the tightest throttle, and a round trip for each batch.
  std::uint64_t rate = config.handoff_send_bytes_per_s;
  if (config.handoff_receive_bytes_per_s != 0) {
    rate = rate == 0 ? config.handoff_receive_bytes_per_s
                     : std::min(rate, config.handoff_receive_bytes_per_s);
  }
  if (rate != 0) {
    const std::uint64_t bytes = backlog.hint_bytes + backlog.delivered_bytes;
    // Twice: a batch that is not acknowledged in time is sent, and counted, again.
    bound += Duration(static_cast<std::int64_t>(2 * bytes / rate + 1) * kSecond_us);
  }
  const std::uint64_t by_count = backlog.hints / config.handoff_batch_count;
  const std::uint64_t by_bytes = 2 * backlog.hint_bytes / config.handoff_batch_bytes;
  const std::uint64_t batches = std::min(backlog.hints, by_count + by_bytes) + 1;
  bound += static_cast<std::int64_t>(batches) * backlog.round_trip;
  if (config.anti_entropy == node::AntiEntropy::off) return bound;
  // Anti-entropy: two rounds between any two nodes, and a round trip for each batch of rows.
  if (config.anti_entropy == node::AntiEntropy::periodic) bound += 3 * config.anti_entropy_period;
  const std::uint64_t row_batches = backlog.keys / config.anti_entropy_batch_rows + 1;
  bound += static_cast<std::int64_t>(row_batches) * 5 * backlog.round_trip;
  // A session with a peer that went away ends by its deadline only.
  bound += 4 * config.request_timeout;
  return bound + std::chrono::seconds(10);
}

}  // namespace holdfast::harness
