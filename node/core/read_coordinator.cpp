#include "node/core/read_coordinator.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/core/write_coordinator.h"

namespace holdfast::node {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

ReadCoordinator::ReadCoordinator(Context& context, Replica& replica, Hints& hints)
    : context_(context), replica_(replica), hints_(hints), next_id_(context.first_request()) {}

void ReadCoordinator::begin(Address client, ClientRead request) {
  ++context_.counters.reads;
  const Config& config = context_.config;
  const RequestOptions& options = request.options;
  const QuorumRule rule{options.quorum.value_or(config.quorum), options.r.value_or(config.r),
                        options.pr.value_or(config.pr), config.fallback_reads};
  const std::uint32_t range = context_.ring.range_of(token_of(request.key));
  std::string detail;
  if (const ErrorCode error = obstacle(request, rule, range, detail); error != ErrorCode::none) {
    return context_.refuse(client, error, std::move(detail));
  }
  const Duration timeout = options.timeout.value_or(config.request_timeout);
  const std::uint64_t id = next_id_++;
  Read read{client, std::move(request.key), range, rule};
  read.deadline = context_.now.steady + timeout;
  read.next_step = context_.now.steady + std::min(timeout, config.request_timeout) / 4;
  read.asked.reserve(config.n);
  read.answers.reserve(config.n);
  bound_lingering();
  Read& kept = reads_.emplace(id, std::move(read)).first->second;
  deadlines_.add(kept.next_step, id);
  const bool all = config.read_repair != ReadRepair::off;
  ask(id, kept, all ? SIZE_MAX : std::max(rule.needed, rule.needed_homes));
  settle(id, kept);
}

ErrorCode ReadCoordinator::obstacle(const ClientRead& request, const QuorumRule& rule,
                                    std::uint32_t range, std::string& detail) const {
  const Config& config = context_.config;
  if (request.key.empty() || request.key.size() > config.max_key_bytes) {
    detail = "the key must have 1 to " + std::to_string(config.max_key_bytes) + " bytes";
    return ErrorCode::invalid_request;
  }
  if (rule.needed == 0 || rule.needed > config.n || rule.needed_homes > rule.needed) {
    detail = "expected 1 <= R <= N = " + std::to_string(config.n) + " and PR <= R";
    return ErrorCode::invalid_request;
  }
  if (in_flight() >= config.requests_in_flight) {
    detail = std::to_string(in_flight()) + " reads are under way";
    return ErrorCode::overloaded;
  }
  const auto list = context_.ring.preference_list(range);
  const auto is_up = [&](NodeId node) { return context_.detector.is_up(node); };
  const auto homes = list.first(context_.ring.n());
  const auto up = static_cast<std::uint32_t>(std::count_if(homes.begin(), homes.end(), is_up));
  const bool fallbacks = rule.kind != QuorumKind::strict && rule.hints_count;
  const auto reachable =
      fallbacks ? static_cast<std::uint32_t>(std::count_if(list.begin(), list.end(), is_up)) : up;
  if (reachable < rule.needed || up < rule.needed_homes) {
    detail = std::to_string(up) + " of " + std::to_string(homes.size()) +
             " home replicas are up, R = " + std::to_string(rule.needed);
    return ErrorCode::unavailable;
  }
  return ErrorCode::none;
}

std::vector<NodeId> ReadCoordinator::candidates(const Read& read) const {
  std::vector<NodeId> nodes;
  const auto list = context_.ring.preference_list(read.range);
  const std::uint32_t n = context_.ring.n();
  nodes.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (context_.detector.is_up(list[i])) nodes.push_back(list[i]);
  }
  const auto self = std::find(nodes.begin(), nodes.end(), context_.self());
  if (self != nodes.end()) std::rotate(nodes.begin(), self, self + 1);
  if (read.rule.kind == QuorumKind::strict || !read.rule.hints_count) return nodes;
  // One fallback in the place of each home replica that is down.
  for (std::uint32_t i = n; i < list.size() && nodes.size() < n; ++i) {
    if (context_.detector.is_up(list[i])) nodes.push_back(list[i]);
  }
  return nodes;
}

void ReadCoordinator::ask(std::uint64_t id, Read& read, std::size_t how_many) {
  for (const NodeId node : candidates(read)) {
    if (read.asked.size() >= how_many) return;
    if (contains(read.asked, node)) continue;
    read.asked.push_back(node);
    const bool include_hints = !context_.ring.is_home(read.range, node);
    if (node == context_.self()) {
      read.answers.push_back({node, read_here(read.key, include_hints)});
      continue;
    }
    const Answer* const here = own(read);
    const Version known = here == nullptr ? Version{} : here->content.row.version;
    context_.send(node, Durability::none, ReplicaRead{id, read.key, include_hints, known});
  }
}

