// What the nemesis sees of a run: the cluster, and who coordinates the load.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/cluster.h"
#include "nemesis/cluster_view.h"
#include "node/core/ring.h"

namespace holdfast::harness {

class RunView : public nemesis::ClusterView {
 public:
  // The cluster and the ring must outlive it.
  RunView(Cluster& cluster, const node::Ring& ring) : cluster_(cluster), ring_(ring) {}

  void set_coordinator(NodeId node) { coordinator_ = node; }

  std::uint16_t size() const override { return cluster_.size(); }
  std::int64_t now_ns() const override { return cluster_.now_ns(); }
  void after(Duration delay, std::function<void()> action) override {
    cluster_.after(delay, std::move(action));
  }
  nemesis::Faults& faults() override { return cluster_.faults(); }
  std::vector<NodeId> home_replicas(std::string_view key) const override;
  NodeId coordinator() const override { return coordinator_; }
  void held_hints(std::function<void(std::vector<nemesis::HeldHints>)> done) override;
  void is_drained(std::function<void(bool)> done) override;
  void is_converged(std::function<void(bool)> done) override;
  void operate(NodeId node, const nemesis::OperatorAction& action) override;

  // What nodes that were up would not do for an operator, in words.
  const std::vector<std::string>& refusals() const { return *refusals_; }

 private:
  Cluster& cluster_;
  const node::Ring& ring_;
  NodeId coordinator_ = kNoNode;
  // Answers may come after the view has gone.
  std::shared_ptr<std::vector<std::string>> refusals_ =
      std::make_shared<std::vector<std::string>>();
};

}  // namespace holdfast::harness
