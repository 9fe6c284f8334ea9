// Jepsen's counter, total-queue and unique-ids.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "checkers/models/element_table.h"
#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

// Sums of amounts up to a point.
class Sums {
 public:
  void add(std::int64_t point, std::int64_t amount) { steps_.emplace_back(point, amount); }
  void finish() {
    std::sort(steps_.begin(), steps_.end());
    std::int64_t sum = 0;
    for (auto& [point, amount] : steps_) amount = sum += amount;
  }
  // Of all points below `point`, or of those up to it.
  std::int64_t below(std::int64_t point) const { return before(std::make_pair(point, kLow)); }
  std::int64_t up_to(std::int64_t point) const { return before(std::make_pair(point + 1, kLow)); }

 private:
  static constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  std::int64_t before(const std::pair<std::int64_t, std::int64_t>& at) const {
    const auto end = std::partition_point(steps_.begin(), steps_.end(),
                                          [&](const auto& step) { return step.first < at.first; });
    return end == steps_.begin() ? 0 : std::prev(end)->second;
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> steps_;
};

void judge_counter_key(const Trace& trace, std::span<const std::uint32_t> ops, std::int64_t initial,
                       Judgement& result, std::uint64_t& reads, std::uint64_t& wrong) {
  // What had surely happened, and what may have: increments and decrements apart.
  Sums done[2];
  Sums begun[2];
  for (const std::uint32_t at : ops) {
    const Op& op = trace.ops[at];
    if (op.action != Action::add || op.outcome == Outcome::fail) continue;
    const int sign = op.input.number() < 0;
    begun[sign].add(op.call, op.input.number());
    if (op.outcome == Outcome::ok) done[sign].add(op.ret, op.input.number());
  }
  for (Sums* sums : {&done[0], &done[1], &begun[0], &begun[1]}) sums->finish();
  for (const std::uint32_t at : ops) {
    const Op& op = trace.ops[at];
    if (op.action != Action::read || op.outcome != Outcome::ok || op.output.is_nil()) continue;
    if (trace.has_final_reads && !op.is_final) continue;
    ++reads;
    const std::int64_t low = initial + done[0].below(op.call) + begun[1].up_to(op.ret);
    const std::int64_t high = initial + begun[0].up_to(op.ret) + done[1].below(op.call);
    if (op.output.number() >= low && op.output.number() <= high) continue;
    if (++wrong > 10) continue;
    result.find("out-of-bounds",
                describe(trace, op) + " must lie between " + std::to_string(low) + " and " +
                    std::to_string(high),
                {at});
  }
}

// What became of one element of a queue.
struct Queued {
  std::uint32_t op = 0;
  std::int64_t attempted = 0;  // not failed
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
  std::int64_t dequeued = 0;
};

// True if a dequeue of unknown outcome may have taken something with it.
bool collect_queue(const Trace& trace, std::span<const std::uint32_t> ops, ElementTable& table,
                   std::vector<Queued>& elements) {
  const auto element = [&](Datum value, std::uint32_t op) -> Queued& {
    const std::uint32_t at = table.intern(value);
    if (at == elements.size()) elements.push_back({op, 0, 0, 0, 0});
    return elements[at];
  };
  bool unread = false;
  for (const std::uint32_t i : ops) {
    const Op& op = trace.ops[i];
    if (op.action == Action::enqueue) {
      Queued& one = element(op.input, i);
      one.attempted += op.outcome != Outcome::fail;
      one.acknowledged += op.outcome == Outcome::ok;
      one.failed += op.outcome == Outcome::fail;
    } else if (op.action == Action::dequeue && op.outcome == Outcome::ok) {
      if (!op.output.is_nil()) ++element(op.output, i).dequeued;
    } else if (op.action == Action::drain && op.output.is_list() && op.outcome == Outcome::ok) {
      for (const Datum value : trace.data.elements(op.output)) ++element(value, i).dequeued;
    } else if (op.action == Action::dequeue || op.action == Action::drain) {
      unread |= op.outcome == Outcome::info;
    }
  }
  return unread;
}

Judgement judge_queue_of(const Trace& trace, std::span<const std::uint32_t> ops) {
  Judgement result;
  result.checker = "total-queue";
  ElementTable table;
  std::vector<Queued> elements;
  const bool unread = collect_queue(trace, ops, table, elements);
  std::int64_t lost = 0;
  std::int64_t unexpected = 0;
  std::int64_t duplicated = 0;
  std::int64_t recovered = 0;
  std::int64_t risen = 0;
  for (std::size_t at = 0; at < elements.size(); ++at) {
    const Queued& one = elements[at];
    const std::string text = trace.data.text(table.value(static_cast<std::uint32_t>(at)));
    const std::int64_t missing = one.acknowledged - one.dequeued;
    if (missing > 0) {
      lost += missing;
      if (!unread) result.find("lost", text + " was enqueued and never came out", {one.op});
    }
    if (one.attempted == 0 && one.dequeued > 0) {
      (one.failed > 0 ? risen : unexpected) += one.dequeued;
      result.find(one.failed > 0 ? "failed-enqueue-seen" : "unexpected",
                  text + (one.failed > 0 ? " came out though its enqueue failed"
                                         : " came out and nobody had enqueued it"),
                  {one.op});
    } else if (one.dequeued > one.attempted) {
      duplicated += one.dequeued - one.attempted;
    }
    recovered +=
        std::max<std::int64_t>(0, std::min(one.dequeued, one.attempted) - one.acknowledged);
  }
  if (lost > 0 && unread) {
    result.unknown("dequeues of unknown outcome may have taken what is missing");
  }
  result.count("elements", elements.size());
  result.count("lost", static_cast<std::uint64_t>(lost));
  result.count("unexpected", static_cast<std::uint64_t>(unexpected));
  result.count("failed_but_seen", static_cast<std::uint64_t>(risen));
  result.count("duplicated", static_cast<std::uint64_t>(duplicated));
  result.count("recovered", static_cast<std::uint64_t>(recovered));
  if (duplicated > 0) result.notes.push_back("duplicates alone do not make a queue invalid");
  return result;
}

}  // namespace

