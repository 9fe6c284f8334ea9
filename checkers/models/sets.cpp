// Jepsen's set and set-full, with the phantoms, duplicates and failures that appear which those
// overlook.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "checkers/models/element_table.h"
#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

std::span<const Datum> elements_of(const Trace& trace, const Op& read) {
  if (!read.output.is_list()) return {};
  return trace.data.elements(read.output);
}

// A set's history: nothing but adds and reads of the whole, and at least one such read. Else the
// result says why there is nothing to judge.
bool is_set_history(const Trace& trace, std::span<const std::uint32_t> ops, Judgement& result) {
  bool read = false;
  for (const std::uint32_t i : ops) {
    const Op& op = trace.ops[i];
    const bool adds = op.action == Action::add || op.action == Action::broadcast;
    if (op.action != Action::read && !adds) {
      result.unknown("there is nothing to judge: a set has no operation " +
                     std::string(name_of(op.action)));
      return false;
    }
    if (op.action != Action::read || op.outcome != Outcome::ok || op.output.is_nil()) continue;
    if (!op.output.is_list()) {
      result.unknown("there is nothing to judge: a read of a set returns its elements, not " +
                     trace.data.text(op.output).substr(0, 40));
      return false;
    }
    read = true;
  }
  if (!read) result.unknown("there is nothing to judge: the set was never read");
  return read;
}

// One element, from its adds and the reads that had it or lacked it.
struct Element {
  std::uint32_t add = kNone;           // the first that did not fail, or else any
  std::int64_t known = kNever_ns;      // first acknowledged, or seen by a read that completed
  std::uint32_t last_present = kNone;  // reads, by position in reads_
  std::uint32_t last_absent = kNone;
  std::uint32_t stamp = kNone;  // the last read that was walked and had it
  bool failed = false;          // all its adds failed
  bool acknowledged = false;
};

class SetFull {
 public:
  SetFull(const Trace& trace, std::span<const std::uint32_t> ops) : trace_(trace), ops_(ops) {}

  Judgement judge() {
    result_.checker = "set-full";
    if (!is_set_history(trace_, ops_, result_)) return std::move(result_);
    collect();
    for (std::uint32_t r = static_cast<std::uint32_t>(reads_.size()); r-- > 0;) walk(r);
    classify();
    return std::move(result_);
  }

 private:
  void collect() {
    for (const std::uint32_t i : ops_) {
      const Op& op = trace_.ops[i];
      if (op.action == Action::read && op.outcome == Outcome::ok && op.output.is_list()) {
        reads_.push_back(i);
      }
      if (op.action != Action::add && op.action != Action::broadcast) continue;
      const std::uint32_t at = table_.intern(op.input);
      if (at == elements_.size()) elements_.emplace_back().failed = true;
      Element& element = elements_[at];
      if (element.add == kNone || (element.failed && op.outcome != Outcome::fail)) element.add = i;
      element.failed &= op.outcome == Outcome::fail;
      if (op.outcome == Outcome::ok) {
        element.acknowledged = true;
        element.known = std::min(element.known, op.ret);
      }
    }
    std::stable_sort(reads_.begin(), reads_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return trace_.ops[a].call < trace_.ops[b].call;
    });
    for (std::uint32_t e = 0; e < elements_.size(); ++e) open_.push_back(e);
  }

  // Reads are walked from the last to the first.
  void walk(std::uint32_t r) {
    const Op& read = trace_.ops[reads_[r]];
    for (const Datum value : elements_of(trace_, read)) {
      const std::uint32_t at = table_.find(value);
      if (at == kNone) {
        phantom(reads_[r], value);
        continue;
      }
      Element& element = elements_[at];
      if (element.stamp == r) {
        ++duplicates_;
        if (duplicates_ <= 3) {
          result_.find("duplicate",
                       describe(trace_, read) + " has " + trace_.data.text(value) + " twice",
                       {reads_[r]});
        }
      }
      element.stamp = r;
      if (element.last_present == kNone) element.last_present = r;
      element.known = std::min(element.known, read.ret);
    }
    // Absent, and not absent from a later one: of those whose add had begun when it returned.
    std::erase_if(open_, [&](std::uint32_t e) {
      Element& element = elements_[e];
      if (element.stamp == r) return false;
      if (trace_.ops[element.add].call > read.ret) return false;  // not added yet
      element.last_absent = r;
      return true;
    });
  }

  void phantom(std::uint32_t read, Datum value) {
    if (++phantoms_ > 3) return;
    result_.find("phantom",
                 describe(trace_, trace_.ops[read]) + " has " + trace_.data.text(value) +
                     ", which nobody added",
                 {read});
  }

  std::int64_t ns(std::int64_t point) const {
    return trace_.has_times() ? trace_.ns(point) : point;
  }

  void classify() {
    std::uint64_t stable = 0;
    std::uint64_t lost = 0;
    std::uint64_t never = 0;
    std::uint64_t stale = 0;
    std::uint64_t risen = 0;
    std::vector<std::int64_t> stable_ms;
    for (const Element& element : elements_) {
      const bool present = element.last_present != kNone;
      const bool absent = element.last_absent != kNone;
      if (present && element.failed && ++risen <= 3) {
        result_.find("failed-add-seen",
                     describe(trace_, trace_.ops[reads_[element.last_present]]) + " has what " +
                         describe(trace_, trace_.ops[element.add]) + " failed to add",
                     {element.add, reads_[element.last_present]});
      }
      if (present && (!absent || element.last_present > element.last_absent)) {
        ++stable;
        std::int64_t ms = 0;
        if (absent)
          ms = (ns(trace_.ops[reads_[element.last_absent]].call) + 1 - ns(element.known)) /
               1'000'000;
        stable_ms.push_back(std::max<std::int64_t>(0, ms));
        // Sub-millisecond staleness counts too.
        stale += absent && trace_.ops[reads_[element.last_absent]].call > element.known;
      } else if (absent && element.known != kNever_ns &&
                 element.known < trace_.ops[reads_[element.last_absent]].call) {
        if (++lost <= 5) report_lost(element);
      } else {
        ++never;
      }
    }
    result_.count("attempted", elements_.size());
    result_.count("stable", stable);
    result_.count("lost", lost);
    result_.count("never_read", never);
    result_.count("stale", stale);
    result_.count("phantom", phantoms_);
    result_.count("duplicated", duplicates_);
    result_.count("failed_but_seen", risen);
    if (lost > 0 || risen > 0) result_.verdict = Verdict::invalid;
    if (stable == 0) result_.unknown("no element was stable");
    put_latencies(stable_ms);
  }

  void report_lost(const Element& element) {
    const std::uint32_t read = reads_[element.last_absent];
    result_.find("lost",
                 describe(trace_, trace_.ops[read]) + " misses " +
                     trace_.data.text(trace_.ops[element.add].input) + " of " +
                     describe(trace_, trace_.ops[element.add]) + ", and so do all that began later",
                 {element.add, read});
  }

  void put_latencies(std::vector<std::int64_t>& ms) {
    if (ms.empty() || !trace_.has_times()) return;
    std::sort(ms.begin(), ms.end());
    Table table{"time until stable, ms", {"quantile", "ms"}, {}};
    constexpr std::array<std::pair<const char*, std::size_t>, 5> kQuantiles = {
        {{"0", 0}, {"0.5", 50}, {"0.95", 95}, {"0.99", 99}, {"1", 100}}};
    for (const auto& [name, percent] : kQuantiles) {
      table.rows.push_back({name, {ms[std::min(ms.size() - 1, ms.size() * percent / 100)]}});
    }
    result_.tables.push_back(std::move(table));
  }

  const Trace& trace_;
  const std::span<const std::uint32_t> ops_;
  Judgement result_;
  ElementTable table_;
  std::vector<Element> elements_;
  std::vector<std::uint32_t> reads_;  // by call
  std::vector<std::uint32_t> open_;   // elements that no read walked so far lacked
  std::uint64_t phantoms_ = 0;
  std::uint64_t duplicates_ = 0;
};

