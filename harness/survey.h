// A survey: the raw content of every node, rows and hints, page by page and without any repair.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checkers/final_state.h"
#include "checkers/history.h"
#include "harness/await.h"
#include "node/core/ring.h"

namespace holdfast::harness {

class Survey {
 public:
  // `say` gets what is being read.
  Survey(Await& await, const node::Ring& ring, std::function<void(std::string)> say)
      : await_(await), ring_(ring), say_(std::move(say)) {}

  // Keys that nobody wrote are added to `keys`. A node that does not answer is left undumped.
  // `earlier`: statuses from before, to be kept with those of now. Nothing, if interrupted.
  std::optional<checkers::FinalState> take(checkers::Keys& keys,
                                           std::vector<checkers::NodeStatus> earlier = {});

 private:
  bool take_rows(NodeId node, checkers::Keys& keys, checkers::FinalState& state);
  bool take_hints(NodeId node, NodeId destination, checkers::Keys& keys,
                  checkers::FinalState& state);

  Await& await_;
  const node::Ring& ring_;
  std::function<void(std::string)> say_;
};

// What a node said of its hints, in the checkers' words.
checkers::NodeStatus node_status(const TimedStatus& reply);

// Pairs of a key and an owner that lacks the newest version any owner has.
std::uint64_t count_missing(const checkers::FinalState& state, std::size_t keys);

}  // namespace holdfast::harness
