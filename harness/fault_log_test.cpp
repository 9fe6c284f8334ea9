#include "harness/fault_log.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using checkers::FaultEffects;
using nemesis::FaultType;
using nemesis::PlannedFault;

// As CONTRIBUTING says a fault is added: what it does is declared, and nothing else is told of it.
TEST(FaultLog, RecordsWhatAMadeUpFaultDeclares) {
  FaultType type("scratch", "empties a disk and cuts a link", [](const PlannedFault&) {
    return FaultEffects{.loss = FaultEffects::Loss::everything,
                        .traffic = FaultEffects::Traffic::cut};
  });
  type.directions = [](const PlannedFault&, const std::vector<NodeId>& nodes, std::uint16_t size) {
    return std::vector<nemesis::Direction>{{nodes[0], static_cast<NodeId>(size - 1)}};
  };
  nemesis::InjectedFault injected;
  injected.planned.fault = "scratch";
  injected.planned.on = nemesis::spec_of({1});
  injected.start_ns = 5;
  injected.end_ns = 9;
  const checkers::FaultRecord record = fault_record(type, injected, 4);
  EXPECT_EQ(record.name, "scratch");
  EXPECT_EQ(record.effects.loss, FaultEffects::Loss::everything);
  EXPECT_TRUE(record.destroys(1, 5, true));
  EXPECT_FALSE(record.destroys(1, 6, true));
  EXPECT_FALSE(record.destroys(2, 5, true));
  EXPECT_TRUE(record.separates(1, 3, 5, 9));
  EXPECT_FALSE(record.separates(3, 1, 5, 9));
  EXPECT_FALSE(record.stops_nodes());
}

// Every fault that may stop a node, lose data or disturb a link says so.
TEST(FaultLog, EveryFaultDeclaresAnEffect) {
  for (const FaultType& type : nemesis::all_fault_types()) {
    PlannedFault planned;
    planned.fault = type.name;
    const FaultEffects effects = type.effects(planned);
    // What operators do is no fault: it impairs nobody's requests.
    EXPECT_TRUE(effects.impairs() || effects.moves_clock || type.only_if_named) << type.name;
    if (type.find != nullptr) continue;  // what it leads to has its own type
    EXPECT_EQ(type.directions != nullptr, effects.cuts() || effects.degrades()) << type.name;
  }
}

}  // namespace
}  // namespace holdfast::harness
