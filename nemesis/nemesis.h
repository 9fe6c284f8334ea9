// The nemesis: executes a schedule against a running cluster and records what it really did.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nemesis/cluster_view.h"
#include "nemesis/schedule.h"

namespace holdfast::nemesis {

// A plain fault that struck, with its nodes by name; or a heal.
struct InjectedFault {
  PlannedFault planned;
  std::string by;                      // the compound fault that led to it, if one did
  std::int64_t start_ns = 0;           // on the history's clock
  std::optional<std::int64_t> end_ns;  // unset while it is in effect
};

class Nemesis {
 public:
  struct Options {
    std::uint64_t seed = 1;
    // The fault budget: no data is destroyed on a second node. What would is left out.
    bool protect = false;
    // A power loss destroys data that was acknowledged.
    bool power_loss_destroys = false;
    // A line of faults.jsonl: called when a fault strikes.
    std::function<void(const InjectedFault&)> on_inject;
  };

  // The view must outlive the nemesis; what is still scheduled when it dies does nothing.
  Nemesis(ClusterView& view, Schedule schedule, Options options);
  ~Nemesis();
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  // Begins; the schedule's times count from now on.
  void start();
  // Everything has struck (or will not), and what ends by itself has ended.
  bool done() const;
  // Undoes everything and starts every node that is down. Nothing strikes afterwards.
  void heal();

  const std::vector<InjectedFault>& injected() const;
  // What the fault budget left out, in words.
  const std::vector<std::string>& left_out() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace holdfast::nemesis
