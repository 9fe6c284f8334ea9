#include "harness/run_view.h"

#include <utility>

#include "harness/status_poll.h"

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

}  // namespace holdfast::harness
