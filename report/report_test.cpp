#include "report/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace holdfast::report {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResults = R"json({
  "verdict": "invalid", "test": "sloppy", "cluster": "sim", "seed": 7, "trace_hash": "00ff00ff00ff00ff",
  "simulated_s": 129600.5, "wall_s": 1.25,
  "checkers": {
    "lost-writes": {
      "verdict": "invalid", "acknowledged": 3340, "verified": 1990, "lost": 2,
      "anomalies": 2, "anomalies_allowed": 1,
      "examples": [
        {"class": "lost", "key": "k17", "text": "write 42 of k17 <acknowledged> by n1 is on no node",
         "allowed": false, "reason": "n4 was never wiped", "autopsy": "n4 held it as a hint for n3"},
        {"class": "lost", "key": "k18", "text": "write 43 of k18 is on no node",
         "allowed": true, "reason": "its only copy was on n4, whose disk was wiped", "autopsy": ""}],
      "tables": [{"name": "fates", "columns": ["fate", "writes"], "rows": [["on a wiped disk", 1]]}]
    },
    "stale-reads": {"verdict": "unknown", "reads": 0, "stale": 0, "notes": ["there were no reads"]},
    "availability": {"verdict": "valid", "operations": 5000}
  },
  "expectations": {"failures": ["checkers/hint-ledger/created is 3, expected at least 100"]},
  "incidents": ["n2 ended by itself: signal 6 (Aborted)"],
  "run": {
  "hints_pending_by_ms" : [ [ 0, 0 ], [ 2, 17 ], [ 9, 0 ] ]
}
})json";
constexpr const char* kRun = R"({"command": "holdfast run x --seed 7",
  "test": {"description": "A holder is lost.", "strict": false}})";
constexpr const char* kHistory =
    R"({"index":0,"time":0,"type":"phase","value":"load"}
{"index":1,"time":1000,"process":0,"type":"invoke","f":"write","key":"k1","value":1,"node":"n1"}
{"index":2,"time":2000000,"process":0,"type":"ok","f":"write","key":"k1","value":1,"node":"n1"}
{"index":3,"time":3000000,"type":"phase","value":"drain"}
{"index":4,"time":9000000,"process":0,"type":"info","error":"timeout"}
{"index":5,"time":99)";
constexpr const char* kFaults = R"({"time":2000000,"at":"2ms","fault":"wipe","on":"n4","for":"1ms"}
)";

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    char name[] = "/tmp/holdfast-report-XXXXXX";
    folder_ = ::mkdtemp(name);
    put("results.json", kResults);
    put("run.json", kRun);
    put("history.jsonl", kHistory);
    put("faults.jsonl", kFaults);
  }
  ~ReportTest() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string get(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  fs::path folder_;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST_F(ReportTest, TextBeginsWithTheVerdictThenTheEvidence) {
  const std::string shown = text(read_run(folder_).value(), {});
  EXPECT_TRUE(shown.starts_with(
      "INVALID  sloppy on sim, seed 7; 36 h 00 min simulated in 1.250 s\n"
      "  n2 ended by itself: signal 6 (Aborted)\n"
      "  not as the test expects: checkers/hint-ledger/created is 3, expected at least 100\n\n"
      "lost-writes: invalid\n"))
      << shown;
  EXPECT_TRUE(holds(shown, "  1 anomaly\n")) << "what is allowed is counted apart";
  EXPECT_TRUE(holds(shown, "lost: write 42 of k17 <acknowledged> by n1 is on no node\n"));
  EXPECT_TRUE(holds(shown, "fate: n4 held it as a hint for n3\n"));
  EXPECT_TRUE(holds(shown, "stale-reads: unknown\n  there were no reads\n"));
  EXPECT_TRUE(holds(shown, "acknowledged 3,340, verified 1,990, lost 2\n"));
  EXPECT_TRUE(holds(shown, "allowed: its only copy was on n4, whose disk was wiped\n"));
  EXPECT_TRUE(holds(shown, "Repeat with\n  holdfast run x --seed 7\n"));
}

TEST_F(ReportTest, WhereAllowedAnomaliesAloneMakeItInvalidTheyAreTheEvidence) {
  std::string results = kResults;
  results.replace(results.find("\"anomalies_allowed\": 1"), 22, "\"anomalies_allowed\": 2");
  put("results.json", results);
  const std::string shown = text(read_run(folder_).value(), {});
  EXPECT_TRUE(holds(shown, "lost-writes: invalid\n  2 anomalies\n  lost: write 43")) << shown;
  EXPECT_FALSE(holds(shown, "Allowed by this configuration"));
  // What is allowed and still evidence says so at once.
  EXPECT_TRUE(holds(shown, "    allowed without --strict: its only copy")) << shown;
  const std::string page = html(read_run(folder_).value());
  EXPECT_TRUE(holds(page, "lost-writes: 2 anomalies</h3>"));
  EXPECT_TRUE(holds(page, "<p class=\"soft\">allowed without --strict: its only copy"));
  EXPECT_TRUE(holds(junit(read_run(folder_).value()), "allowed without --strict: its only copy"));
}

TEST_F(ReportTest, WhatTheTestItselfForbidsIsSaidToBeForbiddenByIt) {
  std::string results = kResults;
  results.replace(results.find("\"anomalies_allowed\": 1"), 22, "\"anomalies_allowed\": 2");
  put("results.json", results);
  put("run.json", R"({"command": "x", "test": {"expect": {"none_of": ["lost"]}}})");
  EXPECT_TRUE(holds(text(read_run(folder_).value(), {}),
                    "    allowed by the configuration, not by this test: its only copy"));
}

TEST_F(ReportTest, TimesAndSharesAreInUnitsThatPeopleRead) {
  put("results.json", R"json({"verdict": "valid", "test": "x", "checkers": {"stale-reads": {
    "verdict": "valid", "worst_ms": 13189, "ok_per_million": 968862, "after_ms": -1, "p50_us": 250,
    "tables": [{"name": "ages", "columns": ["below_ms", "reads"], "rows": [["134217728", 2]]},
               {"name": "errors", "columns": ["error", "operations"], "rows": []}]}}})json");
  const RunRecord run = read_run(folder_).value();
  EXPECT_TRUE(holds(text(run, {}), "worst 13.2 s, ok_percent 96.89, after -, p50 0.250 ms"))
      << text(run, {});
  const std::string page = html(run);
  EXPECT_TRUE(holds(page, "<th class=\"number\">below</th>")) << page;
  EXPECT_TRUE(holds(page, "<td class=\"number\">37 h 16 min</td>"));
  EXPECT_FALSE(holds(page, "stale-reads: errors")) << "a table without rows";
}

