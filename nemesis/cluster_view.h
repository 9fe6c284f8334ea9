// What a nemesis sees of a running cluster, beside the faults it may inject.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
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

// What an operator asks of one node. A node that is down does not hear it.
struct OperatorAction {
  enum class What : std::uint8_t {
    pause_delivering,  // of hints, to `destination` or to all
    resume_delivering,
    pause_accepting,  // of new hints
    resume_accepting,
    drop_hints,  // for `destination`
    start_anti_entropy,
    set,   // the setting `name` to `value`
    reset  // to what the cluster began with
  };
  What what = What::start_anti_entropy;
  NodeId destination = kNoNode;
  std::string name;
  std::string value;

  auto operator<=>(const OperatorAction&) const = default;
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
  // Whether every node answers, and holds no hint. The answer comes later, as of the next.
  virtual void is_drained(std::function<void(bool)> done) = 0;
  // Whether all owners have, of every key, the newest version that any of them had as the look
  // began.
  virtual void is_converged(std::function<void(bool)> done) = 0;
  virtual void operate(NodeId node, const OperatorAction& action) = 0;
};

}  // namespace holdfast::nemesis
