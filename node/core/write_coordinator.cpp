#include "node/core/write_coordinator.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"

namespace holdfast::node {
namespace {

// Large values under way fill the memory before their number reaches its limit. A single one is
// always let through.
constexpr std::uint64_t kMaxBytesInFlight = std::uint64_t{256} << 20;

}  // namespace

WriteCoordinator::WriteCoordinator(Context& context, Replica& replica, Hints& hints)
    : context_(context), replica_(replica), hints_(hints), next_id_(context.first_request()) {}

bool WriteCoordinator::Target::has_tried(NodeId node) const {
  return std::find(holders.begin(), holders.begin() + tries, node) != holders.begin() + tries;
}

QuorumRule WriteCoordinator::rule_of(const RequestOptions& options) const {
  const Config& config = context_.config;
  QuorumRule rule{options.quorum.value_or(config.quorum), options.w.value_or(config.w),
                  options.pw.value_or(config.pw), config.hint_counts};
  if (config.has(Bug::strict_counts_hints)) rule.kind = QuorumKind::sloppy;
  if (config.has(Bug::write_ignores_pw)) rule.needed_homes = 0;
  rule.node_counts_twice = config.has(Bug::one_node_counts_twice);
  rule.duplicate_counts = config.has(Bug::duplicate_ack_counts);
  return rule;
}

void WriteCoordinator::begin(Address client, ClientWrite request) {
  ++context_.counters.writes;
  const QuorumRule rule = rule_of(request.options);
  const std::uint32_t range = context_.ring.range_of(token_of(request.key));
  bound_lingering(request.value.size());
  std::string detail;
  if (const ErrorCode error = obstacle(request, rule, range, detail); error != ErrorCode::none) {
    return context_.refuse(client, error, std::move(detail));
  }
  OperationId operation = request.id;
  if (!operation.is_set()) {
    operation.high = context_.random.next();
    operation.low = context_.random.next() | 1;
  }
  const Duration timeout = request.options.timeout.value_or(context_.config.request_timeout);
  const Duration patience = std::min(timeout, context_.config.request_timeout);
  const SteadyTime now = context_.now.steady;
  const std::uint64_t id = next_id_++;
  Write& write =
      writes_
          .emplace(id, Write{client, std::move(request.key),
                             Row{context_.clock.next(context_.now.wall), operation, request.deleted,
                                 std::move(request.value)},
                             range, Quorum(rule), now + timeout, now + patience, patience})
          .first->second;
  bytes_in_flight_ += write.row.value.size();
  deadlines_.add(write.next_step, id);
  for (const NodeId home : context_.ring.home_replicas(range)) {
    write.targets[write.target_count++].home = home;
  }
  for (Target& target : write.all_targets()) ask_home(id, write, target);
  if (context_.config.has(Bug::unavailable_after_send) &&
      most_acks_possible(rule, range) < rule.needed) {
    reply(write, ErrorCode::unavailable, "too few nodes are up");
  }
  settle(id, write);
}

ErrorCode WriteCoordinator::obstacle(const ClientWrite& request, const QuorumRule& rule,
                                     std::uint32_t range, std::string& detail) const {
  const Config& config = context_.config;
  if (request.key.empty() || request.key.size() > config.max_key_bytes) {
    detail = "the key must have 1 to " + std::to_string(config.max_key_bytes) + " bytes";
    return ErrorCode::invalid_request;
  }
  if (request.value.size() > config.max_value_bytes) {
    detail = "the value exceeds " + std::to_string(config.max_value_bytes) + " bytes";
    return ErrorCode::invalid_request;
  }
  if (rule.needed == 0 || rule.needed > config.n || rule.needed_homes > rule.needed) {
    detail = "expected 1 <= W <= N = " + std::to_string(config.n) + " and PW <= W";
    return ErrorCode::invalid_request;
  }
  if (config.has(Bug::overloaded_now_and_then) && context_.counters.writes % 16 == 0) {
    detail = "no reason at all";
    return ErrorCode::overloaded;
  }
  const std::size_t unanswered = writes_.size() - lingering_;
  if (unanswered >= config.requests_in_flight) {
    detail = std::to_string(unanswered) + " writes are under way";
    return ErrorCode::overloaded;
  }
  if (bytes_in_flight_ > 0 && bytes_in_flight_ + request.value.size() > kMaxBytesInFlight) {
    detail = std::to_string(bytes_in_flight_ >> 20) + " MiB of writes are under way";
    return ErrorCode::overloaded;
  }
  const auto homes = context_.ring.home_replicas(range);
  const auto down = std::count_if(homes.begin(), homes.end(),
                                  [&](NodeId home) { return !context_.detector.is_up(home); });
  const bool silent = config.has(Bug::overload_drops_hints_silently);
  if (down > 0 && hints_in_flight_ >= config.hints_in_flight && !silent) {
    detail = std::to_string(hints_in_flight_) + " hints are under way";
    return ErrorCode::overloaded;
  }
  if (config.has(Bug::unavailable_after_send)) return ErrorCode::none;
  const std::uint32_t possible = most_acks_possible(rule, range);
  const auto up = static_cast<std::uint32_t>(homes.size()) - static_cast<std::uint32_t>(down);
  if (possible < rule.needed || up < rule.needed_homes) {
    detail = std::to_string(up) + " of " + std::to_string(homes.size()) +
             " home replicas are up, W = " + std::to_string(rule.needed);
    return ErrorCode::unavailable;
  }
  return ErrorCode::none;
}

std::uint32_t WriteCoordinator::most_acks_possible(const QuorumRule& rule,
                                                   std::uint32_t range) const {
  const auto list = context_.ring.preference_list(range);
  std::uint32_t up_homes = 0;
  std::uint32_t up_others = 0;
  bool self_is_home = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool home = i < context_.ring.n();
    self_is_home |= home && list[i] == context_.self();
    if (!context_.detector.is_up(list[i])) continue;
    ++(home ? up_homes : up_others);
  }
  if (rule.kind == QuorumKind::strict || !rule.hints_count) return up_homes;
  const std::uint32_t missing = context_.ring.n() - up_homes;
  switch (context_.config.hint_holder) {
    case HintHolder::none:
      return up_homes;
    case HintHolder::coordinator:
      return up_homes + std::min(missing, self_is_home ? 0u : 1u);
    case HintHolder::fallback:
      return up_homes + std::min(missing, up_others);
  }
  return up_homes;
}

