// The words of a schedule that say when: every, until, quiet, after; and what operators do.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "nemesis/fake_view.h"
#include "nemesis/nemesis.h"

namespace holdfast::nemesis {
namespace {

using std::chrono::seconds;
using Json = nlohmann::json;
using Log = std::vector<std::string>;

class Words : public testing::Test {
 protected:
  explicit Words() : view(3) {}

  void start(const char* text) {
    Schedule schedule;
    for (const Json& each : Json::parse(text)) {
      auto planned = parse_planned_fault(each);
      ASSERT_TRUE(planned) << planned.error().message;
      const auto back = parse_planned_fault(Json::parse(to_json(*planned).dump()));
      ASSERT_TRUE(back) << back.error().message;
      EXPECT_EQ(*back, *planned);
      schedule.push_back(*planned);
    }
    nemesis = std::make_unique<Nemesis>(view, std::move(schedule), Nemesis::Options{});
    nemesis->start();
  }
  Log run_until(Duration time) {
    view.run_until(time);
    return view.log;
  }

  FakeView view;
  std::unique_ptr<Nemesis> nemesis;
};

std::string refusal(const char* text) {
  const auto planned = parse_planned_fault(Json::parse(text));
  return planned ? "" : planned.error().message;
}

TEST_F(Words, EveryStrikesAgainUntilItsEndButNotInQuietWindows) {
  start(R"([{"at":"2s","every":"5s","until":"23s","quiet":["6s..8s","15s..18s"],"fault":"kill",
             "on":"n1","for":"1s"}])");
  EXPECT_FALSE(nemesis->done());
  EXPECT_EQ(run_until(seconds(40)),
            (Log{"2000ms kill n1", "3000ms restart n1", "12000ms kill n1", "13000ms restart n1",
                 "22000ms kill n1", "23000ms restart n1"}));
  EXPECT_TRUE(nemesis->done());
}

// Nobody waits for the end of what has none.
TEST_F(Words, EveryWithoutAnEndGoesOnBesideTheLoad) {
  start(R"([{"at":"2s","every":"5s","fault":"kill","on":"n1","for":"1s"}])");
  view.run_until(seconds(1));
  EXPECT_FALSE(nemesis->done()) << "it has not struck yet";
  view.run_until(Duration(2'500'000));
  EXPECT_FALSE(nemesis->done()) << "n1 is down";
  view.run_until(seconds(5));
  EXPECT_TRUE(nemesis->done());
  EXPECT_EQ(run_until(seconds(13)).size(), 6u);
  nemesis->heal();
  EXPECT_EQ(run_until(seconds(60)).size(), 6u) << "nothing after the heal";
}

TEST_F(Words, AFaultMayWaitUntilAllHintsAreDelivered) {
  start(R"([{"at":"2s","after":"drained","fault":"kill","on":"n1","for":"1s"}])");
  EXPECT_TRUE(run_until(seconds(4)).empty());
  EXPECT_FALSE(nemesis->done());
  view.drained = true;
  EXPECT_EQ(run_until(seconds(9)).size(), 2u);
  EXPECT_TRUE(nemesis->done());
}

TEST_F(Words, WhatIsWaitedForInVainIsLeftOut) {
  start(R"([{"at":"2s","after":"converged","fault":"kill","on":"n1","for":"1s"}])");
  EXPECT_TRUE(run_until(seconds(700)).empty());
  EXPECT_TRUE(nemesis->done());
  ASSERT_EQ(nemesis->left_out().size(), 1u);
  EXPECT_EQ(nemesis->left_out()[0], "kill at 2s: what it waited for did not come about");
}

TEST_F(Words, ARollingRestartTakesEachNodeInItsTurn) {
  start(R"([{"at":"1s","fault":"rolling-restart","for":"500ms","gap_ms":2000}])");
  EXPECT_EQ(run_until(seconds(20)),
            (Log{"1000ms stop n1", "1500ms restart n1", "3000ms stop n2", "3500ms restart n2",
                 "5000ms stop n3", "5500ms restart n3"}));
  EXPECT_TRUE(nemesis->done());
  EXPECT_EQ(nemesis->injected()[1].by, "rolling-restart");
}

TEST_F(Words, WhatOperatorsPauseIsResumed) {
  start(R"([{"at":"1s","fault":"pause-delivery","on":"n1","to":"n3","for":"2s"},
            {"at":"2s","fault":"pause-hints","on":"n2"},
            {"at":"4s","fault":"drop-hints","on":"n1","to":"n2"},
            {"at":"5s","fault":"anti-entropy","on":"n2"},
            {"at":"6s","fault":"config","on":"n3","setting":"handoff_batch_count","value":"7"}])");
  view.run_until(seconds(7));
  nemesis->heal();
  EXPECT_EQ(view.log, (Log{"1000ms pause_delivering n1 to n3", "2000ms pause_accepting n2",
                           "3000ms resume_delivering n1 to n3", "4000ms drop_hints n1 to n2",
                           "5000ms start_anti_entropy n2", "6000ms set n3 handoff_batch_count=7",
                           "7000ms resume_accepting n2", "7000ms reset n3 handoff_batch_count=7"}));
  // What is dropped may be dropped a moment after it was asked for.
  EXPECT_GT(*nemesis->injected()[2].end_ns, nemesis->injected()[2].start_ns);
}

TEST_F(Words, AreRefusedWhereTheyMakeNoSense) {
  EXPECT_EQ(refusal(R"({"at":"1s","fault":"kill","every":"0s"})"), "\"every\" is less than 1ms");
  EXPECT_EQ(refusal(R"({"at":"1s","fault":"kill","until":"5s"})"),
            "\"until\" is of a fault with \"every\"");
  EXPECT_EQ(refusal(R"({"at":"5s","fault":"kill","every":"1s","until":"5s"})"),
            "\"until\" is not later than \"at\"");
  EXPECT_EQ(refusal(R"({"at":"1s","fault":"kill","quiet":["2s..3s"]})"),
            "\"quiet\" is of a fault with \"every\"");
  EXPECT_NE(refusal(R"({"at":"1s","fault":"kill","every":"1s","quiet":["3s..2s"]})")
                .find("expected a list of windows"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"at":"1s","fault":"kill","after":"lunch"})")
                .find("expected \"drained\" or \"converged\""),
            std::string::npos);
  EXPECT_NE(refusal(R"({"at":"1s","fault":"drop-hints","to":"x"})").find("expected"),
            std::string::npos);
}

}  // namespace
}  // namespace holdfast::nemesis
