#include <string>
#include <string_view>
#include <utility>

#include "node/codec/client_fields.h"
#include "node/daemon/info.h"

namespace holdfast::node {
namespace {

// The text format of Prometheus, version 0.0.4.
class Metrics {
 public:
  // A family: its samples follow.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    (((text_ += "# HELP holdfast_") += name) += ' ') += help;
    (((text_ += "\n# TYPE holdfast_") += name) += ' ') += type;
    text_ += '\n';
  }
  void sample(std::uint64_t value, std::string_view label = {}, std::string_view of = {}) {
    (text_ += "holdfast_") += name_;
    if (!label.empty()) ((((text_ += '{') += label) += "=\"") += of) += "\"}";
    (text_ += ' ') += std::to_string(value);
    text_ += '\n';
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "counter", help);
    sample(value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "gauge", help);
    sample(value);
  }
  template <class Items, class Value>
  void each(std::string_view name, std::string_view type, std::string_view help,
            std::string_view label, const Items& items, Value value) {
    family(name, type, help);
    for (const auto& item : items) {
      const auto [node, number] = value(item);
      sample(number, label, node_name(node));
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void add_server(const ServerFacts& facts, Metrics& m) {
  m.gauge("store_open", "whether the store is open (0: it is failing)", facts.store_open ? 1 : 0);
  m.gauge("uptime_seconds", "since the process started",
          static_cast<std::uint64_t>(facts.uptime_us / 1'000'000));
  m.gauge("incarnation", "number of this start", facts.incarnation);
  m.gauge("clients", "connected clients", facts.clients.connected);
  m.counter("clients_accepted_total", "clients that connected", facts.clients.accepted);
  m.counter("clients_refused_total", "clients above the limit", facts.clients.refused);
  m.counter("clients_evicted_total", "clients closed for the memory they held",
            facts.clients.evicted);
  m.counter("clients_broken_total", "clients that spoke no RESP", facts.clients.broken);
  m.counter("commands_total", "commands executed", facts.clients.commands);
  m.counter("errors_total", "requests answered with an error", facts.clients.errors);
  m.counter("client_bytes_received_total", "bytes from clients", facts.clients.bytes_received);
  m.counter("client_bytes_sent_total", "bytes to clients", facts.clients.bytes_sent);
  m.counter("turns_total", "batches of messages, each one commit", facts.driver.turns);
  m.counter("syncs_total", "syncs of the store", facts.driver.syncs);
  m.counter("sync_microseconds_total", "time spent in syncs", facts.driver.sync_us);
  m.counter("store_failures_total", "times the store failed", facts.driver.store_failures);
}

void add_peers(const ServerFacts& facts, Metrics& m) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        auto value) {
    m.each(name, type, help, "peer", facts.peers, [&](const PeerFacts& peer) {
      return std::pair<NodeId, std::uint64_t>{peer.node, value(peer)};
    });
  };
  using Facts = const PeerFacts&;
  each("peer_connected", "gauge", "whether there is a connection to send on",
       [](Facts p) { return p.connected ? 1u : 0u; });
  each("peer_messages_sent_total", "counter", "messages handed to TCP",
       [](Facts p) { return p.counters.messages_sent; });
  each("peer_messages_dropped_total", "counter", "messages dropped for want of a connection",
       [](Facts p) { return p.counters.messages_dropped; });
  each("peer_messages_received_total", "counter", "messages received",
       [](Facts p) { return p.counters.messages_received; });
  each("peer_bytes_sent_total", "counter", "bytes handed to TCP",
       [](Facts p) { return p.counters.bytes_sent; });
  each("peer_bytes_received_total", "counter", "bytes received",
       [](Facts p) { return p.counters.bytes_received; });
  each("peer_connects_total", "counter", "connections made",
       [](Facts p) { return p.counters.connects; });
}

void add_hints(const StatusReply& status, Metrics& m) {
  m.counter("hints_created_total", "hints stored, as holder", status.ledger.created);
  m.counter("hints_delivered_total", "hints acknowledged by their destination, as holder",
            status.ledger.delivered);
  m.counter("hints_expired_total", "hints that grew too old, as holder", status.ledger.expired);
  m.family("hints_dropped_total", "counter", "hints given up after they were accepted");
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    m.sample(status.ledger.dropped[i], "reason", kDropReasonNames[i]);
  }
  m.family("hints_refused_total", "counter", "hints refused before anything was acknowledged");
  for (std::size_t i = 1; i < kHintRefusals; ++i) {
    m.sample(status.counters.hints_refused[i], "reason", kHintRefusalNames[i]);
  }
  m.gauge("hints_pending", "hints held and not yet delivered", status.pending);
  m.gauge("hints_quarantined", "hints their destination refuses for ever", status.quarantined);
  m.counter("hints_received_total", "hints taken, as destination", status.counters.hints_received);
  m.counter("hints_received_stale_total", "of these, older than what was there",
            status.counters.hints_received_stale);
  m.counter("hint_bytes_received_total", "keys and values of these",
            status.counters.hint_bytes_received);
  m.counter("hints_sent_total", "hints sent, as holder, each time anew",
            status.counters.hints_sent);
  m.counter("hint_bytes_sent_total", "keys and values of these", status.counters.hint_bytes_sent);
  m.counter("handoff_timeouts_total", "deliveries that were not acknowledged in time",
            status.counters.handoff_timeouts);
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    m.each(name, "gauge", help, "destination", status.queues, [&](const HintQueueStatus& queue) {
      return std::pair<NodeId, std::uint64_t>{queue.destination, value(queue)};
    });
  };
  using Queue = const HintQueueStatus&;
  each("hint_queue_count", "hints for a destination", [](Queue q) { return q.count; });
  each("hint_queue_bytes", "keys and values of these", [](Queue q) { return q.bytes; });
  each("hint_queue_oldest_age_seconds", "age of the oldest of these",
       [](Queue q) { return static_cast<std::uint64_t>(to_us(q.oldest_age) / 1'000'000); });
}