void WriteCoordinator::ask_home(std::uint64_t id, Write& write, Target& target) {
  if (target.home == context_.self()) {
    if (context_.config.has(Bug::local_write_dropped) && writes_.size() > 4) {
      target.state = TargetState::missed;
      return;
    }
    replica_.merge(write.key, write.row);
    write.reply_needs = std::max(write.reply_needs, context_.store_durability());
    return acknowledge(write, target, {target.home, Role::home, kNoNode});
  }
  if (!context_.detector.is_up(target.home)) return place_hint(id, write, target, false);
  if (context_.config.has(Bug::alive_counts_as_acked)) {
    write.quorum.add({target.home, Role::home, kNoNode});
  }
  target.may_acknowledge = true;
  context_.send(target.home, Durability::none,
                ReplicaWrite{request_of(id, write, target), write.key, write.row, kNoNode});
}

void WriteCoordinator::place_hint(std::uint64_t id, Write& write, Target& target, bool late) {
  const Config& config = context_.config;
  target.state = TargetState::missed;
  const bool off = config.hint_holder == HintHolder::none;
  if (off && !(late && config.has(Bug::hints_off_only_for_the_dead))) return;
  if (late && config.has(Bug::hint_only_for_the_dead)) return;
  const bool overloaded = hints_in_flight_ >= config.hints_in_flight;
  if (overloaded && config.has(Bug::overload_drops_hints_silently)) return;
  if (late && config.has(Bug::window_ignored_for_late_replicas)) {
    return keep_hint_here(write, target, true);
  }
  if (late && config.has(Bug::late_hint_refused_by_no_cap)) {
    ++context_.counters.hints_refused[static_cast<std::size_t>(HintRefusal::cap)];
    return;
  }
  if (!hints_.window_open(target.home)) {
    // Nobody would take it: every node has seen the destination go away.
    ++context_.counters.hints_refused[static_cast<std::size_t>(HintRefusal::window)];
    return;
  }
  while (target.tries < kHolderTries) {
    const NodeId holder = choose_holder(write, target);
    if (holder == kNoNode) break;
    target.holders[target.tries++] = holder;
    if (holder != context_.self()) {
      target.state = TargetState::hinting;
      ++hints_in_flight_;
      context_.send(holder, Durability::none,
                    ReplicaWrite{request_of(id, write, target), write.key, write.row, target.home});
      return;
    }
    keep_hint_here(write, target);
    if (target.state == TargetState::done) return;
  }
  ++context_.counters.hints_refused[static_cast<std::size_t>(HintRefusal::no_holder)];
}

