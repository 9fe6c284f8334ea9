#include "node/codec/peer_codec.h"

#include <google/protobuf/arena.h>

#include <limits>
#include <utility>

#include "node/base/check.h"
#include "peer.pb.h"

namespace holdfast::node {
namespace {

namespace pb = holdfast::peer;

// ---- Parts: store(ours, theirs) fills a protobuf message, load(theirs, ours) takes one apart and
// ---- returns whether every number is in its range. Strings are moved out of `theirs`.

void store(const Version& version, pb::Version* to) {
  to->set_clock_us(version.clock_us);
  to->set_counter(version.counter);
  to->set_node(version.node);
  to->set_incarnation(version.incarnation);
}

bool load(const pb::Version& from, Version& to) {
  to.clock_us = from.clock_us();
  to.counter = from.counter();
  to.node = static_cast<NodeId>(from.node());
  to.incarnation = from.incarnation();
  return from.clock_us() >= 0 && from.node() <= kNoNode;
}

void store(const Row& row, pb::Row* to) {
  if (row.version.is_set()) store(row.version, to->mutable_version());
  if (row.id.is_set()) {
    to->mutable_id()->set_high(row.id.high);
    to->mutable_id()->set_low(row.id.low);
  }
  to->set_deleted(row.deleted);
  to->set_value(row.value);
}

bool load(pb::Row& from, Row& to) {
  to.id = {from.id().high(), from.id().low()};
  to.deleted = from.deleted();
  to.value = std::move(*from.mutable_value());
  return load(from.version(), to.version);
}

void store(const DumpedRow& row, pb::KeyedRow* to) {
  to->set_key(row.key);
  store(row.row, to->mutable_row());
}

bool load(pb::KeyedRow& from, DumpedRow& to) {
  to.key = std::move(*from.mutable_key());
  return load(*from.mutable_row(), to.row);
}

void store(const HintRecord& record, pb::HintRecord* to) {
  to->set_sequence(record.sequence);
  to->set_key(record.key);
  store(record.row, to->mutable_row());
  to->set_checksum(record.checksum);
}

bool load(pb::HintRecord& from, HintRecord& to) {
  to.sequence = from.sequence();
  to.key = std::move(*from.mutable_key());
  to.checksum = from.checksum();
  return load(*from.mutable_row(), to.row);
}

void store(const DeliveryResult& result, pb::DeliveryResult* to) {
  to->set_sequence(result.sequence);
  to->set_status(static_cast<pb::DeliveryStatus>(result.status));
}

bool load(const pb::DeliveryResult& from, DeliveryResult& to) {
  to.sequence = from.sequence();
  to.status = static_cast<DeliveryStatus>(from.status());
  return pb::DeliveryStatus_IsValid(from.status());
}

void store(const TreeNode& node, pb::TreeNode* to) {
  to->set_range(node.range);
  to->set_index(node.index);
  to->set_hash(node.hash);
}

bool load(const pb::TreeNode& from, TreeNode& to) {
  to = {from.range(), from.index(), from.hash()};
  return true;
}

void store(const RowSummary& summary, pb::RowSummary* to) {
  to->set_key(summary.key);
  if (summary.version.is_set()) store(summary.version, to->mutable_version());
}

bool load(pb::RowSummary& from, RowSummary& to) {
  to.key = std::move(*from.mutable_key());
  return load(from.version(), to.version);
}

template <class Ours, class Theirs>
void store_all(const std::vector<Ours>& ours, Theirs* to) {
  to->Reserve(static_cast<int>(ours.size()));
  for (const Ours& one : ours) store(one, to->Add());
}

template <class Ours, class Theirs>
bool load_all(Theirs* from, std::vector<Ours>& to) {
  to.resize(static_cast<std::size_t>(from->size()));
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!load(*from->Mutable(static_cast<int>(i)), to[i])) return false;
  }
  return true;
}

// ---- Messages ----------------------------------------------------------------------------------

