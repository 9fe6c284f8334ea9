#include "harness/settling.h"

#include <algorithm>
#include <vector>

namespace holdfast::harness {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(50);
constexpr std::int64_t kPollShare = 500;  // of what was waited: at most so late is the end seen
constexpr Duration kRoundMost = std::chrono::hours(1);
constexpr std::uint32_t kSilentRounds = 2;

// Sums over all nodes. They begin at 0 with each start of a process; none starts while these are
// compared.
struct RepairCounts {
  std::uint64_t rounds = 0;
  std::uint64_t rows = 0;
  std::uint64_t differences = 0;
  std::uint64_t failed = 0;
  std::uint64_t repaired_keys = 0;
  std::uint64_t hash_comparisons = 0;
  std::uint64_t bytes = 0;
};

RepairCounts count(const Statuses& statuses) {
  RepairCounts sum;
  for (const auto& status : statuses) {
    if (!status) continue;
    const node::Counters& counters = status->counters;
    sum.rows += counters.anti_entropy_rows_sent + counters.anti_entropy_rows_received;
    sum.rounds += counters.anti_entropy_rounds;
    sum.differences += counters.anti_entropy_differences;
    sum.failed += counters.anti_entropy_failed;
    sum.repaired_keys += counters.anti_entropy_keys_repaired;
    sum.hash_comparisons += counters.anti_entropy_hash_comparisons;
    sum.bytes += counters.anti_entropy_bytes;
  }
  return sum;
}

void add_costs(const RepairCounts& before, const RepairCounts& after, Repair& repair) {
  repair.repaired_keys = after.repaired_keys - before.repaired_keys;
  repair.hash_comparisons = after.hash_comparisons - before.hash_comparisons;
  repair.bytes = after.bytes - before.bytes;
}

// Of each node: rounds that it began by itself or was told to, and that have ended.
std::vector<std::uint64_t> ended_rounds(const Statuses& statuses) {
  std::vector<std::uint64_t> ended;
  for (const auto& status : statuses) {
    const node::Counters counters = status ? status->counters : node::Counters{};
    ended.push_back(counters.anti_entropy_rounds + counters.anti_entropy_failed);
  }
  return ended;
}

// One round may have begun before; the second saw everything. The last node begins none by itself.
bool have_ended_two_more(const std::vector<std::uint64_t>& before,
                         const std::vector<std::uint64_t>& now) {
  for (std::size_t i = 0; i + 1 < now.size(); ++i) {
    if (now[i] < before[i] + 2) return false;
  }
  return true;
}

std::string not_back(const Statuses& statuses) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const std::string name = node_name(static_cast<NodeId>(i));
    if (!statuses[i]) return name + " to answer";
    if (!statuses[i]->ready) return name + " to learn the cluster's clock";
    for (const node::PeerStatus& peer : statuses[i]->peers) {
      if (!peer.up) return name + " to hear from " + node_name(peer.node);
    }
  }
  return {};
}

std::string not_drained(const Statuses& statuses) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const auto& status = statuses[i];
    // What a silent node holds, nobody knows.
    if (!status) return node_name(static_cast<NodeId>(i)) + " to answer";
    for (const node::HintQueueStatus& queue : status->queues) {
      if (queue.count == 0) continue;
      return node_name(status->node) + " to deliver " + std::to_string(queue.count) + " hints to " +
             node_name(queue.destination);
    }
    // A write whose deadline is still to come may yet become a hint.
    if (status->requests_in_flight > 0) {
      return node_name(status->node) + " to end " + std::to_string(status->requests_in_flight) +
             " requests";
    }
  }
  return {};
}

}  // namespace

bool Settling::wait(Duration most, const Reason& reason) {
  Cluster& cluster = await_.cluster();
  const std::int64_t begin_ns = cluster.now_ns();
  const std::int64_t until_ns = begin_ns + to_us(most) * 1000;
  for (;;) {
    const auto statuses = await_.statuses();
    if (!statuses) return false;
    if (watch_) watch_(*statuses);
    std::string awaited = reason(*statuses);
    if (awaited.empty()) {
      gave_up_.clear();
      return true;
    }
    gave_up_ = awaited;
    if (cluster.now_ns() >= until_ns) return false;
    say_(std::move(awaited), pending_hints(*statuses));
    // Ever more rarely: a throttle may hold up hints for hours.
    const Duration waited((cluster.now_ns() - begin_ns) / 1000);
    if (!await_.sleep(std::max(kPoll, waited / kPollShare))) return false;
  }
}

bool Settling::wait_until_all_are_back(Duration most) { return wait(most, not_back); }

bool Settling::wait_until_drained(Duration most) { return wait(most, not_drained); }