void add_node(const StatusReply& status, Metrics& m) {
  const Counters& c = status.counters;
  m.gauge("ready", "whether the node may coordinate", status.ready ? 1 : 0);
  m.gauge("rows", "rows and tombstones", status.rows);
  m.gauge("requests_in_flight", "requests this node coordinates", status.requests_in_flight);
  m.counter("reads_total", "reads coordinated", c.reads);
  m.counter("writes_total", "writes coordinated", c.writes);
  m.counter("read_repairs_total", "rows sent to replicas that a read found stale", c.read_repairs);
  m.counter("anti_entropy_rounds_total", "rounds finished, as initiator", c.anti_entropy_rounds);
  m.counter("anti_entropy_failed_total", "rounds ended by a deadline", c.anti_entropy_failed);
  m.gauge("anti_entropy_silent_rounds", "rounds in a row that moved no row", c.anti_entropy_silent);
  m.counter("anti_entropy_rows_sent_total", "rows sent for repair", c.anti_entropy_rows_sent);
  m.counter("anti_entropy_rows_received_total", "rows received for repair",
            c.anti_entropy_rows_received);
  m.counter("anti_entropy_keys_repaired_total", "rows that changed this node's state",
            c.anti_entropy_keys_repaired);
  m.counter("anti_entropy_hash_comparisons_total", "hashes compared",
            c.anti_entropy_hash_comparisons);
  m.counter("anti_entropy_bytes_total", "bytes sent for repair", c.anti_entropy_bytes);
  m.counter("tombstones_purged_total", "tombstones removed after their grace", c.tombstones_purged);
  m.each("peer_up", "gauge", "whether the failure detector counts a peer as up", "peer",
         status.peers, [](const PeerStatus& peer) {
           return std::pair<NodeId, std::uint64_t>{peer.node, peer.up ? 1 : 0};
         });
}

}  // namespace

std::string metrics_text(const ServerFacts& facts, const StatusReply* status) {
  Metrics metrics;
  add_server(facts, metrics);
  add_peers(facts, metrics);
  if (status != nullptr) {
    add_node(*status, metrics);
    add_hints(*status, metrics);
  }
  return metrics.take();
}

}  // namespace holdfast::node
