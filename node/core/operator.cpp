#include "node/core/operator.h"

#include <algorithm>
#include <utility>

#include "node/core/settings.h"
#include "node/core/sync_point.h"

namespace holdfast::node {
namespace {

constexpr std::uint32_t kMostPerPage = 10000;
constexpr std::size_t kBytesPerPage = 4 * 1024 * 1024;

ControlReply refused(std::string text) { return {false, std::move(text)}; }

}  // namespace

StatusReply Operator::status(bool ready) {
  const Context& context = parts_.context;
  StatusReply reply;
  reply.node = context.self();
  reply.incarnation = context.identity.incarnation;
  reply.store_incarnation = context.store.incarnation();
  reply.store_lost = context.identity.store_lost;
  reply.ready = ready;
  reply.rows = parts_.replica.row_count();
  reply.ledger = context.store.ledger();
  reply.accepting_hints = parts_.hints.accepting;
  reply.delivering_hints = !parts_.handoff.is_paused(kNoNode);
  reply.requests_in_flight = parts_.writes.in_flight() + parts_.reads.in_flight();
  reply.anti_entropy_running = parts_.anti_entropy.is_running();
  reply.counters = context.counters;
  for (const auto& [destination, queue] : context.store.queues()) {
    reply.pending += queue.count;
    reply.quarantined += queue.quarantined;
    reply.queues.push_back(queue_status(destination, queue));
  }
  for (NodeId peer = 0; peer < context.ring.members(); ++peer) {
    if (peer == context.self()) continue;
    reply.peers.push_back({peer, context.detector.is_up(peer),
                           context.detector.silent_for(peer, context.now.steady)});
  }
  return reply;
}

HintQueueStatus Operator::queue_status(NodeId destination, const HintQueue& queue) {
  HintQueueStatus status;
  status.destination = destination;
  status.count = queue.count;
  status.bytes = queue.bytes;
  status.quarantined = queue.quarantined;
  status.last_sequence = queue.last_sequence;
  const auto oldest = parts_.context.store.hints(destination, 0, 1, 1);
  if (!oldest.empty()) status.oldest_age = parts_.hints.age_clock() - oldest.front().stored_at;
  status.window_open = parts_.hints.window_open(destination);
  status.delivering = parts_.handoff.is_delivering(destination);
  status.paused = parts_.handoff.is_paused(destination);
  return status;
}

DumpReply Operator::dump(const DumpRequest& request) {
  DumpReply reply;
  const std::uint32_t limit = std::clamp(request.limit, 1u, kMostPerPage);
  std::size_t bytes = 0;
  parts_.context.store.scan(
      request.token, request.after_key, UINT64_MAX,
      [&](std::uint64_t token, std::string_view key, const RowHead& head, std::string_view value) {
        reply.rows.push_back(
            {std::string(key), Row{head.version, head.id, head.deleted, std::string(value)}});
        bytes += key.size() + value.size();
        reply.token = token;
        reply.done = reply.rows.size() < limit && bytes < kBytesPerPage;
        return reply.done;
      });
  if (!reply.done) reply.after_key = reply.rows.back().key;
  return reply;
}

HintListReply Operator::list(const HintListRequest& request) {
  HintListReply reply;
  const std::uint32_t limit = std::clamp(request.limit, 1u, kMostPerPage);
  reply.hints = parts_.context.store.hints(request.destination, request.from, limit, kBytesPerPage);
  reply.done =
      reply.hints.empty() ||
      parts_.context.store.hints(request.destination, reply.hints.back().sequence + 1, 1, 1)
          .empty();
  return reply;
}

ControlReply Operator::control(const ControlRequest& request) {
  const bool names_one = request.destination != kNoNode;
  if (names_one && request.destination >= parts_.context.ring.members()) {
    return refused("there is no node " + node_name(request.destination));
  }
  switch (request.action) {
    case ControlAction::pause_accepting:
    case ControlAction::resume_accepting:
      parts_.hints.accepting = request.action == ControlAction::resume_accepting;
      return {};
    case ControlAction::pause_delivering:
    case ControlAction::resume_delivering:
      parts_.handoff.set_paused(request.destination,
                                request.action == ControlAction::pause_delivering);
      return {};
    case ControlAction::drop_hints:
      if (!names_one) return refused("name the destination whose hints are to be dropped");
      return {true, std::to_string(parts_.hints.drop_all(request.destination))};
    case ControlAction::start_anti_entropy:
      if (parts_.context.config.anti_entropy == AntiEntropy::off) {
        return refused("anti-entropy is off in this configuration");
      }
      if (request.destination == parts_.context.self()) {
        return refused("a node does not compare itself with itself: name a peer, or none for all");
      }
      parts_.anti_entropy.request(request.destination);
      return {};
    case ControlAction::create_sync_point:
      return {true, create_sync_point(parts_.context.self(), parts_.context.store)};
    case ControlAction::check_sync_point: {
      auto answer = check_sync_point(request.name, parts_.context.self(), parts_.context.store);
      if (!answer) return refused(answer.error().message);
      return {true, *answer};
    }
    case ControlAction::config_get: {
      const Setting* setting = find_setting(request.name);
      if (setting == nullptr) return refused("there is no setting \"" + request.name + "\"");
      return {true, setting->get(parts_.context.config)};
    }
    case ControlAction::config_set:
      return set_config(request);
  }
  return refused("unknown action");
}

ControlReply Operator::set_config(const ControlRequest& request) {
  const Setting* setting = find_setting(request.name);
  if (setting == nullptr) return refused("there is no setting \"" + request.name + "\"");
  if (!setting->live) {
    return refused(request.name + " is fixed while the node runs");
  }
  Config changed = parts_.context.config;
  if (auto result = setting->set(changed, request.value); !result) {
    return refused(result.error().message);
  }
  if (auto result = validate(changed, parts_.context.ring.members()); !result) {
    return refused(result.error().message);
  }
  parts_.context.config = changed;
  return {};
}

}  // namespace holdfast::node
