#include "bench/generated_trace.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "node/base/random.h"

namespace holdfast::bench {
namespace {

using checkers::Action;
using checkers::Datum;
using checkers::Op;

std::int64_t exponential(Random& random, double mean) {
  const double uniform = (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
  return static_cast<std::int64_t>(-std::log(uniform) * mean);
}

class Generator {
 public:
  explicit Generator(const TraceShape& shape)
      : shape_(shape), random_(derive_seed(shape.seed, "trace")) {}

  checkers::Trace make() {
    trace_.axis = checkers::Axis::time_ns;
    for (std::uint64_t k = 0; k < shape_.keys; ++k) {
      trace_.keys.push_back(shape_.keys == 1 ? "" : "k" + std::to_string(k));
    }
    trace_.phases = {"load"};
    invoke_all();
    take_effect();
    if (shape_.stale) make_stale();
    return std::move(trace_);
  }

 private:
  void invoke_all() {
    using Free = std::pair<std::int64_t, std::uint32_t>;  // when, which process
    std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
    for (std::uint32_t c = 0; c < shape_.clients; ++c) {
      free.emplace(static_cast<std::int64_t>(random_.below(1'000'000)), c);
    }
    auto processes = static_cast<std::uint32_t>(shape_.clients);
    trace_.ops.reserve(shape_.operations);
    for (std::uint64_t i = 0; i < shape_.operations; ++i) {
      auto [now, process] = free.top();
      free.pop();
      Op op;
      op.call = now;
      op.ret = now + 200'000 + exponential(random_, 1e6);
      op.process = process;
      op.key = static_cast<std::uint32_t>(random_.below(shape_.keys));
      op.event = static_cast<std::uint32_t>(2 * i);
      op.action = action();
      op.outcome = checkers::Outcome::ok;
      std::int64_t at = now + static_cast<std::int64_t>(
                                  random_.below(static_cast<std::uint64_t>(op.ret - now) + 1));
      const std::int64_t after =
          op.ret + exponential(random_, static_cast<double>(shape_.think_ns));
      if (op.action != Action::read && random_.chance(shape_.unknown_percent, 100)) {
        op.outcome = checkers::Outcome::info;
        op.ret = checkers::kNever_ns;
        if (random_.chance(1, 2)) at = checkers::kNever_ns;  // lost on the way
        process = processes++;
      }
      points_.push_back(at);
      trace_.ops.push_back(op);
      free.emplace(after, process);
    }
    for (std::uint32_t p = 0; p < processes; ++p) trace_.processes.push_back(std::to_string(p));
  }

  Action action() {
    const std::uint64_t draw = random_.below(100);
    if (draw < shape_.read_percent) return Action::read;
    return draw < shape_.read_percent + shape_.cas_percent ? Action::cas : Action::write;
  }

  void take_effect() {
    std::vector<std::uint32_t> order(trace_.ops.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::make_pair(points_[a], a) < std::make_pair(points_[b], b);
    });
    std::vector<Datum> values(shape_.keys);
    std::vector<Version> versions(shape_.keys);
    if (shape_.versions) trace_.versions.resize(trace_.ops.size());
    std::int64_t next = 1;
    bool wrote_once = false;
    for (const std::uint32_t i : order) {
      Op& op = trace_.ops[i];
      Datum& value = values[op.key];
      if (op.action == Action::read) {
        op.output = value;
        if (shape_.versions) trace_.versions[i] = versions[op.key];
        continue;
      }
      Datum written = Datum::of(next++);
      if (shape_.values != 0) {
        written = Datum::of(static_cast<std::int64_t>(random_.below(shape_.values)));
        const bool once = shape_.stale && !wrote_once && op.action == Action::write;
        if (once) written = kOnce;
        wrote_once |= once;
      }
      op.input = written;
      if (op.action == Action::cas) {
        op.input = value;
        op.output = written;
      }
      if (points_[i] == checkers::kNever_ns) continue;
      value = written;
      versions[op.key] = Version{points_[i] / 1000 + 1, static_cast<std::uint32_t>(i), 0, 1};
      if (shape_.versions) trace_.versions[i] = versions[op.key];
    }
  }

  // A read near the end returns what a write had replaced that another replaced in turn, all before
  // the read began. Among repeated values it returns one that was written once, long ago.
  void make_stale() {
    std::size_t at = trace_.ops.size() * 99 / 100;
    while (trace_.ops[at].action != Action::read) ++at;
    Op& read = trace_.ops[at];
    if (shape_.values != 0) {
      read.output = kOnce;
      return;
    }
    std::int64_t newest = 0;
    for (std::size_t i = 0; i < at; ++i) {
      const Op& op = trace_.ops[i];
      if (op.key == read.key && op.action == Action::write && op.ret < read.call) {
        newest = std::max(newest, op.call);
      }
    }
    for (std::size_t i = at; i-- > 0;) {
      const Op& op = trace_.ops[i];
      if (op.key != read.key || op.action != Action::write || op.ret >= newest) continue;
      read.output = op.input;
      return;
    }
  }

  static constexpr Datum kOnce = Datum::of(1'000'000);
  const TraceShape shape_;
  Random random_;
  checkers::Trace trace_;
  std::vector<std::int64_t> points_;
};

}  // namespace

checkers::Trace generate(const TraceShape& shape) { return Generator(shape).make(); }

checkers::Trace generate_set(std::uint64_t adds, std::uint64_t reads) {
  checkers::Trace trace;
  trace.axis = checkers::Axis::time_ns;
  trace.keys = {""};
  trace.processes = {"0", "1"};
  trace.phases = {"load"};
  std::vector<Datum> elements;
  std::int64_t now = 0;
  for (std::uint64_t i = 0; i < adds; ++i) {
    Op add{now, now + 1000,  Datum::of(static_cast<std::int64_t>(i)),
           {},  0,           0,
           0,   Action::add, checkers::Outcome::ok,
           0,   kNoNode};
    elements.push_back(add.input);
    trace.ops.push_back(add);
    now += 2000;
    if ((i + 1) % std::max<std::uint64_t>(1, adds / reads) != 0) continue;
    Op read{now,    now + 1000, {},           trace.data.list(elements), 1,
            0,      0,          Action::read, checkers::Outcome::ok,     0,
            kNoNode};
    trace.ops.push_back(read);
    now += 2000;
  }
  return trace;
}

}  // namespace holdfast::bench