TEST_F(ReportTest, TextKeepsToItsColumnsAndHasNoColourUnlessAsked) {
  const RunRecord run = read_run(folder_).value();
  std::istringstream lines(text(run, {.columns = 60}));
  for (std::string line; std::getline(lines, line);) {
    const bool is_path = holds(line, folder_.string());
    EXPECT_TRUE(line.size() <= 60 || is_path || line.starts_with("INVALID")) << line;
    EXPECT_FALSE(holds(line, "\x1b")) << line;
  }
  EXPECT_TRUE(holds(text(run, {.colour = true}), "\x1b[1;31mINVALID\x1b[0m"));
}

TEST_F(ReportTest, HtmlIsOneFileThatEscapesWhatItShows) {
  ASSERT_TRUE(write_files(read_run(folder_).value(), folder_));
  const std::string page = get("report.html");
  EXPECT_TRUE(holds(page, "write 42 of k17 &lt;acknowledged&gt; by n1"));
  EXPECT_TRUE(holds(page, "<svg"));
  EXPECT_TRUE(holds(page, "wipe n4"));
  for (const char* outside : {"http://", "https://", "<script", "<link", "@import"}) {
    EXPECT_FALSE(holds(page, outside)) << outside;
  }
}

TEST_F(ReportTest, HtmlSaysWhatWasRun) {
  put("run.json", R"({"command": "x", "version": "0.1.0", "test": {"nodes": 5, "node": {
      "quorum": "sloppy", "w": 1, "hint_window_ms": 10800000, "handoff_batch_count": 128,
      "handoff_concurrency": 9},
    "schedule": [{"at": "8s", "fault": "wipe", "on": "n4", "for": "1s"}]}})");
  const std::string page = html(read_run(folder_).value());
  EXPECT_TRUE(holds(page, "quorum <b>sloppy</b>")) << page;
  EXPECT_TRUE(holds(page, "hint_window <b>3\u00a0h\u00a000\u00a0min</b>"));
  EXPECT_TRUE(holds(page, "handoff_concurrency <b>9</b>"));
  EXPECT_FALSE(holds(page, "handoff_batch_count")) << "a default";
  EXPECT_TRUE(holds(page, "<li>at 8s: wipe, on n4, for 1s</li>"));
  EXPECT_TRUE(holds(page, "Holdfast 0.1.0 on sim"));
}

TEST_F(ReportTest, JunitHasACaseForEachChecker) {
  ASSERT_TRUE(write_files(read_run(folder_).value(), folder_));
  const std::string xml = get("junit.xml");
  EXPECT_TRUE(holds(xml, "<testsuite name=\"sloppy\" tests=\"4\" failures=\"2\" errors=\"1\""));
  EXPECT_TRUE(holds(xml,
                    "name=\"lost-writes\" time=\"0.000\"><failure message=\"invalid (repeat with: "
                    "holdfast run x --seed 7)\">lost: write 42"));
  EXPECT_TRUE(holds(xml, "name=\"stale-reads\" time=\"0.000\"><error message=\"unknown"));
  EXPECT_TRUE(holds(xml, "name=\"availability\" time=\"0.000\"></testcase>"));
}

