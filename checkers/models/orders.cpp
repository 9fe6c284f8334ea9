// Sequential and causal consistency, where replies carry the versions that order each key's writes:
// then both are questions about cycles, and polynomial (without versions they are NP-complete).
#include <algorithm>
#include <string>
#include <vector>

#include "checkers/models/judgement.h"
#include "checkers/models/version_order.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = VersionOrder::kNone;

// Nodes are operations, then versions; a write and its version are one node.
class Graph {
 public:
  Graph(const Trace& trace, const VersionOrder& versions)
      : trace_(trace), versions_(versions), after_(trace.ops.size() + versions.size()) {}

  std::uint32_t node_of_version(std::uint32_t version) const {
    const std::uint32_t writer = versions_.writer(version);
    return writer != kNone ? writer : static_cast<std::uint32_t>(trace_.ops.size()) + version;
  }
  void edge(std::uint32_t from, std::uint32_t to) {
    if (from != to) after_[from].push_back(to);
  }
  std::size_t size() const { return after_.size(); }

  void add_processes() {
    std::vector<std::uint32_t> last(trace_.processes.size(), kNone);
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      if (!versions_.is_placed(i)) continue;
      std::uint32_t& before = last[trace_.ops[i].process];
      if (before != kNone) edge(before, i);
      before = i;
    }
  }
  void add_reads_from() {
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      if (is_read(i) && versions_.of(i) != kNone) edge(node_of_version(versions_.of(i)), i);
    }
  }
  // Newer versions come behind older ones and behind the reads of those.
  void add_versions() {
    for (std::uint32_t v = 0; v < versions_.size(); ++v) {
      if (versions_.next(v) != kNone) edge(node_of_version(v), node_of_version(versions_.next(v)));
    }
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      if (!is_read(i)) continue;
      const std::uint32_t v = versions_.of(i);
      const std::uint32_t next =
          v == kNone ? versions_.oldest(trace_.ops[i].key) : versions_.next(v);
      if (next != kNone) edge(i, node_of_version(next));
    }
  }

  // In an order that respects every edge, or nothing; then cycle() has one.
  std::vector<std::uint32_t> order() {
    std::vector<std::uint32_t> waits(size(), 0);
    for (const auto& targets : after_) {
      for (const std::uint32_t to : targets) ++waits[to];
    }
    std::vector<std::uint32_t> sorted;
    sorted.reserve(size());
    for (std::uint32_t n = 0; n < size(); ++n) {
      if (waits[n] == 0) sorted.push_back(n);
    }
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      for (const std::uint32_t to : after_[sorted[i]]) {
        if (--waits[to] == 0) sorted.push_back(to);
      }
    }
    if (sorted.size() == size()) return sorted;
    find_cycle(waits);
    return {};
  }
  const std::vector<std::uint32_t>& cycle() const { return cycle_; }

 private:
  bool is_read(std::uint32_t op) const {
    return trace_.ops[op].action == Action::read && versions_.is_placed(op);
  }

  // Every node that still waits has a predecessor that still waits: walking back must repeat.
  void find_cycle(const std::vector<std::uint32_t>& waits) {
    std::vector<std::uint32_t> before(size(), kNone);
    std::uint32_t at = kNone;
    for (std::uint32_t n = 0; n < size(); ++n) {
      if (waits[n] == 0) continue;
      for (const std::uint32_t to : after_[n]) before[to] = n;
    }
    for (std::uint32_t n = 0; n < size() && at == kNone; ++n) {
      if (waits[n] != 0) at = n;
    }
    for (std::size_t i = 0; i < size(); ++i) at = before[at];
    const std::uint32_t start = at;
    do {
      if (at < trace_.ops.size()) cycle_.push_back(at);
      at = before[at];
    } while (at != start);
    std::reverse(cycle_.begin(), cycle_.end());
  }

  const Trace& trace_;
  const VersionOrder& versions_;
  std::vector<std::vector<std::uint32_t>> after_;
  std::vector<std::uint32_t> cycle_;
};

void report_cycle(const Trace& trace, const Graph& graph, const char* kind, Judgement& result) {
  result.find(kind, "each of these must come before the next, and the last before the first",
              graph.cycle());
  for (std::size_t i = 0; i < graph.cycle().size() && i < 20; ++i) {
    result.findings.back().details.push_back(describe(trace, trace.ops[graph.cycle()[i]]));
  }
}

// Vector clocks: how many of each process' operations lie in an operation's causal past.
class Causal {
 public:
  Causal(const Trace& trace, const VersionOrder& versions, Judgement& result)
      : trace_(trace),
        versions_(versions),
        result_(result),
        processes_(trace.processes.size()),
        place_(trace.ops.size(), 0),
        now_(processes_ * processes_, 0),
        written_(processes_) {}