NodeId WriteCoordinator::choose_holder(Write& write, const Target& target) const {
  if (context_.config.hint_holder == HintHolder::coordinator) {
    return target.tries == 0 ? context_.self() : kNoNode;
  }
  const auto holds_another = [&](NodeId node) {
    const auto targets = write.all_targets();
    return std::any_of(targets.begin(), targets.end(), [&](const Target& other) {
      return other.home != target.home && other.has_tried(node);
    });
  };
  const auto fallbacks = context_.ring.preference_list(write.range).subspan(context_.ring.n());
  // A node that holds nothing of this write yet, or else any that was not asked for this target.
  for (const bool distinct : {true, false}) {
    for (const NodeId node : fallbacks) {
      if (!context_.detector.is_up(node) || target.has_tried(node)) continue;
      if (!distinct || !holds_another(node)) return node;
    }
  }
  // With no fallback left, the coordinator keeps it. If it is a home replica itself that counts
  // towards no quorum, but the destination will get its write.
  return target.has_tried(context_.self()) ? kNoNode : context_.self();
}

void WriteCoordinator::keep_hint_here(Write& write, Target& target, bool ignore_window) {
  const HintRefusal refusal = hints_.store(target.home, write.key, write.row, ignore_window);
  if (refusal != HintRefusal::none) return;
  write.reply_needs = std::max(write.reply_needs, context_.hint_durability());
  acknowledge(write, target, {context_.self(), Role::hint, target.home});
}

void WriteCoordinator::end_hinting() {
  CHECK(hints_in_flight_ > 0);
  --hints_in_flight_;
}

void WriteCoordinator::acknowledge(Write& write, Target& target, Ack ack) {
  // A hint stands for the home replica it is for; a home replica stands for itself.
  CHECK(ack.role == Role::hint ? ack.destination == target.home : ack.node == target.home);
  target.state = TargetState::done;
  write.quorum.add(ack);
}

void WriteCoordinator::receive(NodeId from, const ReplicaWriteReply& reply) {
  const std::uint64_t id = reply.request >> kIdShift;
  const auto found = writes_.find(id);
  if (found == writes_.end()) return;
  Write& write = found->second;
  const std::uint64_t index = reply.request & (kRepairBit - 1);
  if (index >= write.target_count) return;
  Target& target = write.targets[index];
  if (from == target.home) {
    // It may come late, when a holder was asked already: both count, each by its node.
    if (target.state == TargetState::hinting) end_hinting();
    target.may_acknowledge = false;
    acknowledge(write, target, {from, Role::home, kNoNode});
  } else if (target.has_tried(from)) {
    if (target.state == TargetState::hinting) end_hinting();
    if (reply.refusal == HintRefusal::none) {
      acknowledge(write, target, {from, Role::hint, target.home});
    } else if (target.state == TargetState::hinting && reply.refusal == HintRefusal::window) {
      target.state = TargetState::missed;
    } else if (target.state == TargetState::hinting) {
      place_hint(id, write, target, true);
    }
  }
  const std::size_t before = writes_.size();
  settle(id, write);
  if (writes_.size() == before) return;  // the earliest deadline is as live as it was
  deadlines_.prune([this](std::uint64_t live, SteadyTime) { return writes_.contains(live); });
}

