#include "harness/status_poll.h"

#include <memory>
#include <utility>

namespace holdfast::harness {

void poll_status(Cluster& cluster, std::function<void(Statuses)> done) {
  struct Poll {
    Statuses statuses;
    std::size_t open = 0;
    std::function<void(Statuses)> done;
    void answer() {
      if (--open == 0) done(std::move(statuses));
    }
  };
  auto poll = std::make_shared<Poll>();
  poll->statuses.resize(cluster.size());
  poll->open = 1;  // the timer below: `done` never comes from inside this call
  poll->done = std::move(done);
  const std::int64_t asked_ns = cluster.now_ns();
  for (NodeId node = 0; node < cluster.size(); ++node) {
    if (!cluster.faults().is_running(node) || cluster.faults().is_paused(node)) continue;
    ++poll->open;
    cluster.status(node, [&cluster, poll, node, asked_ns](Result<node::StatusReply> reply) {
      if (reply) poll->statuses[node] = {std::move(*reply), asked_ns, cluster.now_ns()};
      poll->answer();
    });
  }
  cluster.after(Duration(0), [poll] { poll->answer(); });
}

std::uint64_t pending_hints(const Statuses& statuses) {
  std::uint64_t pending = 0;
  for (const auto& status : statuses) {
    if (status) pending += status->pending;
  }
  return pending;
}

}  // namespace holdfast::harness
