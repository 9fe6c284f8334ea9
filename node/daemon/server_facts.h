// What the daemon can say of itself, for INFO, /metrics and /status.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/base/ids.h"
#include "node/daemon/driver.h"
#include "node/daemon/peer_connections.h"

namespace holdfast::node {

inline constexpr const char* kVersionText = "0.1.0";
// Redis clients look for a version of Redis: the one whose commands and protocol these are.
inline constexpr const char* kRedisVersionText = "7.0.0";

struct ClientCounters {
  std::uint64_t connected = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // above the limit
  std::uint64_t evicted = 0;  // too slow, or too much memory
  std::uint64_t broken = 0;   // spoke no RESP
  std::uint64_t commands = 0;
  std::uint64_t errors = 0;  // requests the node answered with an error
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
};

struct PeerFacts {
  NodeId node = kNoNode;
  bool connected = false;
  LinkCounters counters;
};

struct ServerFacts {
  NodeId node = 0;
  std::uint32_t incarnation = 0;
  bool store_open = false;
  std::uint64_t process_id = 0;
  std::uint16_t client_port = 0;
  std::int64_t uptime_us = 0;
  ClientCounters clients;
  DriverCounters driver;
  std::vector<PeerFacts> peers;
};

}  // namespace holdfast::node
