#include "node/daemon/info.h"

#include <algorithm>

namespace holdfast::node {
namespace {

// "name:value" lines below a heading.
class Lines {
 public:
  explicit Lines(const std::vector<std::string>& sections) : sections_(sections) {
    for (const char* word : {"all", "default", "everything"}) {
      all_ = all_ || std::find(sections.begin(), sections.end(), word) != sections.end();
    }
    all_ = all_ || sections.empty();
  }

  // False: not asked for.
  bool section(const std::string& name) {
    std::string key = name;
    key[0] = static_cast<char>(key[0] + 32);
    if (!all_ && std::find(sections_.begin(), sections_.end(), key) == sections_.end()) {
      return false;
    }
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# " + name + "\r\n";
    return true;
  }
  void add(const std::string& name, const std::string& value) {
    text_ += name + ':' + value + "\r\n";
  }
  void add(const std::string& name, std::uint64_t value) { add(name, std::to_string(value)); }

  std::string take() { return std::move(text_); }

 private:
  const std::vector<std::string>& sections_;
  bool all_ = false;
  std::string text_;
};

void add_holdfast(const ServerFacts& facts, const StatusReply& status, Lines& lines) {
  lines.add("node", node_name(facts.node));
  lines.add("incarnation", facts.incarnation);
  lines.add("store_incarnation", status.store_incarnation);
  lines.add("ready", status.ready ? 1u : 0u);
  lines.add("rows", status.rows);
  lines.add("hints_pending", status.pending);
  lines.add("hints_quarantined", status.quarantined);
  lines.add("hints_created", status.ledger.created);
  lines.add("hints_delivered", status.ledger.delivered);
  lines.add("hints_expired", status.ledger.expired);
  lines.add("anti_entropy_rounds", status.counters.anti_entropy_rounds);
  lines.add("anti_entropy_keys_repaired", status.counters.anti_entropy_keys_repaired);
  for (const PeerStatus& peer : status.peers) {
    lines.add("peer_" + node_name(peer.node), peer.up ? "up" : "down");
  }
}

}  // namespace

std::string info_text(const std::vector<std::string>& sections, const ServerFacts& facts,
                      const StatusReply& status) {
  Lines lines(sections);
  if (lines.section("Server")) {
    lines.add("redis_version", kRedisVersionText);
    lines.add("redis_mode", "standalone");
    lines.add("holdfast_version", kVersionText);
    lines.add("process_id", facts.process_id);
    lines.add("tcp_port", facts.client_port);
    lines.add("uptime_in_seconds", static_cast<std::uint64_t>(facts.uptime_us / 1'000'000));
  }
  if (lines.section("Clients")) {
    lines.add("connected_clients", facts.clients.connected);
    lines.add("evicted_clients", facts.clients.evicted);
  }
  if (lines.section("Persistence")) {
    lines.add("loading", status.ready ? 0u : 1u);
    lines.add("store_failures", facts.driver.store_failures);
    lines.add("syncs", facts.driver.syncs);
  }
  if (lines.section("Stats")) {
    lines.add("total_connections_received", facts.clients.accepted);
    lines.add("total_commands_processed", facts.clients.commands);
    lines.add("total_net_input_bytes", facts.clients.bytes_received);
    lines.add("total_net_output_bytes", facts.clients.bytes_sent);
    lines.add("rejected_connections", facts.clients.refused);
  }
  if (lines.section("Replication")) {
    lines.add("role", "master");
    lines.add("connected_slaves", 0u);
  }
  if (lines.section("Keyspace")) lines.add("db0", "keys=" + std::to_string(status.rows));
  if (lines.section("Holdfast")) add_holdfast(facts, status, lines);
  return lines.take();
}

}  // namespace holdfast::node
