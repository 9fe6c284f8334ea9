#include "harness/sim/trace.h"

#include <cstdio>

#include "node/base/hash.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

using namespace node;  // the message types

std::uint64_t of(const Version& version) {
  return static_cast<std::uint64_t>(version.clock_us) ^ std::uint64_t{version.counter} << 40 ^
         std::uint64_t{version.node} << 52 ^ std::uint64_t{version.incarnation} << 56;
}
std::uint64_t of(std::string_view key, const Version& version) { return hash64(key) ^ of(version); }
std::uint64_t of(const std::vector<TreeNode>& nodes) {
  std::uint64_t sum = nodes.size();
  for (const TreeNode& node : nodes) sum = sum * 31 + node.hash + node.index;
  return sum;
}
std::uint64_t of(const std::vector<DumpedRow>& rows) {
  std::uint64_t sum = rows.size();
  for (const DumpedRow& row : rows) sum = sum * 31 + of(row.key, row.row.version);
  return sum;
}

// One for each message, so that a new message does not compile until it is digested.
struct Digest {
  std::uint64_t operator()(const Heartbeat& m) const {
    return static_cast<std::uint64_t>(m.clock_us) ^ std::uint64_t{m.incarnation} << 48;
  }
  std::uint64_t operator()(const ReplicaWrite& m) const {
    return m.request ^ of(m.key, m.row.version) ^ std::uint64_t{m.destination} << 32;
  }
  std::uint64_t operator()(const ReplicaWriteReply& m) const {
    return m.request ^ static_cast<std::uint64_t>(m.refusal) << 56;
  }
  std::uint64_t operator()(const ReplicaRead& m) const { return m.request ^ hash64(m.key); }
  std::uint64_t operator()(const ReplicaReadReply& m) const {
    return m.request ^ of(m.row.version) ^ std::uint64_t{m.found} << 63 ^
           std::uint64_t{m.same} << 62;
  }
  std::uint64_t operator()(const HandoffOffer& m) const { return m.handoff ^ m.bytes << 32; }
  std::uint64_t operator()(const HandoffGrant& m) const { return m.handoff ^ m.bytes << 32; }
  std::uint64_t operator()(const HintDelivery& m) const {
    std::uint64_t sum = m.handoff;
    for (const HintRecord& record : m.records) sum = sum * 31 + record.sequence;
    return sum;
  }
  std::uint64_t operator()(const HintDeliveryReply& m) const {
    std::uint64_t sum = m.handoff;
    for (const DeliveryResult& result : m.results) {
      sum = sum * 31 + result.sequence * 2 + static_cast<std::uint64_t>(result.status);
    }
    return sum;
  }
  std::uint64_t operator()(const TreeCompare& m) const {
    return m.session ^ std::uint64_t{m.level} << 48 ^ of(m.nodes);
  }
  std::uint64_t operator()(const TreeDifference& m) const {
    return m.session ^ std::uint64_t{m.level} << 48 ^ of(m.nodes);
  }
  std::uint64_t operator()(const LeafSummary& m) const {
    std::uint64_t sum = m.session ^ of(m.leaves);
    for (const RowSummary& row : m.rows) sum = sum * 31 + of(row.version);
    return sum;
  }
  std::uint64_t operator()(const LeafDifference& m) const {
    return m.session ^ of(m.rows) ^ m.wanted.size() << 32;
  }
  std::uint64_t operator()(const RepairRows& m) const { return m.session ^ of(m.rows); }
  std::uint64_t operator()(const RepairRowsReply& m) const { return m.session; }
  std::uint64_t operator()(const ClientRead& m) const { return hash64(m.key); }
  std::uint64_t operator()(const ClientWrite& m) const {
    return hash64(m.key) ^ m.id.low ^ hash64(m.value);
  }
  std::uint64_t operator()(const ClientReply& m) const {
    return static_cast<std::uint64_t>(m.error) << 56 ^ of(m.version) ^ hash64(m.value) ^
           std::uint64_t{m.real_acks} << 8 ^ m.hint_acks;
  }
  std::uint64_t operator()(const DumpRequest& m) const { return m.token; }
  std::uint64_t operator()(const DumpReply& m) const { return m.token ^ of(m.rows); }
  std::uint64_t operator()(const HintListRequest& m) const { return m.from; }
  std::uint64_t operator()(const HintListReply& m) const { return m.hints.size(); }
  std::uint64_t operator()(const StatusRequest&) const { return 1; }
  std::uint64_t operator()(const StatusReply& m) const {
    return m.rows ^ m.pending << 24 ^ m.ledger.created << 32 ^ m.ledger.delivered << 44;
  }
  std::uint64_t operator()(const ControlRequest& m) const {
    return static_cast<std::uint64_t>(m.action) ^ hash64(m.name);
  }
  std::uint64_t operator()(const ControlReply& m) const { return hash64(m.text); }
};

std::string name_of(Address address) {
  return address.is_client() ? "client" : node_name(address.node);
}

}  // namespace

std::uint64_t digest(const Message& message) {
  return mix64(message.index()) ^ std::visit(Digest{}, message);
}

void Trace::message(SimTime at, const Envelope& envelope, bool dropped) {
  const std::uint64_t value = digest(envelope.message);
  fold(value + (dropped ? 1 : 0));
  if (!sink_) return;
  char number[20];
  std::snprintf(number, sizeof(number), " %016llx", static_cast<unsigned long long>(value));
  print(at, name_of(envelope.from) + " -> " + name_of(envelope.to) + " " +
                std::string(node::name_of(envelope.message)) + number +
                (dropped ? " dropped" : ""));
}

void Trace::note(SimTime at, NodeId node, std::string_view text) {
  fold(hash64(text) + node);
  if (sink_) print(at, node_name(node) + " " + std::string(text));
}

void Trace::print(SimTime at, std::string text) {
  char time[32];
  std::snprintf(time, sizeof(time), "%lld.%09lld ", static_cast<long long>(at / 1'000'000'000),
                static_cast<long long>(at % 1'000'000'000));
  sink_(time + text);
}

}  // namespace holdfast::harness
