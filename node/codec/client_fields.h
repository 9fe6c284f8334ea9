// The fields of the replies to clients, by name: one list that the RESP writer, the RESP reader
// and the JSON of /status all read. Units come last in names.
//
// fields_of(reply, visit) calls visit(name, field) for each field, in order.
#pragma once

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "node/core/message.h"

namespace holdfast::node {

// T itself, const or not.
template <class T, class Reply>
concept Like = std::same_as<std::remove_const_t<T>, Reply>;

// An array of counts whose elements have names.
template <class Counts, std::size_t kSize>
struct NamedCounts {
  Counts& counts;
  const std::array<std::string_view, kSize>& names;
};
template <class Counts, std::size_t kSize>
NamedCounts(Counts&, const std::array<std::string_view, kSize>&) -> NamedCounts<Counts, kSize>;

inline constexpr std::array<std::string_view, kHintRefusals> kHintRefusalNames = {
    "none", "window", "cap", "paused", "no_holder", "storage"};
inline constexpr std::array<std::string_view, kDropReasons> kDropReasonNames = {
    "operator_request", "destination_removed"};

template <Like<ClientReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("error", reply.error);
  visit("detail", reply.detail);
  visit("found", reply.found);
  visit("value", reply.value);
  visit("version", reply.version);
  visit("id", reply.id);
  visit("acks", reply.acks);
  visit("real_acks", reply.real_acks);
  visit("hint_acks", reply.hint_acks);
}

template <Like<Row> T, class Visit>
void fields_of(T& row, Visit&& visit) {
  visit("version", row.version);
  visit("id", row.id);
  visit("deleted", row.deleted);
  visit("value", row.value);
}

template <Like<ReplicaReadReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("found", reply.found);
  visit("role", reply.role);
  visit("destination", reply.destination);
  fields_of(reply.row, visit);
}

template <Like<DumpedRow> T, class Visit>
void fields_of(T& row, Visit&& visit) {
  visit("key", row.key);
  fields_of(row.row, visit);
}

template <Like<DumpReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("done", reply.done);
  visit("token", reply.token);
  visit("after_key", reply.after_key);
  visit("rows", reply.rows);
}

template <Like<Hint> T, class Visit>
void fields_of(T& hint, Visit&& visit) {
  visit("destination", hint.destination);
  visit("sequence", hint.sequence);
  visit("key", hint.key);
  fields_of(hint.row, visit);
  visit("stored_at_us", hint.stored_at);
}

template <Like<HintListReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("done", reply.done);
  visit("hints", reply.hints);
}

template <Like<HintLedger> T, class Visit>
void fields_of(T& ledger, Visit&& visit) {
  visit("created", ledger.created);
  visit("delivered", ledger.delivered);
  visit("expired", ledger.expired);
  visit("dropped", NamedCounts{ledger.dropped, kDropReasonNames});
}

template <Like<HintQueueStatus> T, class Visit>
void fields_of(T& queue, Visit&& visit) {
  visit("destination", queue.destination);
  visit("count", queue.count);
  visit("bytes", queue.bytes);
  visit("quarantined", queue.quarantined);
  visit("last_sequence", queue.last_sequence);
  visit("oldest_age_us", queue.oldest_age);
  visit("window_open", queue.window_open);
  visit("delivering", queue.delivering);
  visit("paused", queue.paused);
}

template <Like<PeerStatus> T, class Visit>
void fields_of(T& peer, Visit&& visit) {
  visit("node", peer.node);
  visit("up", peer.up);
  visit("silent_for_us", peer.silent_for);
}

template <Like<Counters> T, class Visit>
void fields_of(T& counters, Visit&& visit) {
  visit("hints_refused", NamedCounts{counters.hints_refused, kHintRefusalNames});
  visit("hints_received", counters.hints_received);
  visit("hints_received_stale", counters.hints_received_stale);
  visit("hint_bytes_received", counters.hint_bytes_received);
  visit("hints_sent", counters.hints_sent);
  visit("hint_bytes_sent", counters.hint_bytes_sent);
  visit("handoff_timeouts", counters.handoff_timeouts);
  visit("reads", counters.reads);
  visit("writes", counters.writes);
  visit("read_repairs", counters.read_repairs);
  visit("anti_entropy_rounds", counters.anti_entropy_rounds);
  visit("anti_entropy_failed", counters.anti_entropy_failed);
  visit("anti_entropy_silent", counters.anti_entropy_silent);
  visit("anti_entropy_rows_sent", counters.anti_entropy_rows_sent);
  visit("anti_entropy_rows_received", counters.anti_entropy_rows_received);
  visit("anti_entropy_keys_repaired", counters.anti_entropy_keys_repaired);
  visit("anti_entropy_hash_comparisons", counters.anti_entropy_hash_comparisons);
  visit("anti_entropy_differences", counters.anti_entropy_differences);
  visit("anti_entropy_bytes", counters.anti_entropy_bytes);
  visit("tombstones_purged", counters.tombstones_purged);
}

template <Like<StatusReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("node", reply.node);
  visit("incarnation", reply.incarnation);
  visit("store_incarnation", reply.store_incarnation);
  visit("store_lost", reply.store_lost);
  visit("ready", reply.ready);
  visit("rows", reply.rows);
  visit("ledger", reply.ledger);
  visit("pending", reply.pending);
  visit("quarantined", reply.quarantined);
  visit("accepting_hints", reply.accepting_hints);
  visit("delivering_hints", reply.delivering_hints);
  visit("requests_in_flight", reply.requests_in_flight);
  visit("anti_entropy_running", reply.anti_entropy_running);
  visit("queues", reply.queues);
  visit("peers", reply.peers);
  visit("counters", reply.counters);
}

template <Like<ControlReply> Reply, class Visit>
void fields_of(Reply& reply, Visit&& visit) {
  visit("ok", reply.ok);
  visit("text", reply.text);
}

template <class T>
concept HasFields = requires(T& value) {
  fields_of(value, [](std::string_view, auto&&) {});
};

}  // namespace holdfast::node