TEST_F(ReportTest, JunitHasACaseForWhatNoCheckerSays) {
  // A node that died, though a checker is red too.
  const std::string xml = junit(read_run(folder_).value());
  EXPECT_TRUE(holds(xml, "name=\"run\" time=\"1.250\"><failure message=\"invalid"));
  EXPECT_TRUE(holds(xml, "n2 ended by itself: signal 6 (Aborted)"));
  // A run that is unknown as a whole, though its checkers are content.
  put("results.json", R"({"verdict": "unknown", "test": "x", "wall_s": 2,
    "checkers": {"latency": {"verdict": "valid"}}, "notes": ["interrupted"]})");
  const std::string unknown = junit(read_run(folder_).value());
  EXPECT_TRUE(holds(unknown, "name=\"run\" time=\"2.000\"><error message=\"unknown"));
  EXPECT_TRUE(holds(unknown, "interrupted\n</error>"));
}

TEST_F(ReportTest, JunitTellsWhatWasAllowed) {
  EXPECT_TRUE(holds(junit(read_run(folder_).value()),
                    "<system-out>allowed by this configuration: 1 anomaly\n"
                    "lost: write 43 of k18 is on no node\n  allowed: its only copy"));
}

TEST_F(ReportTest, TimelineCountsCompletionsAndKeepsTheCutLineOut) {
  const Timeline timeline = read_run(folder_).value().timeline;
  std::uint64_t ok = 0;
  std::uint64_t info = 0;
  for (const Timeline::Slot& slot : timeline.slots) {
    ok += slot.ok;
    info += slot.info;
  }
  EXPECT_EQ(ok, 1u);
  EXPECT_EQ(info, 1u);
  EXPECT_EQ(timeline.end_ns, 9000000);
  ASSERT_EQ(timeline.phases.size(), 2u);
  EXPECT_EQ(timeline.phases[1].name, "drain");
  ASSERT_EQ(timeline.samples.size(), 3u);
  EXPECT_EQ(timeline.samples[1].time_ns, 2000000);
  EXPECT_EQ(timeline.samples[1].hints_pending, 17u);
  ASSERT_EQ(timeline.faults.size(), 1u);
  EXPECT_EQ(timeline.faults[0].start_ns, 2000000);
  EXPECT_EQ(timeline.faults[0].end_ns, 3000000);
}

TEST_F(ReportTest, AFaultIsNamedAsTheScheduleDoesAndEndsWithTheHeal) {
  put("faults.jsonl",
      "{\"at\":\"1ms\",\"fault\":\"kill\",\"on\":\"n3\",\"for\":\"36h\",\"time\":1000000,\"by\":"
      "\"outage\"}\n"
      "{\"at\":\"2ms\",\"fault\":\"partition\",\"on\":\"n1\",\"time\":2000000}\n"
      "{\"at\":\"5ms\",\"fault\":\"heal\",\"time\":5000000}\n");
  const Timeline timeline = read_run(folder_).value().timeline;
  ASSERT_EQ(timeline.faults.size(), 2u);
  EXPECT_EQ(timeline.faults[0].text, "outage n3 (kill)");
  EXPECT_EQ(timeline.faults[0].end_ns, 5000000);
  EXPECT_EQ(timeline.faults[1].text, "partition n1");
  EXPECT_EQ(timeline.faults[1].end_ns, 5000000);
}

TEST_F(ReportTest, HintsAreDrawnInSteps) {
  const std::string page = html(read_run(folder_).value());
  const std::size_t path = page.find("class=\"hints\"");
  ASSERT_NE(path, page.npos);
  const std::string drawn = page.substr(page.rfind("d=\"", path), path - page.rfind("d=\"", path));
  EXPECT_TRUE(holds(drawn, "H")) << drawn;
  EXPECT_FALSE(holds(drawn, "L")) << drawn;
}

TEST_F(ReportTest, AMissingOrDamagedFileIsNamed) {
  put("results.json", "{\"verdict\":");
  EXPECT_TRUE(holds(read_run(folder_).error().message, "results.json: expected the results"));
  fs::remove(folder_ / "results.json");
  EXPECT_TRUE(holds(read_run(folder_).error().message, "cannot read"));
}

TEST(SlotCounter, JoinsSlotsAsTimeGrows) {
  SlotCounter counter;
  for (std::int64_t second = 0; second < 100'000; ++second) {
    counter.add(second * 1'000'000'000, SlotCounter::Outcome::ok);
  }
  Timeline timeline;
  counter.move_to(timeline);
  EXPECT_LE(timeline.slots.size(), 240u);
  std::uint64_t sum = 0;
  for (const Timeline::Slot& slot : timeline.slots) sum += slot.ok;
  EXPECT_EQ(sum, 100'000u);
  EXPECT_GE(timeline.slot_ns * static_cast<std::int64_t>(timeline.slots.size()),
            99'999'000'000'000);
}

TEST(SlotCounter, SlotsAreAsLongAsPeopleCountTime) {
  SlotCounter counter;
  for (std::int64_t minute = 0; minute < 36 * 60; minute += 10) {
    counter.add(minute * 60'000'000'000, SlotCounter::Outcome::ok);
  }
  Timeline timeline;
  counter.move_to(timeline);
  EXPECT_EQ(timeline.slot_ns, 600'000'000'000) << "ten minutes";
  for (const Timeline::Slot& slot : timeline.slots) EXPECT_EQ(slot.ok, 1u) << "no gap";
}

}  // namespace
}  // namespace holdfast::report
