// Everything that enters or leaves a node, as plain structs. The codec turns peer messages into
// protobuf and the daemon turns client messages into RESP; the core knows neither.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/base/time.h"
#include "node/base/version.h"
#include "node/core/config.h"
#include "node/storage/row.h"
#include "node/storage/store.h"

namespace holdfast::node {

// Who sends or receives: a node, or a client's request (a number the driver chose for it).
struct Address {
  NodeId node = kNoNode;
  std::uint64_t client = 0;  // when node is kNoNode

  static Address of_node(NodeId id) { return {id, 0}; }
  static Address of_client(std::uint64_t number) { return {kNoNode, number}; }
  bool is_client() const { return node == kNoNode; }
  bool operator==(const Address&) const = default;
};

// In which role a node took a write.
enum class Role : std::uint8_t { home, hint };

struct Ack {
  NodeId node = kNoNode;
  Role role = Role::home;
  NodeId destination = kNoNode;  // of a hint

  bool operator==(const Ack&) const = default;
};

// ---- From clients, and the replies to them -------------------------------------------------

// What a request asks for beyond the node's configuration; unset is "as configured".
struct RequestOptions {
  std::optional<QuorumKind> quorum;
  std::optional<std::uint32_t> r, w, pr, pw;
  std::optional<Duration> timeout;
};

struct ClientRead {
  std::string key;
  RequestOptions options;
};

// A put, or a delete. Without an id the coordinator makes one.
struct ClientWrite {
  std::string key;
  bool deleted = false;
  std::string value;
  OperationId id;
  RequestOptions options;
};

// The reply to ClientRead and ClientWrite. For a read: the newest row seen; a tombstone or nothing
// is !found, the former with its version and id. `acks` are the nodes that took the write, or
// whose answer counted in the read, by the time of the reply, each physical node once per role.
struct ClientReply {
  ErrorCode error = ErrorCode::none;
  std::string detail;
  bool found = false;
  std::string value;
  Version version;
  OperationId id;
  std::vector<Ack> acks;
  std::uint32_t real_acks = 0;
  std::uint32_t hint_acks = 0;
};

// One page of a node's raw content, without any repair. Start with the default cursor.
struct DumpRequest {
  std::uint64_t token = 0;
  std::string after_key;
  std::uint32_t limit = 1000;
};
struct DumpedRow {
  std::string key;
  Row row;
};
struct DumpReply {
  std::vector<DumpedRow> rows;
  bool done = true;  // else go on from (token, after_key)
  std::uint64_t token = 0;
  std::string after_key;
};

// One page of the hints held for `destination`, quarantined ones not included.
struct HintListRequest {
  NodeId destination = kNoNode;
  std::uint64_t from = 0;
  std::uint32_t limit = 1000;
};
struct HintListReply {
  std::vector<Hint> hints;
  bool done = true;  // else go on from the last sequence + 1
};

struct StatusRequest {};
struct HintQueueStatus {
  NodeId destination = kNoNode;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t last_sequence = 0;
  Duration oldest_age{0};
  bool window_open = true;  // whether a new hint for it would be accepted now
  bool delivering = false;  // a handoff to it is under way
  bool paused = false;      // delivery to it is paused by an operator
};
struct PeerStatus {
  NodeId node = kNoNode;
  bool up = false;
  Duration silent_for{0};
};
// Why a hint was refused before anything was acknowledged.
enum class HintRefusal : std::uint8_t {
  none,
  window,     // the destination has been away for longer than the hint window
  cap,        // a cap on count or bytes is reached
  paused,     // an operator paused the accepting of hints
  no_holder,  // there is no healthy node that may hold it, or hints are off
  storage     // the holder's store failed
};
inline constexpr std::size_t kHintRefusals = 6;

struct Counters {
  std::array<std::uint64_t, kHintRefusals> hints_refused{};
  std::uint64_t hints_received = 0;        // deliveries taken as destination, records
  std::uint64_t hints_received_stale = 0;  // of these, changed nothing
  std::uint64_t hint_bytes_received = 0;
  std::uint64_t hints_sent = 0;  // as holder, records, each time anew
  std::uint64_t hint_bytes_sent = 0;
  std::uint64_t handoff_timeouts = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t read_repairs = 0;
  std::uint64_t anti_entropy_rounds = 0;  // finished, as initiator
  std::uint64_t anti_entropy_failed = 0;  // ended by a deadline
  std::uint64_t anti_entropy_silent = 0;  // finished in a row without a row transferred
  std::uint64_t anti_entropy_rows_sent = 0;
  std::uint64_t anti_entropy_rows_received = 0;
  std::uint64_t anti_entropy_keys_repaired = 0;  // rows that changed this node's state
  std::uint64_t anti_entropy_hash_comparisons = 0;
  std::uint64_t anti_entropy_differences = 0;  // of these, nodes of the tree that differed
  std::uint64_t anti_entropy_bytes = 0;        // of messages sent for it
  std::uint64_t tombstones_purged = 0;
};
struct StatusReply {
  NodeId node = kNoNode;
  std::uint32_t incarnation = 0;
  std::uint64_t store_incarnation = 0;
  bool store_lost = false;  // this start found a damaged store and began with an empty one
  bool ready = true;        // may coordinate: knows the cluster's clock
  std::uint64_t rows = 0;
  HintLedger ledger;
  std::uint64_t pending = 0;
  std::uint64_t quarantined = 0;
  bool accepting_hints = true;
  bool delivering_hints = true;
  std::uint32_t requests_in_flight = 0;
  bool anti_entropy_running = false;
  std::vector<HintQueueStatus> queues;
  std::vector<PeerStatus> peers;
  Counters counters;
};

// What an operator may tell a node. The reply's `text` is the answer, or what was wrong.
enum class ControlAction : std::uint8_t {
  pause_accepting,  // refuse new hints
  resume_accepting,
  pause_delivering,  // keep hints, deliver none (to `destination`, or to all if kNoNode)
  resume_delivering,
  drop_hints,          // give up all pending hints for `destination`: counted as operator_request
  start_anti_entropy,  // one round with every peer (or with `destination`)
  create_sync_point,   // text: a token that stands for all hints pending now
  check_sync_point,    // name: the token. text: DONE, IN_PROGRESS or LOST <n>
  config_get,          // name. text: the value
  config_set           // name, value: effective at once; refused for what is fixed
};
struct ControlRequest {
  ControlAction action = ControlAction::config_get;
  NodeId destination = kNoNode;
  std::string name;
  std::string value;
};
struct ControlReply {
  bool ok = true;
  std::string text;
};

// ---- Between nodes ---------------------------------------------------------------------------

struct Heartbeat {
  std::uint32_t incarnation = 0;
  std::int64_t clock_us = 0;  // the highest version clock the sender has given or seen
};

// Take a write: as home replica, or as holder of a hint if `destination` is set.
struct ReplicaWrite {
  std::uint64_t request = 0;  // the coordinator's number for this message's reply
  std::string key;
  Row row;
  NodeId destination = kNoNode;
};
struct ReplicaWriteReply {
  std::uint64_t request = 0;
  HintRefusal refusal = HintRefusal::none;
};

// Answer from the node's own rows and, if `include_hints`, from the hints it holds. Clients may
// send it too (`holdfast` reads single replicas with it).
struct ReplicaRead {
  std::uint64_t request = 0;
  std::string key;
  bool include_hints = false;
  Version known;  // of the row that the coordinator has, if it has one: need not be sent again
};
struct ReplicaReadReply {
  std::uint64_t request = 0;
  bool found = false;  // a row, perhaps a tombstone
  bool same = false;   // it is the one the coordinator knows; `row` is empty
  Role role = Role::home;
  NodeId destination = kNoNode;  // of the hint, in role `hint`
  Row row;
};

// A holder asks how much it may send; the destination grants.
struct HandoffOffer {
  std::uint64_t handoff = 0;
  std::uint64_t bytes = 0;
};
struct HandoffGrant {
  std::uint64_t handoff = 0;
  std::uint64_t bytes = 0;  // 0: ask again after `retry_after`
  Duration retry_after{0};
};
struct HintRecord {
  std::uint64_t sequence = 0;
  std::string key;
  Row row;
  std::uint64_t checksum = 0;  // over key and row, made when the hint was read
};
struct HintDelivery {
  std::uint64_t handoff = 0;
  std::vector<HintRecord> records;
};
enum class DeliveryStatus : std::uint8_t {
  stored,   // the destination's version is now at least the hint's
  refused,  // it can never take this record (damaged, or over a limit)
};
struct DeliveryResult {
  std::uint64_t sequence = 0;
  DeliveryStatus status = DeliveryStatus::stored;
};
struct HintDeliveryReply {
  std::uint64_t handoff = 0;
  std::vector<DeliveryResult> results;
};

// Anti-entropy: the initiator walks down the trees of all ranges it shares with a peer. See
// anti_entropy.h for the exchange.
struct TreeNode {
  std::uint32_t range = 0;
  std::uint32_t index = 0;  // within its level
  std::uint64_t hash = 0;
};
struct TreeCompare {
  std::uint64_t session = 0;
  std::uint32_t level = 0;  // 0 is the root
  std::vector<TreeNode> nodes;
};
struct TreeDifference {
  std::uint64_t session = 0;
  std::uint32_t level = 0;
  std::vector<TreeNode> nodes;  // those whose hash differs at the peer; hash is not set
};
struct RowSummary {
  std::string key;
  Version version;
};
struct LeafSummary {
  std::uint64_t session = 0;
  std::vector<TreeNode> leaves;
  std::vector<RowSummary> rows;  // all of the sender's rows in these leaves
};
struct LeafDifference {
  std::uint64_t session = 0;
  std::vector<DumpedRow> rows;      // newer at the peer, or missing at the initiator
  std::vector<std::string> wanted;  // newer at the initiator, or missing at the peer
};
struct RepairRows {
  std::uint64_t session = 0;
  std::vector<DumpedRow> rows;
};
struct RepairRowsReply {
  std::uint64_t session = 0;
};

using Message =
    std::variant<Heartbeat, ReplicaWrite, ReplicaWriteReply, ReplicaRead, ReplicaReadReply,
                 HandoffOffer, HandoffGrant, HintDelivery, HintDeliveryReply, TreeCompare,
                 TreeDifference, LeafSummary, LeafDifference, RepairRows, RepairRowsReply,
                 ClientRead, ClientWrite, ClientReply, DumpRequest, DumpReply, HintListRequest,
                 HintListReply, StatusRequest, StatusReply, ControlRequest, ControlReply>;

// A message under way. `needs` is what must hold for everything the sender's store has committed
// before this leaves the node; it is the sender's driver that makes it so.
struct Envelope {
  Address from;
  Address to;
  Durability needs = Durability::none;
  Message message;
};

// A short name for logs and traces ("replica_write").
std::string_view name_of(const Message& message);

}  // namespace holdfast::node