ReplicaReadReply ReadCoordinator::answer(const ReplicaRead& request) {
  const bool same = request.known.is_set() && !request.include_hints &&
                    replica_.version_of(request.key) == request.known;
  ReplicaReadReply answer = same ? ReplicaReadReply{.found = true, .same = true}
                                 : read_here(request.key, request.include_hints);
  answer.request = request.request;
  return answer;
}

ReplicaReadReply ReadCoordinator::read_here(std::string_view key, bool include_hints) {
  ReplicaReadReply answer;
  std::optional<Row> row = replica_.get(key);
  if (include_hints) {
    std::optional<Hint> held = hints_.newest_of(key);
    if (held && (!row || row->version < held->row.version)) {
      row = std::move(held->row);
      answer.role = Role::hint;
      answer.destination = held->destination;
    }
  }
  answer.found = row.has_value();
  if (row) answer.row = std::move(*row);
  return answer;
}

void ReadCoordinator::receive(NodeId from, ReplicaReadReply reply) {
  const auto found = reads_.find(reply.request);
  if (found == reads_.end()) return;
  Read& read = found->second;
  if (!contains(read.asked, from)) return;
  for (const Answer& answer : read.answers) {
    if (answer.node == from) return;
  }
  if (reply.same) {
    const Answer* here = own(read);
    if (here == nullptr) return;  // nobody asked for that
    reply.row.version = here->content.row.version;
    reply.row.id = here->content.row.id;
  }
  read.answers.push_back({from, std::move(reply)});
  CHECK(read.answers.size() <= read.asked.size());
  const std::size_t before = reads_.size();
  settle(found->first, read);
  if (reads_.size() == before) return;  // the earliest deadline is as live as it was
  deadlines_.prune([this](std::uint64_t id, SteadyTime at) {
    const auto live = reads_.find(id);
    return live != reads_.end() && live->second.next_step == at;
  });
}

void ReadCoordinator::receive(NodeId from, const ReplicaWriteReply& reply) {
  const auto found = reads_.find(reply.request >> WriteCoordinator::kIdShift);
  if (found == reads_.end()) return;
  std::erase(found->second.repairing, from);
  settle(found->first, found->second);
}

const ReadCoordinator::Answer* ReadCoordinator::own(const Read& read) const {
  const bool is_asked = !read.answers.empty() && read.answers.front().node == context_.self();
  return is_asked ? &read.answers.front() : nullptr;
}

bool ReadCoordinator::has_quorum(const Read& read) const {
  if (context_.config.has(Bug::read_quorum_of_one) && !read.answers.empty()) return true;
  std::uint32_t homes = 0;
  std::uint32_t fallbacks = 0;
  for (const Answer& answer : read.answers) {
    if (context_.ring.is_home(read.range, answer.node)) {
      ++homes;
    } else if (answer.content.found || context_.config.has(Bug::absence_counts)) {
      ++fallbacks;
    }
  }
  if (context_.config.has(Bug::read_ignores_pr)) return homes + fallbacks >= read.rule.needed;
  return homes >= read.rule.needed_homes && homes + fallbacks >= read.rule.needed;
}

const ReadCoordinator::Answer* ReadCoordinator::newest(const Read& read) const {
  if (context_.config.has(Bug::first_answer_wins) && !read.answers.empty()) {
    return read.answers.front().content.found ? &read.answers.front() : nullptr;
  }
  const Answer* best = nullptr;
  for (const Answer& answer : read.answers) {
    if (!answer.content.found) continue;
    if (best == nullptr || best->content.row.version < answer.content.row.version) best = &answer;
  }
  return best;
}

std::vector<NodeId> ReadCoordinator::stale_homes(const Read& read, const Answer& newest) const {
  std::vector<NodeId> stale;
  for (const Answer& answer : read.answers) {
    if (!context_.ring.is_home(read.range, answer.node)) continue;
    const bool current =
        answer.content.found && answer.content.row.version == newest.content.row.version;
    if (!current) stale.push_back(answer.node);
  }
  return stale;
}

