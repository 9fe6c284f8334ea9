#include "workloads/set.h"

#include "workloads/mix.h"

namespace holdfast::workloads {
namespace {

class Set : public Workload {
 public:
  Set(const Parameters& parameters, Duration duration, std::uint64_t seed)
      : mix_(parameters, count_mix(parameters, duration, false), duration, seed),
        keys_(parameters.keys) {}

  Step next(std::int64_t now_ns) override { return mix_.next(now_ns); }
  std::uint64_t operations() const override { return mix_.operations(); }

  Step next_final() override {
    Step step;
    if (read_ == keys_) return step;
    step.kind = Step::Kind::request;
    step.request.key = read_++;
    return step;
  }

 private:
  Mix mix_;
  std::uint64_t keys_;
  std::uint64_t read_ = 0;  // of the final reads
};

std::unique_ptr<Workload> make(const Parameters& parameters, Duration duration,
                               std::uint64_t seed) {
  return std::make_unique<Set>(parameters, duration, seed);
}

OperationCounts count(const Parameters& parameters, Duration duration) {
  const MixCounts mix = count_mix(parameters, duration, false);
  return {mix.reads + parameters.keys, mix.first_writes};
}

}  // namespace

WorkloadKind set_kind() {
  return {"set",
          "inserts of unique keys, then reads of all of them; overwrite_ratio does not apply",
          {"lost-writes", "stale-reads", "convergence", "hint-ledger", "availability"},
          make,
          count};
}

}  // namespace holdfast::workloads