Judgement judge_counter(const Trace& trace, const LinearOptions& options) {
  Judgement result;
  result.checker = "counter";
  std::uint64_t adds = 0;
  for (const Op& op : trace.ops) {
    const bool is_add = op.action == Action::add;
    adds += is_add;
    const bool seen = op.action == Action::read && op.outcome == Outcome::ok;
    if (!is_add && op.action != Action::read) {
      result.unknown("there is nothing to judge: a counter has no operation " +
                     std::string(name_of(op.action)));
      return result;
    }
    if ((is_add && !op.input.is_number()) ||
        (seen && !op.output.is_number() && !op.output.is_nil())) {
      result.unknown(
          "there is nothing to judge: a counter adds and returns numbers, and not as in " +
          describe(trace, op));
      return result;
    }
  }
  std::uint64_t reads = 0;
  std::uint64_t wrong = 0;
  const Grouped<std::uint32_t> by_key = ops_by_key(trace);
  const Datum initial = options.model.initial;
  for (std::uint32_t key = 0; key < by_key.groups(); ++key) {
    judge_counter_key(trace, by_key.of(key), initial.is_number() ? initial.number() : 0, result,
                      reads, wrong);
  }
  result.count("reads", reads);
  result.count("errors", wrong);
  if (reads == 0) {
    result.unknown("there is nothing to judge: the counter was never read");
  } else if (adds == 0 && wrong == 0) {
    result.unknown("there is nothing to judge: nothing was added");
  }
  return result;
}

Judgement judge_total_queue(const Trace& trace, const LinearOptions&) {
  Judgement sum = judge_by_key(trace, judge_queue_of);
  unknown_if_none(sum, "elements", "no element went in or came out");
  return sum;
}

Judgement judge_unique_ids(const Trace& trace, const LinearOptions&) {
  Judgement result;
  result.checker = "unique-ids";
  ElementTable table;
  std::vector<std::uint32_t> first;
  std::uint64_t acknowledged = 0;
  std::uint64_t duplicated = 0;
  for (std::uint32_t i = 0; i < trace.ops.size(); ++i) {
    const Op& op = trace.ops[i];
    if (op.action != Action::generate || op.outcome != Outcome::ok) continue;
    ++acknowledged;
    const std::uint32_t at = table.intern(op.output);
    if (at == first.size()) {
      first.push_back(i);
      continue;
    }
    ++duplicated;
    result.find("duplicate",
                describe(trace, op) + " gave the id of " + describe(trace, trace.ops[first[at]]),
                {first[at], i});
  }
  result.count("acknowledged", acknowledged);
  result.count("duplicated", duplicated);
  if (acknowledged == 0) result.unknown("there is nothing to judge");
  return result;
}

}  // namespace holdfast::checkers
