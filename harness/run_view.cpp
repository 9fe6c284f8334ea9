#include "harness/run_view.h"

#include <algorithm>
#include <utility>

#include "harness/owner_look.h"
#include "harness/status_poll.h"
#include "node/core/settings.h"

namespace holdfast::harness {

std::vector<NodeId> RunView::home_replicas(std::string_view key) const {
  const auto nodes = ring_.home_replicas_of(key);
  return {nodes.begin(), nodes.end()};
}

void RunView::held_hints(std::function<void(std::vector<nemesis::HeldHints>)> done) {
  poll_status(cluster_, [done = std::move(done)](const Statuses& statuses) {
    std::vector<nemesis::HeldHints> held;
    for (const auto& status : statuses) {
      if (!status) continue;
      for (const node::HintQueueStatus& queue : status->queues) {
        held.push_back({status->node, queue.destination, queue.count, queue.delivering});
      }
    }
    done(std::move(held));
  });
}

void RunView::is_drained(std::function<void(bool)> done) {
  poll_status(cluster_, [done = std::move(done)](const Statuses& statuses) {
    // What a silent node holds, nobody knows.
    done(std::ranges::all_of(statuses, [](const auto& status) {
      return status && std::ranges::all_of(status->queues,
                                           [](const auto& queue) { return queue.count == 0; });
    }));
  });
}

void RunView::is_converged(std::function<void(bool)> done) {
  look_at_owners(cluster_, ring_, std::move(done));
}

void RunView::operate(NodeId node, const nemesis::OperatorAction& action) {
  using What = nemesis::OperatorAction::What;
  using node::ControlAction;
  node::ControlRequest request;
  request.destination = action.destination;
  request.name = action.name;
  request.value = action.value;
  switch (action.what) {
    case What::pause_delivering:
      request.action = ControlAction::pause_delivering;
      break;
    case What::resume_delivering:
      request.action = ControlAction::resume_delivering;
      break;
    case What::pause_accepting:
      request.action = ControlAction::pause_accepting;
      break;
    case What::resume_accepting:
      request.action = ControlAction::resume_accepting;
      break;
    case What::drop_hints:
      request.action = ControlAction::drop_hints;
      break;
    case What::start_anti_entropy:
      request.action = ControlAction::start_anti_entropy;
      break;
    case What::reset:
      request.value = node::find_setting(action.name)->get(cluster_.config());
      [[fallthrough]];
    case What::set:
      request.action = ControlAction::config_set;
      break;
  }
  cluster_.control(node, std::move(request),
                   [node, refusals = refusals_](const Result<node::ControlReply>& reply) {
                     if (!reply || reply->ok) return;  // a node that is down hears nothing
                     refusals->push_back(node_name(node) + " refused: " + reply->text);
                   });
}

}  // namespace holdfast::harness
