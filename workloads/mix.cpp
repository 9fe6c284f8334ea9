#include "workloads/mix.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::workloads {
namespace {

constexpr std::uint64_t kSecond_ns = 1'000'000'000;

std::uint64_t duration_ns(const Parameters& parameters, Duration duration, std::uint64_t total) {
  if (duration.count() > 0) return static_cast<std::uint64_t>(to_us(duration)) * 1000;
  if (parameters.rate == 0) return 0;
  return total / parameters.rate * kSecond_ns +
         total % parameters.rate * kSecond_ns / parameters.rate;
}

std::vector<std::uint32_t> shuffled(std::uint64_t keys, std::uint64_t count, Random& random) {
  std::vector<std::uint32_t> order(keys);
  for (std::uint64_t i = 0; i < keys; ++i) order[i] = static_cast<std::uint32_t>(i);
  for (std::uint64_t i = keys; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  order.resize(count);
  return order;
}

}  // namespace

MixCounts count_mix(const Parameters& parameters, Duration duration, bool overwrites) {
  const std::uint64_t reads = parameters.reads_per_mille;
  std::uint64_t writes = parameters.writes;
  if (writes == 0 && parameters.rate > 0 && duration.count() > 0) {
    const auto ms = static_cast<std::uint64_t>(duration.count()) / 1000;
    const std::uint64_t operations = parameters.rate * ms / 1000;
    writes = std::max<std::uint64_t>(operations * (1000 - reads) / 1000, 1);
  } else if (writes == 0) {
    writes = parameters.keys + parameters.keys * parameters.overwrites_per_mille / 1000;
  }
  MixCounts counts;
  counts.first_writes = std::min(parameters.keys, writes);
  if (overwrites) counts.overwrites = writes - counts.first_writes;
  counts.deletes = counts.overwrites * parameters.deletes_per_mille / 1000;
  counts.reads = (counts.first_writes + counts.overwrites) * reads / (1000 - reads);
  return counts;
}

Mix::Mix(const Parameters& parameters, const MixCounts& counts, Duration duration,
         std::uint64_t seed)
    : left_(counts),
      total_(counts.operations()),
      random_(derive_seed(seed, "workload")),
      distribution_(parameters.key_choice, counts.first_writes, parameters.zipf_per_mille),
      pace_(total_, duration_ns(parameters, duration, total_),
            parameters.burst_every_ms * 1'000'000) {
  Random order(derive_seed(seed, "key-order"));
  order_ = shuffled(parameters.keys, counts.first_writes, order);
}

Step Mix::next(std::int64_t now_ns) {
  Step step;
  if (issued_ == total_) return step;
  const std::int64_t due_ns = pace_.due_ns(issued_);
  if (due_ns > now_ns) {
    step.kind = Step::Kind::wait;
    step.until_ns = due_ns;
    return step;
  }
  ++issued_;
  step.kind = Step::Kind::request;
  step.until_ns = due_ns;
  step.request = draw();
  return step;
}

// Each choice falls with the share that is left of its kind, so that the counts come out exactly.
Request Mix::draw() {
  const std::uint64_t left = left_.operations();
  CHECK(left > 0);
  const bool read = written_ > 0 && random_.chance(left_.reads, left);
  if (!read && left_.first_writes + left_.overwrites > 0) return draw_write();
  CHECK(left_.reads > 0);
  --left_.reads;
  return {checkers::Function::read, order_[distribution_.draw(written_, random_)], checkers::kNil};
}

Request Mix::draw_write() {
  const std::uint64_t left = left_.first_writes + left_.overwrites;
  const bool overwrite = written_ > 0 && random_.chance(left_.overwrites, left);
  if (!overwrite) {
    --left_.first_writes;
    return {checkers::Function::write, order_[written_++], next_value_++};
  }
  const bool deletes = random_.chance(left_.deletes, left_.overwrites);
  --left_.overwrites;
  const std::uint64_t key = order_[distribution_.draw(written_, random_)];
  if (!deletes) return {checkers::Function::write, key, next_value_++};
  --left_.deletes;
  return {checkers::Function::del, key, checkers::kNil};
}

}  // namespace holdfast::workloads
