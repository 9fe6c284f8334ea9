// For tests: a simulated cluster under load and every kind of fault, all drawn from one seed.
#pragma once

#include <string>

#include "harness/sim/testing/scenario.h"

namespace holdfast::harness {

class Chaos {
 public:
  Chaos(const SimOptions& options, Duration span)
      : scenario_(options),
        random_(derive_seed(options.seed, "chaos")),
        end_ns_(span.count() * 1000) {
    for (int client = 0; client < 10; ++client) next_operation();
    next_fault();
  }

  // Faults until the end, then none, until all nodes answer. Returns whether they do.
  bool run() {
    scenario_.cluster.run([this] { return over(); });
    calm();
    return scenario_.wait_until(
        [this] {
          for (NodeId id = 0; id < scenario_.cluster.size(); ++id) {
            if (!scenario_.status(id)) return false;
          }
          return true;
        },
        std::chrono::seconds(30));
  }

  Scenario& scenario() { return scenario_; }
  int succeeded() const { return succeeded_; }
  int failed() const { return failed_; }
  int faults() const { return faults_; }

 private:
  bool over() const { return scenario_.cluster.now_ns() >= end_ns_; }
  NodeId any_node() { return static_cast<NodeId>(random_.below(scenario_.cluster.size())); }

  void next_operation() {
    if (over()) return;
    const NodeId node = any_node();
    const std::string key = "k" + std::to_string(random_.below(200));
    auto done = [this](const node::ClientReply& reply) {
      ++(reply.error == ErrorCode::none ? succeeded_ : failed_);
      const Duration pause(random_.below(20'000));
      scenario_.cluster.after(pause, [this] { next_operation(); });
    };
    if (random_.chance(1, 3)) {
      scenario_.cluster.request(node, node::ClientRead{key, {}}, kTimeout, done);
      return;
    }
    const bool deleted = random_.chance(1, 10);
    const OperationId id{3, ++operations_};
    node::ClientWrite write{key, deleted, deleted ? "" : std::string(100, 'v'), id, {}};
    scenario_.cluster.request(node, std::move(write), kTimeout, done);
  }

  void next_fault() {
    if (over()) return;
    inject();
    ++faults_;
    const Duration pause(random_.below(300'000));
    scenario_.cluster.after(pause, [this] { next_fault(); });
  }

  void inject() {
    nemesis::Faults& faults = scenario_.faults();
    const NodeId node = any_node();
    const NodeId other = any_node();
    switch (random_.below(12)) {
      case 0:
        return faults.kill(node);
      case 1:
        return faults.power_loss(node);
      case 2:
      case 3:
      case 4:
        return faults.restart(node);
      case 5:
        return faults.is_paused(node) ? faults.resume(node) : faults.pause(node);
      case 6:
        return faults.resume(node);
      case 7:
        return faults.cut({{node, other}});
      case 8:
        return faults.mend({{node, other}});
      case 9:
        return faults.set_link(node, other, any_quality());
      case 10:
        return faults.set_disk(node, any_disk_fault());
      default: {
        const Duration offset(random_.between(-500'000, 500'000));
        return faults.set_clock(node, offset, static_cast<std::int32_t>(random_.below(200)));
      }
    }
  }
  nemesis::LinkQuality any_quality() {
    nemesis::LinkQuality quality;
    quality.delay = Duration(random_.below(5'000));
    quality.jitter = Duration(random_.below(20'000));
    quality.loss_per_mille = static_cast<std::uint32_t>(random_.below(100));
    quality.duplicate_per_mille = static_cast<std::uint32_t>(random_.below(100));
    quality.reorder_per_mille = static_cast<std::uint32_t>(random_.below(100));
    quality.corrupt_per_mille = static_cast<std::uint32_t>(random_.below(50));
    if (random_.chance(1, 8)) quality.bytes_per_second = 20'000 + random_.below(1'000'000);
    return quality;
  }
  nemesis::DiskFault any_disk_fault() {
    constexpr nemesis::DiskFault kFaults[] = {
        nemesis::DiskFault::none, nemesis::DiskFault::none, nemesis::DiskFault::io_error,
        nemesis::DiskFault::full, nemesis::DiskFault::slow_sync};
    return kFaults[random_.below(std::size(kFaults))];
  }

  void calm() {
    nemesis::Faults& faults = scenario_.faults();
    for (NodeId node = 0; node < scenario_.cluster.size(); ++node) {
      for (NodeId other = 0; other < scenario_.cluster.size(); ++other) {
        faults.mend({{node, other}});
        faults.set_link(node, other, {});
      }
      faults.set_disk(node, nemesis::DiskFault::none);
      faults.set_clock(node, Duration{0}, 0);
      faults.resume(node);
      faults.restart(node);
    }
  }

  static constexpr Duration kTimeout = std::chrono::seconds(2);

  Scenario scenario_;
  Random random_;
  std::int64_t end_ns_;
  std::uint64_t operations_ = 0;
  int succeeded_ = 0;
  int failed_ = 0;
  int faults_ = 0;
};

}  // namespace holdfast::harness
