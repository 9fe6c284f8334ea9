// Everything the systems in the field decide differently, as values. The names, units, defaults
// and limits that people see are in settings.cpp; this is the struct they fill.
#pragma once

#include <cstdint>

#include "node/base/time.h"
#include "node/core/bugs.h"

namespace holdfast::node {

// What may count towards R and W.
enum class QuorumKind : std::uint8_t {
  strict,  // home replicas only
  sloppy,  // a fallback in a home replica's place too (Dynamo, Riak)
  any      // a stored hint alone suffices (Cassandra's consistency level ANY)
};

enum class HintHolder : std::uint8_t {
  fallback,     // the next healthy node of the preference list (Dynamo, Riak)
  coordinator,  // the node that coordinates the write (Cassandra, ScyllaDB)
  none          // no hints: anti-entropy only
};

// What has happened before an acknowledgement.
enum class Durability : std::uint8_t {
  none,     // nothing (messages that acknowledge nothing)
  written,  // committed: survives the process, not the power
  fsync     // survives the power
};

enum class ReadRepair : std::uint8_t { off, async, blocking };
enum class AntiEntropy : std::uint8_t { off, periodic, on_demand };
enum class TombstoneGc : std::uint8_t { never, grace };

// n at most. Requests number a write's replicas in the bits below their ids (writes.h).
inline constexpr std::uint32_t kMostReplicas = 7;
// max_value_bytes and max_key_bytes at most.
inline constexpr std::uint32_t kMostValueBytes = 32 << 20;
inline constexpr std::uint32_t kMostKeyBytes = 65536;

struct Config {
  // The ring. The same on every node, fixed for the cluster's life.
  std::uint32_t n = 3;
  std::uint32_t virtual_nodes = 16;
  std::uint32_t merkle_leaves = 256;  // per range; a power of 16

  // Quorums, unless a request names its own.
  QuorumKind quorum = QuorumKind::strict;
  std::uint32_t r = 2;
  std::uint32_t w = 2;
  std::uint32_t pr = 0;
  std::uint32_t pw = 0;
  Duration request_timeout = std::chrono::seconds(1);

  // Hints.
  HintHolder hint_holder = HintHolder::fallback;
  bool hint_counts = true;  // in sloppy and any quorums
  bool fallback_reads = true;
  Durability hint_durability = Durability::fsync;
  Durability store_durability = Durability::fsync;
  Duration hint_window = std::chrono::hours(3);
  Duration hint_max_age = std::chrono::hours(48);
  // Caps: 0 is "no limit".
  std::uint64_t hint_max_count = 0;
  std::uint64_t hint_max_bytes = 0;
  std::uint64_t hint_max_count_per_destination = 0;
  std::uint64_t hint_max_bytes_per_destination = 0;
  std::uint32_t hints_in_flight = 1024;  // being stored elsewhere for this coordinator's writes

  // Handoff. Rates: 0 is "no limit", and never the result of a division.
  std::uint64_t handoff_send_bytes_per_s = 0;     // per holder, over all destinations
  std::uint64_t handoff_receive_bytes_per_s = 0;  // granted by the destination, over all holders
  std::uint32_t handoff_batch_count = 128;
  std::uint32_t handoff_batch_bytes = 512 * 1024;
  std::uint32_t handoff_concurrency = 2;  // destinations served at once
  Duration handoff_retry = std::chrono::seconds(1);
  std::uint32_t handoff_attempts = 3;  // permanent refusals of one record before quarantine

  // Repair.
  ReadRepair read_repair = ReadRepair::async;
  AntiEntropy anti_entropy = AntiEntropy::periodic;
  Duration anti_entropy_period = std::chrono::minutes(10);
  std::uint32_t anti_entropy_batch_rows = 512;
  TombstoneGc tombstone_gc = TombstoneGc::never;
  Duration tombstone_grace = std::chrono::hours(240);

  // Failure detection.
  Duration heartbeat_interval = std::chrono::seconds(1);
  Duration failure_timeout = std::chrono::seconds(4);

  // Limits on what a client may ask.
  std::uint32_t max_key_bytes = 1024;
  std::uint32_t max_value_bytes = 1024 * 1024;
  std::uint32_t requests_in_flight = 16384;

  BugSet bugs;  // planted by a harness
  bool has(Bug bug) const { return bugs[static_cast<std::size_t>(bug)]; }
};

}  // namespace holdfast::node
