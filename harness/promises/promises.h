// What a configuration promised, operation by operation (docs/promises.md has the table), and so
// which anomalies make a run invalid and which it allows, with the reason in words.
//
// A promise is derived from the reply (who took the write, in which role), the configuration and
// the faults that were really injected; never from the nodes' own logs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "checkers/checker.h"
#include "node/core/config.h"
#include "node/core/event.h"

namespace holdfast::harness {

struct PromiseInputs {
  checkers::Inputs observed;
  const node::Config& config;
  std::uint16_t nodes = 0;
  // Simulated time: a slow machine excuses no time-out.
  bool virtual_time = true;
  // What is allowed makes the run invalid too: all of it, or these classes.
  bool strict = false;
  std::vector<checkers::AnomalyClass> never_allowed;
  // For autopsies only: the event log of each node, by NodeId, on the history's clock; or none.
  struct NodeEvent {
    std::int64_t at_ns = 0;
    node::Event event;
  };
  std::span<const std::vector<NodeEvent>> events;
};

// Marks every anomaly as allowed or not, with the reason, adds those that only a promise can tell
// (an operation that failed with its quorum in reach), sets each result's verdict and its examples
// with their autopsies. Returns the worst verdict.
checkers::Verdict judge(std::vector<checkers::CheckResult>& results, const PromiseInputs& inputs);

// The configuration's part of what checkers need; the measured part is the runner's.
// `value_bytes`: of the longest value.
checkers::Facts facts_of(const node::Config& config, std::uint64_t value_bytes);

// How long after a write's invocation its last hint is stored: at its own deadline, or at that of a
// holder that was asked after it.
constexpr Duration hint_delay(const node::Config& config) { return 4 * config.request_timeout; }

// How long it may take, from the end of all faults, until all owners are equal.
struct Backlog {
  std::uint64_t hints = 0;
  std::uint64_t hint_bytes = 0;
  std::uint64_t delivered_bytes = 0;  // before: a throttle may still be in debt for them
  std::uint64_t keys = 0;             // of the whole cluster
  Duration round_trip = std::chrono::milliseconds(10);  // between two nodes, a sync included
};
Duration convergence_bound(const node::Config& config, const Backlog& backlog);

}  // namespace holdfast::harness
