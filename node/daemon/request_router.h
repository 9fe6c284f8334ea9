// Hands requests of clients to the node, each under a number of its own, and its replies back to
// who asked.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>

#include "node/daemon/clock.h"
#include "node/daemon/driver.h"

namespace holdfast::node {

class RequestRouter {
 public:
  // Gets the reply, or null: the node was lost, and whether the request happened is unknown.
  using Done = std::function<void(Message* reply)>;

  RequestRouter(Driver& driver, NodeId self) : driver_(driver), self_(self) {}

  // False: the store is failing, nothing was done, `done` is not called.
  bool submit(Message&& request, Done done) {
    if (!driver_.is_open()) return false;
    const std::uint64_t number = ++last_;
    waiting_.emplace(number, std::move(done));
    driver_.receive(read_clocks(), {Address::of_client(number), Address::of_node(self_),
                                    Durability::none, std::move(request)});
    return true;
  }

  void complete(std::uint64_t number, Message&& reply) {
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;
    const Done done = std::move(found->second);
    waiting_.erase(found);
    done(&reply);
  }

  void lose_all() {
    const auto lost = std::exchange(waiting_, {});
    for (const auto& [number, done] : lost) done(nullptr);
  }

 private:
  Driver& driver_;
  NodeId self_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Done> waiting_;
};

}  // namespace holdfast::node
