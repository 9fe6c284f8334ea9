// What a nemesis sees of a running cluster, beside the faults it may inject.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

struct HeldHints {
  NodeId holder = kNoNode;
  NodeId destination = kNoNode;
  std::uint64_t count = 0;
  bool delivering = false;  // a handoff is under way
};

class ClusterView {
 public:
  virtual ~ClusterView() = default;

  virtual std::uint16_t size() const = 0;
  virtual std::int64_t now_ns() const = 0;  // on the history's clock
  virtual void after(Duration delay, std::function<void()> action) = 0;
  virtual Faults& faults() = 0;

  virtual std::vector<NodeId> home_replicas(std::string_view key) const = 0;
  // The node that coordinates the latest operation; kNoNode before the first.
  virtual NodeId coordinator() const = 0;
  // Asks every running node, in order. The answer comes later.
  virtual void held_hints(std::function<void(std::vector<HeldHints>)> done) = 0;
};

}  // namespace holdfast::nemesis