  void run(const std::vector<std::uint32_t>& order) {
    std::vector<std::uint32_t> count(processes_, 0);
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      if (versions_.is_placed(i)) place_[i] = ++count[trace_.ops[i].process];
    }
    writer_clock_.assign(trace_.ops.size(), kNone);
    for (const std::uint32_t node : order) {
      if (node < trace_.ops.size() && versions_.is_placed(node)) visit(node);
    }
    result_.count("judged", judged_);
    result_.count("violations", wrong_);
    if (judged_ == 0) result_.unknown("there is nothing to judge");
  }

 private:
  struct Written {
    std::uint32_t key;
    std::uint32_t place;   // in its process
    std::uint32_t newest;  // version, of this and earlier ones of the process to the key
  };

  void visit(std::uint32_t op) {
    const Op& one = trace_.ops[op];
    std::uint32_t* clock = &now_[one.process * processes_];
    if (one.action == Action::read) {
      const std::uint32_t version = versions_.of(op);
      const std::uint32_t writer = version == kNone ? kNone : versions_.writer(version);
      if (writer != kNone && writer_clock_[writer] != kNone) {
        const std::uint32_t* seen = &kept_[writer_clock_[writer]];
        for (std::size_t p = 0; p < processes_; ++p) clock[p] = std::max(clock[p], seen[p]);
      }
      judge(op, version, clock);
    }
    clock[one.process] = place_[op];
    if (one.action != Action::read) {
      writer_clock_[op] = static_cast<std::uint32_t>(kept_.size());
      kept_.insert(kept_.end(), clock, clock + processes_);
      note_write(op);
    }
  }

  std::vector<Written>& written(std::uint32_t process, std::uint32_t key) {
    auto& lists = written_[process];
    if (lists.size() <= key) lists.resize(key + 1);
    return lists[key];
  }
  void note_write(std::uint32_t op) {
    auto& list = written(trace_.ops[op].process, trace_.ops[op].key);
    std::uint32_t newest = versions_.of(op);
    if (!list.empty()) newest = std::max(newest, list.back().newest);
    list.push_back({op, place_[op], newest});
  }

  void judge(std::uint32_t op, std::uint32_t version, const std::uint32_t* clock) {
    ++judged_;
    for (std::uint32_t p = 0; p < processes_; ++p) {
      const auto& list = written(p, trace_.ops[op].key);
      auto end = std::partition_point(list.begin(), list.end(),
                                      [&](const Written& w) { return w.place <= clock[p]; });
      if (end == list.begin()) continue;
      const std::uint32_t newest = std::prev(end)->newest;
      if (version != kNone && newest <= version) continue;
      ++wrong_;
      const std::uint32_t missed = versions_.writer(newest);
      result_.find("causal",
                   describe(trace_, trace_.ops[op]) + " misses " +
                       describe(trace_, trace_.ops[missed]) + ", which its process could know of",
                   {missed, op});
      return;
    }
  }

  const Trace& trace_;
  const VersionOrder& versions_;
  Judgement& result_;
  const std::size_t processes_;
  std::vector<std::uint32_t> place_;  // by op: its number in its process, from 1
  std::vector<std::uint32_t> now_;    // each process' clock
  std::vector<std::uint32_t> kept_;   // the clocks of writes
  std::vector<std::uint32_t> writer_clock_;
  std::vector<std::vector<std::vector<Written>>> written_;  // by process and key
  std::uint64_t judged_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace

Judgement judge_sequential(const Trace& trace, const LinearOptions& options) {
  Judgement result;
  result.checker = "sequential";
  if (trace.versions.empty()) {
    result.unknown("the history has no versions");
    return result;
  }
  const VersionOrder versions(trace, options.threads);
  Graph graph(trace, versions);
  graph.add_processes();
  graph.add_reads_from();
  graph.add_versions();
  result.count("versions", versions.size());
  if (versions.size() == 0) result.unknown("there is nothing to judge");
  if (graph.order().empty() && graph.size() > 0) report_cycle(trace, graph, "cycle", result);
  return result;
}

Judgement judge_causal(const Trace& trace, const LinearOptions& options) {
  Judgement result;
  result.checker = "causal";
  if (trace.versions.empty()) {
    result.unknown("the history has no versions");
    return result;
  }
  const std::uint64_t processes = trace.processes.size();
  if (processes * (trace.ops.size() + processes) * sizeof(std::uint32_t) > options.limits.bytes ||
      processes * trace.keys.size() * 24 > options.limits.bytes) {
    result.unknown("the processes' clocks need more than " + std::to_string(options.limits.bytes) +
                   " bytes");
    return result;
  }
  const VersionOrder versions(trace, options.threads);
  Graph graph(trace, versions);
  graph.add_processes();
  graph.add_reads_from();
  const std::vector<std::uint32_t> order = graph.order();
  if (order.empty() && graph.size() > 0) {
    report_cycle(trace, graph, "causal-cycle", result);
    return result;
  }
  Causal(trace, versions, result).run(order);
  return result;
}

}  // namespace holdfast::checkers
