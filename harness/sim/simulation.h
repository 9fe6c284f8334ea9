// What all parts of one simulated world share: its time, what will happen in it, its trace.
#pragma once

#include "harness/sim/event_queue.h"
#include "harness/sim/slab.h"
#include "harness/sim/trace.h"
#include "node/core/message.h"

namespace holdfast::harness {

struct Simulation {
  SimTime now = 0;
  EventQueue queue;
  Slab<node::Envelope> envelopes;  // under way: the slots of message and reply events
  Trace trace;
};

}  // namespace holdfast::harness