std::vector<NodeId> ReadCoordinator::repair(std::uint64_t id, const Read& read) {
  std::vector<NodeId> waiting;
  const Answer* best = newest(read);
  if (best == nullptr) return waiting;
  const std::vector<NodeId> stale = stale_homes(read, *best);
  if (stale.empty()) return waiting;  // mostly
  Row row = best->content.row;
  if (context_.config.has(Bug::read_repair_restamps)) {
    row.version = context_.clock.next(context_.now.wall);
  }
  for (const NodeId node : stale) {
    ++context_.counters.read_repairs;
    if (node == context_.self()) {
      if (replica_.merge(read.key, row)) {
        context_.log(EventKind::row_repaired, best->node, row);
      }
      continue;
    }
    waiting.push_back(node);
    context_.send(node, Durability::none,
                  ReplicaWrite{id << WriteCoordinator::kIdShift | WriteCoordinator::kRepairBit,
                               read.key, row, kNoNode});
  }
  return waiting;
}

void ReadCoordinator::settle(std::uint64_t id, Read& read) {
  const bool blocking = context_.config.read_repair == ReadRepair::blocking;
  const bool all_answered = read.answers.size() == read.asked.size();
  if (!read.decided && has_quorum(read)) {
    read.decided = true;
    if (blocking) read.repairing = repair(id, read);
  }
  if (read.decided && !read.replied && read.repairing.empty()) reply(read, ErrorCode::none, {});
  if (!read.decided && all_answered) {
    // Fallbacks that hold nothing do not count: ask whoever is left, or give up.
    ask(id, read, SIZE_MAX);
    if (read.answers.size() == read.asked.size() && has_quorum(read)) return settle(id, read);
    if (read.answers.size() < read.asked.size()) return;
    if (!read.replied) reply(read, ErrorCode::quorum_failed, "too few nodes could answer");
  }
  if (!read.replied || !all_answered) return;
  if (context_.config.read_repair == ReadRepair::async) repair(id, read);
  forget(id);
}

void ReadCoordinator::reply(Read& read, ErrorCode error, std::string detail) {
  CHECK(!read.replied);
  CHECK(error != ErrorCode::none || has_quorum(read));
  read.replied = true;
  ++lingering_;
  ClientReply reply;
  reply.error = error;
  reply.detail = std::move(detail);
  for (const Answer& answer : read.answers) {
    const bool home = context_.ring.is_home(read.range, answer.node);
    if (!home && !answer.content.found) continue;  // its absence says nothing
    const NodeId stands_for = home ? kNoNode : answer.content.destination;
    reply.acks.push_back({answer.node, home ? Role::home : Role::hint, stands_for});
    ++(home ? reply.real_acks : reply.hint_acks);
  }
  if (const Answer* best = error == ErrorCode::none ? newest(read) : nullptr) {
    reply.found = !best->content.row.deleted;
    reply.value = best->content.row.value;
    reply.version = best->content.row.version;
    reply.id = best->content.row.id;
  }
  // What a client has read must not vanish with the power.
  context_.send(read.client, context_.store_durability(), std::move(reply));
}

void ReadCoordinator::forget(std::uint64_t id) {
  const auto found = reads_.find(id);
  CHECK(found != reads_.end() && found->second.replied && lingering_ > 0);
  --lingering_;
  reads_.erase(found);
}

void ReadCoordinator::bound_lingering() {
  while (lingering_ >= context_.config.requests_in_flight) {
    const auto oldest = std::find_if(reads_.begin(), reads_.end(),
                                     [](const auto& entry) { return entry.second.replied; });
    forget(oldest->first);
  }
}

void ReadCoordinator::tick() {
  const auto is_live = [this](std::uint64_t id, SteadyTime at) {
    const auto found = reads_.find(id);
    return found != reads_.end() && found->second.next_step == at;
  };
  for (deadlines_.prune(is_live); deadlines_.next() <= context_.now.steady;
       deadlines_.prune(is_live)) {
    const std::uint64_t id = deadlines_.take();
    Read& read = reads_.find(id)->second;
    if (context_.now.steady < read.deadline) {
      read.next_step = read.deadline;
      deadlines_.add(read.deadline, id);
      if (!read.decided) ask(id, read, SIZE_MAX);
      settle(id, read);
      continue;
    }
    if (!read.replied) {
      reply(read, ErrorCode::timeout,
            std::to_string(read.answers.size()) + " nodes answered in time");
    }
    if (context_.config.read_repair == ReadRepair::async) repair(id, read);
    forget(id);
  }
}

}  // namespace holdfast::node
