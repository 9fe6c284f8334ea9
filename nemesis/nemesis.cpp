#include "nemesis/nemesis.h"

#include <algorithm>
#include <set>
#include <utility>

#include "nemesis/effects.h"
#include "nemesis/fault_type.h"
#include "node/base/check.h"
#include "node/base/hash.h"

namespace holdfast::nemesis {

namespace {

constexpr Duration kWaitMost = std::chrono::minutes(10);  // for what a fault comes after
constexpr Duration kWaitPoll = std::chrono::milliseconds(200);

}  // namespace

// Shared with the cluster's pending callbacks, which may come after the nemesis has gone.
struct Nemesis::State : std::enable_shared_from_this<Nemesis::State> {
  State(ClusterView& view, Schedule schedule, Options options)
      : view(view), schedule(std::move(schedule)), options(std::move(options)), effects(view) {}

  void start();
  void arrange(PlannedFault planned, Duration wait, std::uint64_t same, bool counted);
  void come(PlannedFault planned, std::uint64_t same, bool counted);
  void await(const PlannedFault& planned, Random random, std::int64_t until_ns);
  void strike(const PlannedFault& planned, Random random);
  void strike_in_turn(PlannedFault planned, const std::string& by, Random random);
  void strike_plain(PlannedFault planned, std::string by, Random random);
  void inject(PlannedFault planned, std::string by, std::vector<NodeId> nodes);
  void end(std::size_t index);
  void heal();
  void record(PlannedFault planned, std::string by);
  bool within_budget(const PlannedFault& planned, const std::vector<NodeId>& nodes);
  bool destroys(const PlannedFault& planned) const;