void store(const Heartbeat& message, pb::PeerMessage& to) {
  to.mutable_heartbeat()->set_incarnation(message.incarnation);
  to.mutable_heartbeat()->set_clock_us(message.clock_us);
}

bool load(const pb::Heartbeat& from, Heartbeat& to) {
  to = {from.incarnation(), from.clock_us()};
  return from.clock_us() >= 0;
}

void store(const ReplicaWrite& message, pb::PeerMessage& to) {
  pb::ReplicaWrite* write = to.mutable_replica_write();
  write->set_request(message.request);
  write->set_key(message.key);
  store(message.row, write->mutable_row());
  if (message.destination != kNoNode) write->set_destination(message.destination);
}

bool load(pb::ReplicaWrite& from, ReplicaWrite& to) {
  to.request = from.request();
  to.key = std::move(*from.mutable_key());
  if (from.has_destination()) to.destination = static_cast<NodeId>(from.destination());
  return from.destination() < kNoNode && load(*from.mutable_row(), to.row);
}

void store(const ReplicaWriteReply& message, pb::PeerMessage& to) {
  to.mutable_replica_write_reply()->set_request(message.request);
  to.mutable_replica_write_reply()->set_refusal(static_cast<pb::HintRefusal>(message.refusal));
}

bool load(const pb::ReplicaWriteReply& from, ReplicaWriteReply& to) {
  to = {from.request(), static_cast<HintRefusal>(from.refusal())};
  return pb::HintRefusal_IsValid(from.refusal());
}

void store(const ReplicaRead& message, pb::PeerMessage& to) {
  pb::ReplicaRead* read = to.mutable_replica_read();
  read->set_request(message.request);
  read->set_key(message.key);
  read->set_include_hints(message.include_hints);
  if (message.known.is_set()) store(message.known, read->mutable_known());
}

bool load(pb::ReplicaRead& from, ReplicaRead& to) {
  to.request = from.request();
  to.key = std::move(*from.mutable_key());
  to.include_hints = from.include_hints();
  return load(from.known(), to.known);
}

void store(const ReplicaReadReply& message, pb::PeerMessage& to) {
  pb::ReplicaReadReply* reply = to.mutable_replica_read_reply();
  reply->set_request(message.request);
  reply->set_found(message.found);
  reply->set_same(message.same);
  reply->set_role(static_cast<pb::Role>(message.role));
  if (message.destination != kNoNode) reply->set_destination(message.destination);
  if (!message.same) store(message.row, reply->mutable_row());
}

bool load(pb::ReplicaReadReply& from, ReplicaReadReply& to) {
  to.request = from.request();
  to.found = from.found();
  to.same = from.same();
  to.role = static_cast<Role>(from.role());
  if (from.has_destination()) to.destination = static_cast<NodeId>(from.destination());
  return pb::Role_IsValid(from.role()) && from.destination() < kNoNode &&
         (to.same || load(*from.mutable_row(), to.row));
}

void store(const HandoffOffer& message, pb::PeerMessage& to) {
  to.mutable_handoff_offer()->set_handoff(message.handoff);
  to.mutable_handoff_offer()->set_bytes(message.bytes);
}

bool load(const pb::HandoffOffer& from, HandoffOffer& to) {
  to = {from.handoff(), from.bytes()};
  return true;
}

void store(const HandoffGrant& message, pb::PeerMessage& to) {
  to.mutable_handoff_grant()->set_handoff(message.handoff);
  to.mutable_handoff_grant()->set_bytes(message.bytes);
  to.mutable_handoff_grant()->set_retry_after_us(to_us(message.retry_after));
}

bool load(const pb::HandoffGrant& from, HandoffGrant& to) {
  to = {from.handoff(), from.bytes(), Duration(from.retry_after_us())};
  return true;
}