bool Settling::run_round(NodeId node, NodeId peer) {
  // A round that failed has ended too (a message was lost): repair() sees it, and goes on.
  const auto finished = [node](const Statuses& statuses) -> std::uint64_t {
    if (!statuses[node]) return 0;
    return statuses[node]->counters.anti_entropy_rounds +
           statuses[node]->counters.anti_entropy_failed;
  };
  const auto before = await_.statuses();
  if (!before) return false;
  node::ControlRequest request;
  request.action = node::ControlAction::start_anti_entropy;
  request.destination = peer;
  const auto reply = await_.get<Result<node::ControlReply>>(
      [&](auto done) { await_.cluster().control(node, request, std::move(done)); });
  if (!reply) return false;
  if (!*reply || !(*reply)->ok) {
    gave_up_ = node_name(node) + " to start anti-entropy";
    return false;
  }
  return wait(kRoundMost, [&](const Statuses& now) -> std::string {
    const bool running = now[node] && now[node]->anti_entropy_running;
    if (!running && finished(now) > finished(*before)) return {};
    return node_name(node) + " to compare its Merkle trees with " + node_name(peer);
  });
}

std::optional<Repair> Settling::repair(std::uint32_t rounds_most, Duration pause) {
  Repair repair;
  repair.last_change_ns = await_.cluster().now_ns();
  auto statuses = await_.statuses();
  if (!statuses) return std::nullopt;
  const RepairCounts start = count(*statuses);
  RepairCounts last = start;
  std::uint32_t silent = 0;
  bool in_vain = false;  // the last round found differences and repaired nothing
  bool differs = false;  // the last round found differences
  while (silent < kSilentRounds && repair.rounds < rounds_most && gave_up_.empty()) {
    // Each pair once: one exchange serves both sides, and where it does not the difference stays.
    for (NodeId node = 0; node < await_.cluster().size(); ++node) {
      for (NodeId peer = node + 1; peer < await_.cluster().size() && gave_up_.empty(); ++peer) {
        if (!run_round(node, peer) && await_.interrupted()) return std::nullopt;
      }
    }
    statuses = await_.statuses();
    if (!statuses) return std::nullopt;
    const RepairCounts now = count(*statuses);
    // Hashes that differ are no silence, even if no row follows from them.
    differs = now.differences != last.differences || now.rows != last.rows;
    const bool changed = differs || now.failed != last.failed;
    if (changed) repair.last_change_ns = await_.cluster().now_ns();
    silent = changed ? 0 : silent + 1;
    in_vain = differs && now.repaired_keys == last.repaired_keys;
    last = now;
    ++repair.rounds;
    // Owners purge a tombstone each with its own heartbeat, and differ in between.
    if (in_vain && repair.rounds < rounds_most && !await_.sleep(pause)) return std::nullopt;
  }
  if (silent >= kSilentRounds) repair.silent = true;
  // What the first rounds repaired may take another to reach every node.
  constexpr std::uint32_t kRoundsNeeded = 4;
  if (in_vain || (differs && repair.rounds >= kRoundsNeeded)) repair.silent = false;
  add_costs(start, last, repair);
  return repair;
}

std::optional<Repair> Settling::await_periodic_repair(Duration period, Duration most) {
  const std::int64_t start_ns = await_.cluster().now_ns();
  Repair repair;
  repair.last_change_ns = start_ns;
  auto statuses = await_.statuses();
  if (!statuses) return std::nullopt;
  const RepairCounts start = count(*statuses);
  RepairCounts last = start;
  std::vector<std::uint64_t> ended_before = ended_rounds(*statuses);
  for (;;) {
    say_("the nodes' own rounds of anti-entropy", pending_hints(*statuses));
    if (!await_.sleep(std::max(period / 4, kPoll))) return std::nullopt;
    statuses = await_.statuses();
    if (!statuses) return std::nullopt;
    const RepairCounts now = count(*statuses);
    const std::int64_t now_ns = await_.cluster().now_ns();
    const std::vector<std::uint64_t> ended = ended_rounds(*statuses);
    if (now.differences != last.differences || now.rows != last.rows || now.failed != last.failed) {
      repair.last_change_ns = now_ns;
      ended_before = ended;
    }
    repair.rounds = static_cast<std::uint32_t>(now.rounds - start.rounds);
    last = now;
    const bool silent = have_ended_two_more(ended_before, ended);
    if (!silent && now_ns - start_ns < to_us(most) * 1000) continue;
    repair.silent = silent;
    add_costs(start, last, repair);
    return repair;
  }
}

std::optional<Backlog> Settling::backlog() {
  const auto statuses = await_.statuses();
  if (!statuses) return std::nullopt;
  Backlog backlog;
  for (const auto& status : *statuses) {
    if (!status) continue;
    backlog.keys += status->rows;
    backlog.delivered_bytes += status->counters.hint_bytes_sent;
    for (const node::HintQueueStatus& queue : status->queues) {
      backlog.hints += queue.count;
      backlog.hint_bytes += queue.bytes;
    }
  }
  return backlog;
}

}  // namespace holdfast::harness
