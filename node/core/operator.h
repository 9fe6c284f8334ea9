// What operators ask of a node: its status, its content, its hints, and to change what it does.
#pragma once

#include "node/core/anti_entropy.h"
#include "node/core/context.h"
#include "node/core/handoff.h"
#include "node/core/hints.h"
#include "node/core/read_coordinator.h"
#include "node/core/replica.h"
#include "node/core/write_coordinator.h"

namespace holdfast::node {

class Operator {
 public:
  struct Parts {
    Context& context;
    Replica& replica;
    Hints& hints;
    Handoff& handoff;
    WriteCoordinator& writes;
    ReadCoordinator& reads;
    AntiEntropyRound& anti_entropy;
  };
  explicit Operator(const Parts& parts) : parts_(parts) {}

  StatusReply status(bool ready);
  DumpReply dump(const DumpRequest& request);
  HintListReply list(const HintListRequest& request);
  ControlReply control(const ControlRequest& request);

 private:
  ControlReply set_config(const ControlRequest& request);
  HintQueueStatus queue_status(NodeId destination, const HintQueue& queue);

  Parts parts_;
};

}  // namespace holdfast::node