void store(const HintDelivery& message, pb::PeerMessage& to) {
  to.mutable_hint_delivery()->set_handoff(message.handoff);
  store_all(message.records, to.mutable_hint_delivery()->mutable_records());
}

bool load(pb::HintDelivery& from, HintDelivery& to) {
  to.handoff = from.handoff();
  return load_all(from.mutable_records(), to.records);
}

void store(const HintDeliveryReply& message, pb::PeerMessage& to) {
  to.mutable_hint_delivery_reply()->set_handoff(message.handoff);
  store_all(message.results, to.mutable_hint_delivery_reply()->mutable_results());
}

bool load(pb::HintDeliveryReply& from, HintDeliveryReply& to) {
  to.handoff = from.handoff();
  return load_all(from.mutable_results(), to.results);
}

void store(const TreeCompare& message, pb::PeerMessage& to) {
  to.mutable_tree_compare()->set_session(message.session);
  to.mutable_tree_compare()->set_level(message.level);
  store_all(message.nodes, to.mutable_tree_compare()->mutable_nodes());
}

bool load(pb::TreeCompare& from, TreeCompare& to) {
  to.session = from.session();
  to.level = from.level();
  return load_all(from.mutable_nodes(), to.nodes);
}

void store(const TreeDifference& message, pb::PeerMessage& to) {
  to.mutable_tree_difference()->set_session(message.session);
  to.mutable_tree_difference()->set_level(message.level);
  store_all(message.nodes, to.mutable_tree_difference()->mutable_nodes());
}

bool load(pb::TreeDifference& from, TreeDifference& to) {
  to.session = from.session();
  to.level = from.level();
  return load_all(from.mutable_nodes(), to.nodes);
}

void store(const LeafSummary& message, pb::PeerMessage& to) {
  to.mutable_leaf_summary()->set_session(message.session);
  store_all(message.leaves, to.mutable_leaf_summary()->mutable_leaves());
  store_all(message.rows, to.mutable_leaf_summary()->mutable_rows());
}

bool load(pb::LeafSummary& from, LeafSummary& to) {
  to.session = from.session();
  return load_all(from.mutable_leaves(), to.leaves) && load_all(from.mutable_rows(), to.rows);
}

void store(const LeafDifference& message, pb::PeerMessage& to) {
  to.mutable_leaf_difference()->set_session(message.session);
  store_all(message.rows, to.mutable_leaf_difference()->mutable_rows());
  for (const std::string& key : message.wanted) to.mutable_leaf_difference()->add_wanted(key);
}

bool load(pb::LeafDifference& from, LeafDifference& to) {
  to.session = from.session();
  for (std::string& key : *from.mutable_wanted()) to.wanted.push_back(std::move(key));
  return load_all(from.mutable_rows(), to.rows);
}

void store(const RepairRows& message, pb::PeerMessage& to) {
  to.mutable_repair_rows()->set_session(message.session);
  store_all(message.rows, to.mutable_repair_rows()->mutable_rows());
}

bool load(pb::RepairRows& from, RepairRows& to) {
  to.session = from.session();
  return load_all(from.mutable_rows(), to.rows);
}

void store(const RepairRowsReply& message, pb::PeerMessage& to) {
  to.mutable_repair_rows_reply()->set_session(message.session);
}

bool load(const pb::RepairRowsReply& from, RepairRowsReply& to) {
  to.session = from.session();
  return true;
}

// Whether T is a peer message: whether there is a store() for it.
template <class T>
concept PeerMessage = requires(const T& message, pb::PeerMessage& to) {
  store(message, to);
};

template <class Ours, class Theirs>
bool load_as(Theirs* from, Message& to) {
  return load(*from, to.emplace<Ours>());
}

