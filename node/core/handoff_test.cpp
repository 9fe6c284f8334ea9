// Delivering hints.
#include "node/core/handoff.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class HandoffTest : public NodeTest {};

TEST_F(HandoffTest, LateDeliveryDoesNotReplaceANewerRow) {
  make(5, without_repair());
  take_down(homes[2]);
  cluster->write(homes[0], "k", "old");
  cluster->advance(seconds(1));
  cluster->control(fallbacks[0], {ControlAction::pause_delivering});
  bring_up(homes[2]);
  cluster->write(homes[0], "k", "new");
  cluster->control(fallbacks[0], {ControlAction::resume_delivering});
  cluster->advance(seconds(2));
  EXPECT_EQ(cluster->status(fallbacks[0]).ledger.delivered, 1u);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "new");
}

TEST_F(HandoffTest, HintIsDeliveredAgainUntilItIsAcknowledged) {
  make(5, without_repair());
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->advance(seconds(1));
  bool lose_replies = true;
  cluster->filter = [&](const Envelope& envelope) {
    return lose_replies && std::holds_alternative<HintDeliveryReply>(envelope.message);
  };
  bring_up(homes[2]);
  EXPECT_EQ(cluster->status(fallbacks[0]).pending, 1u);
  lose_replies = false;
  cluster->advance(seconds(4));
  EXPECT_EQ(cluster->status(fallbacks[0]).pending, 0u);
  EXPECT_GE(cluster->status(homes[2]).counters.hints_received_stale, 1u);
}

TEST_F(HandoffTest, RecordWithoutAnAnswerBlocksNobody) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  config.n = 3;
  make(3, config);
  take_down(homes[2]);
  for (int i = 0; i < 10; ++i) {
    cluster->write(homes[0], "key " + std::to_string(i), "value");
  }
  cluster->filter = [&](const Envelope& envelope) {
    const auto* delivery = std::get_if<HintDelivery>(&envelope.message);
    if (delivery == nullptr) return false;
    for (const HintRecord& record : delivery->records) {
      if (record.key == "key 0") return true;
    }
    return false;
  };
  bring_up(homes[2]);
  cluster->advance(seconds(40));
  EXPECT_EQ(cluster->status(homes[0]).pending, 1u);
  EXPECT_EQ(cluster->status(homes[0]).quarantined, 0u) << "a time-out is no refusal";
  cluster->filter = nullptr;
  cluster->advance(seconds(10));
  EXPECT_EQ(cluster->status(homes[0]).pending, 0u);
}

TEST_F(HandoffTest, RecordThatIsRefusedForEverIsQuarantined) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  make(3, config);
  take_down(homes[2]);
  cluster->write(homes[0], "poison", "value");
  cluster->write(homes[0], "sound", "value");
  // Damaged on the way, every time.
  std::vector<std::pair<Envelope, bool>> replaced;
  cluster->filter = [&](const Envelope& envelope) {
    const auto* delivery = std::get_if<HintDelivery>(&envelope.message);
    if (delivery == nullptr) return false;
    HintDelivery damaged = *delivery;
    bool changed = false;
    for (HintRecord& record : damaged.records) {
      if (record.key != "poison" || record.row.value == "damaged") continue;
      record.row.value = "damaged";
      changed = true;
    }
    if (!changed) return false;
    cluster->send({envelope.from, envelope.to, envelope.needs, std::move(damaged)});
    return true;
  };
  bring_up(homes[2]);
  cluster->advance(seconds(20));
  const StatusReply holder = cluster->status(homes[0]);
  EXPECT_EQ(holder.quarantined, 1u);
  EXPECT_EQ(holder.pending, 0u);
  EXPECT_EQ(holder.ledger.delivered, 1u);
  EXPECT_EQ(holder.ledger.created, 2u);
}

TEST_F(HandoffTest, ReceiveThrottleHoldsOverAllHolders) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  config.handoff_receive_bytes_per_s = 10'000;
  config.handoff_batch_count = 4;
  make(3, config);
  take_down(homes[2]);
  const std::string value(500, 'v');
  for (int i = 0; i < 100; ++i) {
    cluster->write(homes[i % 2], "key " + std::to_string(i), value);
  }
  cluster->start(homes[2]);
  cluster->advance(milliseconds(2500));
  const std::uint64_t received = cluster->status(homes[2]).counters.hints_received;
  EXPECT_GE(received, 30u);
  EXPECT_LE(received, 60u) << "10 kB a second, about 20 hints a second";
  cluster->advance(seconds(10));
  EXPECT_EQ(pending(), 0u);
}

TEST_F(HandoffTest, NothingTooOldIsDeliveredHoweverManyHintsWait) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  config.hint_max_age = hours(1);
  make(3, config);
  take_down(homes[2]);
  for (int i = 0; i < 2500; ++i) cluster->write(homes[0], "key " + std::to_string(i), "old");
  cluster->jump(hours(2));
  cluster->write(homes[0], "k", "young");
  bring_up(homes[2]);
  const StatusReply holder = cluster->status(homes[0]);
  EXPECT_EQ(holder.ledger.expired, 2500u);
  EXPECT_EQ(holder.ledger.delivered, 1u);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "young");
}

TEST_F(HandoffTest, DestinationsTakeTurns) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  config.handoff_concurrency = 1;
  config.handoff_batch_count = 4;
  config.handoff_send_bytes_per_s = 10'000;
  make(3, config);
  cluster->kill(homes[1]);
  take_down(homes[2]);
  const std::string value(500, 'v');
  for (int i = 0; i < 100; ++i) {
    cluster->write(homes[0], "key " + std::to_string(i), value, with(QuorumKind::strict, 1));
  }
  cluster->start(homes[1]);
  cluster->start(homes[2]);
  cluster->advance(seconds(4));
  EXPECT_GE(cluster->status(homes[1]).counters.hints_received, 20u);
  EXPECT_GE(cluster->status(homes[2]).counters.hints_received, 20u);
}

}  // namespace
}  // namespace holdfast::node