  ClusterView& view;
  Schedule schedule;
  Options options;
  Effects effects;
  std::int64_t origin_ns = 0;
  std::size_t open = 0;  // faults that have not struck yet, or that will end by themselves
  bool healed = false;
  std::set<NodeId> destroyed;
  std::vector<InjectedFault> injected;
  std::vector<std::string> left_out;
};

void Nemesis::State::start() {
  origin_ns = view.now_ns();
  open = schedule.size();
  std::map<std::pair<Duration, std::string>, std::uint64_t> seen;
  for (const PlannedFault& planned : schedule) {
    // Its stream depends on what it is, not on what else the schedule has.
    const std::uint64_t same = seen[{planned.at, planned.fault}]++;
    arrange(planned, planned.at, same, true);
  }
}

// `counted`: that it will strike is among those open.
void Nemesis::State::arrange(PlannedFault planned, Duration wait, std::uint64_t same,
                             bool counted) {
  view.after(wait,
             [weak = weak_from_this(), planned = std::move(planned), same, counted]() mutable {
               if (const auto self = weak.lock()) self->come(std::move(planned), same, counted);
             });
}

// Its time has come; with `every` another one follows. Without an end it goes on beside a load that
// ends by itself, so nobody waits for it.
void Nemesis::State::come(PlannedFault planned, std::uint64_t same, bool counted) {
  if (healed) return;
  if (!counted) ++open;
  if (planned.every && (!planned.until || planned.at + *planned.every < *planned.until)) {
    PlannedFault next = planned;
    next.at += *planned.every;
    const bool awaited = planned.until.has_value();
    if (awaited) ++open;
    arrange(std::move(next), *planned.every, same, awaited);
  }
  const Random random(derive_seed(options.seed, "nemesis", hash64(planned.fault),
                                  static_cast<std::uint64_t>(to_us(planned.at)), same));
  const bool quiet = planned.is_quiet(planned.at);
  planned.every.reset();
  planned.until.reset();
  planned.quiet.clear();
  if (quiet) {
    --open;
  } else if (planned.after == PlannedFault::Event::none) {
    strike(planned, random);
  } else {
    await(planned, random, view.now_ns() + to_us(kWaitMost) * 1000);
  }
}

void Nemesis::State::await(const PlannedFault& planned, Random random, std::int64_t until_ns) {
  const auto look = [weak = weak_from_this(), planned, random, until_ns](bool is_so) {
    const auto self = weak.lock();
    if (!self || self->healed) return;
    if (is_so) {
      PlannedFault now = planned;
      now.after = PlannedFault::Event::none;
      return self->strike(now, random);
    }
    if (self->view.now_ns() >= until_ns) {
      --self->open;
      self->left_out.push_back(planned.fault + " at " + format_duration(planned.at) +
                               ": what it waited for did not come about");
      return;
    }
    self->view.after(kWaitPoll, [weak, planned, random, until_ns] {
      if (const auto again = weak.lock()) again->await(planned, random, until_ns);
    });
  };
  planned.after == PlannedFault::Event::drained ? view.is_drained(look) : view.is_converged(look);
}

void Nemesis::State::strike(const PlannedFault& planned, Random random) {
  if (healed) return;
  if (planned.fault == kHeal) {
    --open;
    effects.heal();
    for (InjectedFault& each : injected) {
      if (each.end_ns) continue;
      each.end_ns = view.now_ns();
      if (each.planned.length) --open;
    }
    return record(planned, "");
  }
  const FaultType& type = *find_fault_type(planned.fault);
  if (type.find == nullptr) return strike_plain(planned, "", random);
  type.find(planned, view, random,
            [weak = weak_from_this(), by = planned.fault, random](std::vector<PlannedFault> plain) {
              const auto self = weak.lock();
              if (!self || self->healed) return;
              self->open += plain.size();
              --self->open;
              for (PlannedFault& each : plain) self->strike_in_turn(std::move(each), by, random);
            });
}

void Nemesis::State::strike_in_turn(PlannedFault planned, const std::string& by, Random random) {
  if (planned.at.count() == 0) return strike_plain(std::move(planned), by, random);
  const Duration wait = planned.at;
  view.after(wait, [weak = weak_from_this(), planned = std::move(planned), by, random]() mutable {
    const auto self = weak.lock();
    if (self && !self->healed) self->strike_plain(std::move(planned), by, random);
  });
}

void Nemesis::State::strike_plain(PlannedFault planned, std::string by, Random random) {
  const NodeSpec spec = planned.on;
  resolve(spec, view, random,
          [weak = weak_from_this(), planned = std::move(planned),
           by = std::move(by)](std::vector<NodeId> nodes) mutable {
            const auto self = weak.lock();
            if (!self || self->healed) return;
            self->inject(std::move(planned), std::move(by), std::move(nodes));
          });
}

void Nemesis::State::inject(PlannedFault planned, std::string by, std::vector<NodeId> nodes) {
  if (nodes.empty() || !within_budget(planned, nodes)) {
    --open;
    return;
  }
  planned.on = spec_of(nodes);
  const Duration lasts = find_fault_type(planned.fault)->lasts;
  if (lasts.count() > 0) planned.length = std::max(planned.length.value_or(Duration(0)), lasts);
  find_fault_type(planned.fault)->begin(planned, nodes, effects);
  const std::optional<Duration> length = planned.length;
  record(std::move(planned), std::move(by));
  if (!length) {
    --open;
    return;
  }
  view.after(*length, [weak = weak_from_this(), index = injected.size() - 1] {
    if (const auto self = weak.lock()) self->end(index);
  });
}

void Nemesis::State::record(PlannedFault planned, std::string by) {
  const std::int64_t now_ns = view.now_ns();
  planned.at = Duration((now_ns - origin_ns) / 1000);
  InjectedFault fault{std::move(planned), std::move(by), now_ns, std::nullopt};
  if (is_over_at_once(fault.planned)) fault.end_ns = now_ns;
  injected.push_back(std::move(fault));
  if (options.on_inject) options.on_inject(injected.back());
}

void Nemesis::State::end(std::size_t index) {
  if (healed) return;
  InjectedFault& fault = injected[index];
  if (fault.end_ns && !is_over_at_once(fault.planned)) return;  // healed by the schedule
  --open;
  find_fault_type(fault.planned.fault)->end(fault.planned, fault.planned.on.nodes, effects);
  if (!fault.end_ns) fault.end_ns = view.now_ns();
}

void Nemesis::State::heal() {
  if (healed) return;
  healed = true;
  effects.heal();
  for (InjectedFault& each : injected) {
    if (!each.end_ns) each.end_ns = view.now_ns();
  }
  PlannedFault heal;
  heal.fault = kHeal;
  record(std::move(heal), "");
}

bool Nemesis::State::destroys(const PlannedFault& planned) const {
  const checkers::FaultEffects effects = find_fault_type(planned.fault)->effects(planned);
  return effects.destroys_synced() || (effects.may_forget() && options.power_loss_destroys);
}

// Conservative: it does not know when repair has made up for a destroyed copy.
bool Nemesis::State::within_budget(const PlannedFault& planned, const std::vector<NodeId>& nodes) {
  if (!destroys(planned)) return true;
  std::set<NodeId> after = destroyed;
  after.insert(nodes.begin(), nodes.end());
  if (options.protect && after.size() > 1) {
    left_out.push_back(planned.fault + " on " + to_string(spec_of(nodes)) +
                       ": data may be destroyed on one node only");
    return false;
  }
  destroyed = std::move(after);
  return true;
}

Nemesis::Nemesis(ClusterView& view, Schedule schedule, Options options)
    : state_(std::make_shared<State>(view, std::move(schedule), std::move(options))) {}
Nemesis::~Nemesis() = default;

void Nemesis::start() { state_->start(); }
bool Nemesis::done() const { return state_->healed || state_->open == 0; }
void Nemesis::heal() { state_->heal(); }
const std::vector<InjectedFault>& Nemesis::injected() const { return state_->injected; }
const std::vector<std::string>& Nemesis::left_out() const { return state_->left_out; }

}  // namespace holdfast::nemesis