void WriteCoordinator::settle(std::uint64_t id, Write& write) {
  if (!write.replied && write.quorum.met()) reply(write, ErrorCode::none, {});
  for (const Target& target : write.all_targets()) {
    if (target.state == TargetState::waiting || target.state == TargetState::hinting) return;
    // It has a hint, but the client is willing to wait for itself.
    if (target.may_acknowledge && !write.replied) return;
  }
  if (!write.replied) {
    reply(write, ErrorCode::quorum_failed, "too few nodes could take the write");
  }
  CHECK(write.replied && lingering_ > 0 && lingering_ <= writes_.size());
  CHECK(bytes_in_flight_ >= write.row.value.size());
  bytes_in_flight_ -= write.row.value.size();
  --lingering_;
  CHECK(writes_.erase(id) == 1);
}

void WriteCoordinator::reply(Write& write, ErrorCode error, std::string detail) {
  CHECK(!write.replied);
  // A success has its quorum, and says so.
  CHECK(error != ErrorCode::none || write.quorum.met());
  write.replied = true;
  ++lingering_;
  ClientReply reply;
  reply.error = error;
  reply.detail = std::move(detail);
  reply.found = !write.row.deleted;
  reply.version = write.row.version;
  reply.id = write.row.id;
  reply.acks = write.quorum.acks();
  reply.real_acks = write.quorum.homes();
  reply.hint_acks = write.quorum.hints();
  context_.send(write.client, write.reply_needs, std::move(reply));
}

void WriteCoordinator::tick() {
  const auto is_live = [this](std::uint64_t id, SteadyTime) { return writes_.contains(id); };
  for (deadlines_.prune(is_live); deadlines_.next() <= context_.now.steady;
       deadlines_.prune(is_live)) {
    const std::uint64_t id = deadlines_.take();
    give_up_waiting(id, writes_.find(id)->second);
  }
}

void WriteCoordinator::give_up_waiting(std::uint64_t id, Write& write) {
  if (!write.replied && write.deadline <= context_.now.steady) {
    const bool lie = context_.config.has(Bug::timeout_is_failure);
    reply(write, lie ? ErrorCode::unavailable : ErrorCode::timeout,
          std::to_string(write.quorum.acks().size()) + " nodes acknowledged in time");
  }
  for (Target& target : write.all_targets()) {
    if (target.state == TargetState::hinting) end_hinting();
    if (target.state == TargetState::waiting || target.state == TargetState::hinting) {
      place_hint(id, write, target, true);
    }
  }
  write.next_step = context_.now.steady + write.patience;
  if (!write.replied) write.next_step = std::min(write.next_step, write.deadline);
  deadlines_.add(write.next_step, id);
  settle(id, write);
}

void WriteCoordinator::bound_lingering(std::uint64_t bytes_more) {
  const auto too_many = [&] {
    return lingering_ >= context_.config.requests_in_flight ||
           bytes_in_flight_ + bytes_more > kMaxBytesInFlight;
  };
  while (lingering_ > 0 && too_many()) {
    const auto oldest = std::find_if(writes_.begin(), writes_.end(),
                                     [](const auto& entry) { return entry.second.replied; });
    Write& write = oldest->second;
    for (Target& target : write.all_targets()) {
      if (target.state == TargetState::hinting) end_hinting();
      if (target.state != TargetState::waiting && target.state != TargetState::hinting) continue;
      target.state = TargetState::missed;
      if (context_.config.hint_holder != HintHolder::none) keep_hint_here(write, target);
    }
    settle(oldest->first, write);
  }
}

std::uint64_t WriteCoordinator::request_of(std::uint64_t id, const Write& write,
                                           const Target& target) const {
  return id << kIdShift | static_cast<std::uint64_t>(&target - write.targets.data());
}

}  // namespace holdfast::node
