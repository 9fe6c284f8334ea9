#include "workloads/register.h"

#include "workloads/mix.h"

namespace holdfast::workloads {
namespace {

class Register : public Workload {
 public:
  Register(const Parameters& parameters, Duration duration, std::uint64_t seed)
      : mix_(parameters, count_mix(parameters, duration, true), duration, seed) {}

  Step next(std::int64_t now_ns) override { return mix_.next(now_ns); }
  std::uint64_t operations() const override { return mix_.operations(); }
  Step next_final() override { return {}; }

 private:
  Mix mix_;
};

std::unique_ptr<Workload> make(const Parameters& parameters, Duration duration,
                               std::uint64_t seed) {
  return std::make_unique<Register>(parameters, duration, seed);
}

OperationCounts count(const Parameters& parameters, Duration duration) {
  const MixCounts mix = count_mix(parameters, duration, true);
  return {mix.reads, mix.first_writes + mix.overwrites};
}

}  // namespace

WorkloadKind register_kind() {
  return {"register",
          "reads, writes and deletes of unique values, each key overwritten now and then",
          {"lost-writes", "stale-reads", "convergence", "hint-ledger", "availability"},
          make,
          count};
}

}  // namespace holdfast::workloads