bool load(pb::PeerMessage& from, Message& to) {
  switch (from.message_case()) {
    case pb::PeerMessage::kHeartbeat:
      return load_as<Heartbeat>(from.mutable_heartbeat(), to);
    case pb::PeerMessage::kReplicaWrite:
      return load_as<ReplicaWrite>(from.mutable_replica_write(), to);
    case pb::PeerMessage::kReplicaWriteReply:
      return load_as<ReplicaWriteReply>(from.mutable_replica_write_reply(), to);
    case pb::PeerMessage::kReplicaRead:
      return load_as<ReplicaRead>(from.mutable_replica_read(), to);
    case pb::PeerMessage::kReplicaReadReply:
      return load_as<ReplicaReadReply>(from.mutable_replica_read_reply(), to);
    case pb::PeerMessage::kHandoffOffer:
      return load_as<HandoffOffer>(from.mutable_handoff_offer(), to);
    case pb::PeerMessage::kHandoffGrant:
      return load_as<HandoffGrant>(from.mutable_handoff_grant(), to);
    case pb::PeerMessage::kHintDelivery:
      return load_as<HintDelivery>(from.mutable_hint_delivery(), to);
    case pb::PeerMessage::kHintDeliveryReply:
      return load_as<HintDeliveryReply>(from.mutable_hint_delivery_reply(), to);
    case pb::PeerMessage::kTreeCompare:
      return load_as<TreeCompare>(from.mutable_tree_compare(), to);
    case pb::PeerMessage::kTreeDifference:
      return load_as<TreeDifference>(from.mutable_tree_difference(), to);
    case pb::PeerMessage::kLeafSummary:
      return load_as<LeafSummary>(from.mutable_leaf_summary(), to);
    case pb::PeerMessage::kLeafDifference:
      return load_as<LeafDifference>(from.mutable_leaf_difference(), to);
    case pb::PeerMessage::kRepairRows:
      return load_as<RepairRows>(from.mutable_repair_rows(), to);
    case pb::PeerMessage::kRepairRowsReply:
      return load_as<RepairRowsReply>(from.mutable_repair_rows_reply(), to);
    case pb::PeerMessage::MESSAGE_NOT_SET:
      break;
  }
  return false;
}

// Where messages and their parts are put together or taken apart: on the heap each part would be an
// allocation of its own. One block serves many messages: to begin one costs as much as a message.
class Scratch {
 public:
  // Valid until the next call.
  pb::PeerMessage& message() {
    if (arena_.SpaceUsed() > sizeof block_ / 2) arena_.Reset();
    return *google::protobuf::Arena::CreateMessage<pb::PeerMessage>(&arena_);
  }

 private:
  alignas(std::max_align_t) char block_[16384];
  google::protobuf::Arena arena_{block_, sizeof block_};
};

thread_local Scratch scratch;

}  // namespace

bool is_peer_message(const Message& message) {
  return std::visit([]<class T>(const T&) { return PeerMessage<T>; }, message);
}

void encode(const Envelope& envelope, std::string& to) {
  CHECK(!envelope.from.is_client() && !envelope.to.is_client());
  pb::PeerMessage& message = scratch.message();
  message.set_from(envelope.from.node);
  message.set_to(envelope.to.node);
  std::visit(
      [&message]<class T>(const T& ours) {
        if constexpr (PeerMessage<T>) {
          store(ours, message);
        } else {
          CHECK(!"a client's message has no encoding between peers");
        }
      },
      envelope.message);
  CHECK(message.AppendToString(&to));
}

Result<Envelope> decode_envelope(std::string_view bytes) {
  pb::PeerMessage& message = scratch.message();
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail("peer message: not a PeerMessage");
  }
  if (message.from() >= kNoNode || message.to() >= kNoNode) {
    return fail("peer message: sender or receiver is not a node");
  }
  Envelope envelope;
  envelope.from = Address::of_node(static_cast<NodeId>(message.from()));
  envelope.to = Address::of_node(static_cast<NodeId>(message.to()));
  if (!load(message, envelope.message)) {
    return fail("peer message: unknown kind, or a number out of its range");
  }
  return envelope;
}

}  // namespace holdfast::node
