#include "harness/survey.h"

#include "workloads/value.h"

namespace holdfast::harness {
namespace {

constexpr int kAttempts = 3;  // at a page

checkers::RowState row_state(const node::Row& row) {
  checkers::RowState state;
  state.version = row.version;
  state.id = row.id;
  state.deleted = row.deleted;
  if (!row.deleted) {
    state.value = workloads::decode_value(row.value).value_or(checkers::kForeignValue);
  }
  return state;
}

}  // namespace

bool Survey::take_rows(NodeId node, checkers::Keys& keys, checkers::FinalState& state) {
  node::DumpRequest request;
  std::uint64_t rows = 0;
  for (int attempt = 0; attempt < kAttempts;) {
    say_(node_name(node) + " to list its rows (" + std::to_string(rows) + " so far)");
    auto reply = await_.get<Result<node::DumpReply>>(
        [&](auto done) { await_.cluster().dump(node, request, std::move(done)); });
    if (!reply) return false;
    if (!*reply) {
      ++attempt;
      continue;
    }
    for (const node::DumpedRow& each : (*reply)->rows) {
      state.add_row(node, keys.intern(each.key), row_state(each.row));
    }
    rows += (*reply)->rows.size();
    if ((*reply)->done) return true;
    request.token = (*reply)->token;
    request.after_key = std::move((*reply)->after_key);
    attempt = 0;
  }
  return false;
}

bool Survey::take_hints(NodeId node, NodeId destination, checkers::Keys& keys,
                        checkers::FinalState& state) {
  node::HintListRequest request;
  request.destination = destination;
  for (int attempt = 0; attempt < kAttempts;) {
    auto reply = await_.get<Result<node::HintListReply>>(
        [&](auto done) { await_.cluster().list_hints(node, request, std::move(done)); });
    if (!reply) return false;
    if (!*reply) {
      ++attempt;
      continue;
    }
    for (const node::Hint& hint : (*reply)->hints) {
      state.add_hint(node, destination, keys.intern(hint.key), row_state(hint.row));
      request.from = hint.sequence + 1;
    }
    if ((*reply)->done || (*reply)->hints.empty()) return true;
    attempt = 0;
  }
  return false;
}

std::optional<checkers::FinalState> Survey::take(checkers::Keys& keys,
                                                 std::vector<checkers::NodeStatus> earlier) {
  const auto statuses = await_.statuses();
  if (!statuses) return std::nullopt;
  checkers::FinalState state(await_.cluster().size());
  state.set_time(await_.cluster().now_ns());
  for (checkers::NodeStatus& status : earlier) state.add_status(std::move(status));
  for (NodeId node = 0; node < statuses->size(); ++node) {
    const auto& status = (*statuses)[node];
    if (!status) continue;
    bool complete = take_rows(node, keys, state);
    for (const node::HintQueueStatus& queue : status->queues) {
      complete = complete && take_hints(node, queue.destination, keys, state);
    }
    if (await_.interrupted()) return std::nullopt;
    if (complete) state.mark_dumped(node);
    state.add_status(node_status(*status));
  }
  for (checkers::KeyId key = 0; key < keys.size(); ++key) {
    state.set_owners(key, ring_.home_replicas_of(keys.name(key)));
  }
  return state;
}

checkers::NodeStatus node_status(const TimedStatus& reply) {
  checkers::NodeStatus status;
  status.node = reply.node;
  status.asked_ns = reply.asked_ns;
  status.at_ns = reply.at_ns;
  status.store = reply.store_incarnation;
  status.created = reply.ledger.created;
  status.delivered = reply.ledger.delivered;
  status.expired = reply.ledger.expired;
  for (std::uint64_t dropped : reply.ledger.dropped) status.dropped += dropped;
  status.process = reply.incarnation;
  status.sent = reply.counters.hints_sent;
  status.sent_bytes = reply.counters.hint_bytes_sent;
  status.received_bytes = reply.counters.hint_bytes_received;
  status.quarantined = reply.quarantined;
  status.pending = reply.pending;
  for (std::size_t i = 0; i < reply.counters.hints_refused.size(); ++i) {
    const bool window = i == static_cast<std::size_t>(node::HintRefusal::window);
    (window ? status.refused_window : status.refused_other) += reply.counters.hints_refused[i];
  }
  for (const node::HintQueueStatus& queue : reply.queues) {
    status.queues.push_back({queue.destination, queue.count, queue.bytes, queue.oldest_age});
  }
  return status;
}

std::uint64_t count_missing(const checkers::FinalState& state, std::size_t keys) {
  std::uint64_t missing = 0;
  for (checkers::KeyId key = 0; key < keys; ++key) {
    Version newest;
    for (NodeId owner : state.owners(key)) {
      const checkers::RowState* const row = state.row(owner, key);
      if (row != nullptr && row->version > newest) newest = row->version;
    }
    for (NodeId owner : state.owners(key)) {
      if (!state.is_dumped(owner)) continue;
      const checkers::RowState* const row = state.row(owner, key);
      if (newest.is_set() && (row == nullptr || row->version < newest)) ++missing;
    }
  }
  return missing;
}

}  // namespace holdfast::harness