Judgement judge_set_of(const Trace& trace, std::span<const std::uint32_t> ops) {
  Judgement result;
  result.checker = "set";
  if (!is_set_history(trace, ops, result)) return result;
  std::uint32_t last = kNone;
  ElementTable table;
  std::vector<std::uint32_t> add;
  std::vector<Outcome> best;
  for (const std::uint32_t i : ops) {
    const Op& op = trace.ops[i];
    if (op.action == Action::read && op.outcome == Outcome::ok && op.output.is_list() &&
        (last == kNone || op.ret > trace.ops[last].ret)) {
      last = i;
    }
    if (op.action != Action::add && op.action != Action::broadcast) continue;
    const std::uint32_t at = table.intern(op.input);
    if (at == add.size()) {
      add.push_back(i);
      best.push_back(op.outcome);
    } else if (op.outcome == Outcome::ok || best[at] == Outcome::fail) {
      add[at] = i;
      best[at] = op.outcome;
    }
  }
  std::vector<std::uint32_t> times(add.size(), 0);
  std::uint64_t unexpected = 0;
  for (const Datum value : elements_of(trace, trace.ops[last])) {
    const std::uint32_t at = table.find(value);
    if (at != kNone) {
      ++times[at];
    } else if (++unexpected <= 3) {
      result.find("unexpected",
                  "the last read has " + trace.data.text(value) + ", which nobody added", {last});
    }
  }
  std::uint64_t lost = 0;
  std::uint64_t recovered = 0;
  std::uint64_t risen = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t acknowledged = 0;
  for (std::size_t at = 0; at < add.size(); ++at) {
    acknowledged += best[at] == Outcome::ok;
    recovered += best[at] == Outcome::info && times[at] > 0;
    const std::string text = describe(trace, trace.ops[add[at]]);
    if (best[at] == Outcome::ok && times[at] == 0) {
      if (++lost <= 5) result.find("lost", "the last read misses " + text, {add[at], last});
    } else if (best[at] == Outcome::fail && times[at] > 0) {
      if (++risen <= 3)
        result.find("failed-add-seen", "the last read has what failed: " + text, {add[at], last});
    }
    if (times[at] > 1 && ++duplicated <= 3)
      result.find("duplicate", "the last read has twice: " + text, {add[at], last});
  }
  result.count("attempted", add.size());
  result.count("acknowledged", acknowledged);
  result.count("lost", lost);
  result.count("recovered", recovered);
  result.count("unexpected", unexpected);
  result.count("failed_but_seen", risen);
  result.count("duplicated", duplicated);
  return result;
}

}  // namespace

Judgement judge_set_full(const Trace& trace, const LinearOptions&) {
  Judgement sum = judge_by_key(trace, [](const Trace& all, std::span<const std::uint32_t> ops) {
    return SetFull(all, ops).judge();
  });
  unknown_if_none(sum, "attempted", "nothing was added");
  return sum;
}

Judgement judge_set(const Trace& trace, const LinearOptions&) {
  Judgement sum = judge_by_key(trace, judge_set_of);
  unknown_if_none(sum, "attempted", "nothing was added");
  return sum;
}

}  // namespace holdfast::checkers
