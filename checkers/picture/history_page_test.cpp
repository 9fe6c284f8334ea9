#include "checkers/picture/history_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "checkers/formats/trace_file.h"
#include "checkers/picture/history_data.h"
#include "checkers/picture/nemesis_spans.h"

namespace holdfast::checkers {
namespace {

Trace read(std::string_view text) {
  Result<TraceFile> file = parse_trace(text, "h");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? std::move(file->trace) : Trace{};
}

constexpr std::string_view kHistory =
    "{:process 0, :type :invoke, :f :write, :value 3, :time 1000}\n"
    "{:process :nemesis, :type :info, :f :start-partition, :value :majority, :time 1500}\n"
    "{:process 1, :type :invoke, :f :read, :value nil, :time 2000}\n"
    "{:process 0, :type :ok, :f :write, :value 3, :time 3000}\n"
    "{:process :nemesis, :type :info, :f :stop-partition, :value nil, :time 4000}\n"
    "{:process 1, :type :fail, :f :read, :value nil, :time 5000}\n"
    "{:process 0, :type :invoke, :f :cas, :value [3 4], :time 6000}\n"
    "{:process 0, :type :info, :f :cas, :value [3 4], :time 9000}\n";

Judgement found(std::vector<std::uint32_t> ops, const std::string& text) {
  Judgement judgement;
  judgement.checker = "linearizable";
  judgement.find("stale-read", text, std::move(ops));
  return judgement;
}

TEST(HistoryData, HasWhatIsDrawn) {
  const Judgement judgements[] = {found({1, 2}, "why")};
  const auto data = nlohmann::json::parse(history_data(read(kHistory), judgements));
  EXPECT_EQ(data["lanes"], (nlohmann::json{"0", "1"}));
  EXPECT_TRUE(data["in_ns"]);
  const auto& ops = data["ops"];
  EXPECT_EQ(ops["call"], (nlohmann::json{0, 1000, 5000}));  // from the first event on
  EXPECT_EQ(ops["took"], (nlohmann::json{2000, 3000, -1}));
  EXPECT_EQ(ops["outcome"], "ofi");
  EXPECT_EQ(ops["kind"], "wrw");
  EXPECT_EQ(ops["texts"], (nlohmann::json{"write 3", "read", "cas 3 → 4"}));
  EXPECT_EQ(data["anomalies"][0]["ops"], (nlohmann::json{1, 2}));
  ASSERT_EQ(data["faults"].size(), 1U);
  EXPECT_EQ(data["faults"][0]["from"], 500);
  EXPECT_EQ(data["faults"][0]["to"], 3000);
  EXPECT_EQ(data["faults"][0]["text"], "partition :majority");
}

TEST(HistoryData, ShowsTheOrderWhereTimesContradictIt) {
  std::string text(kHistory);
  text.replace(text.find(":time 3000"), 10, ":time 0300");
  const auto data = nlohmann::json::parse(history_data(read(text), {}));
  EXPECT_FALSE(data["in_ns"]);
  EXPECT_EQ(data["ops"]["call"], (nlohmann::json{0, 1, 4}));
  EXPECT_EQ(data["faults"][0]["from"], 1);
}

TEST(HistoryData, SharesLanesAmongManyProcesses) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    const std::string process = "{:process " + std::to_string(i);
    text += process + ", :type :invoke, :f :read, :value nil}\n";
    text += process + ", :type :ok, :f :read, :value nil}\n";
  }
  const auto data = nlohmann::json::parse(history_data(read(text), {}));
  EXPECT_EQ(data["lanes"], (nlohmann::json{"0 +99"}));
}

// Whatever stands in a history, its name or the evidence, none of it becomes markup or script.
TEST(HistoryPage, EscapesWhatTheHistoryHas) {
  const std::string bad = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
  const std::string quoted = '"' + bad + '"';
  const std::string text =
      "{:process " + quoted + ", :type :invoke, :f :write, :key " + quoted + ", :value " + quoted +
      "}\n{:process " + quoted + ", :type :ok, :f :write, :key " + quoted + ", :value " + quoted +
      "}\n{:process :nemesis, :type :info, :f " + quoted + ", :value " + quoted + "}\n";
  Judgement judgement = found({0}, bad);
  judgement.findings[0].details.push_back(bad);
  judgement.notes.push_back(bad);
  judgement.checker = bad;
  const Judgement judgements[] = {judgement};
  const std::string page = history_page(read(text), bad, Verdict::invalid, judgements);
  const auto count = [&](std::string_view word) {
    std::size_t times = 0;
    for (std::size_t at = page.find(word); at != page.npos; at = page.find(word, at + 1)) ++times;
    return times;
  };
  EXPECT_EQ(count("<script"), 2U);  // the page's own: its data and its code
  EXPECT_EQ(count("</script>"), 2U);
  EXPECT_EQ(count("<img"), 0U);
  EXPECT_EQ(count("http://") + count("https://") + count("src="), count("img src="));
  // It is there, as text.
  EXPECT_GT(count("\\u003cimg src=x"), 3U);
  EXPECT_GT(count("&lt;img src=x"), 3U);
}

TEST(HistoryPage, HoldsBytesThatAreNoText) {
  const std::string text =
      "{:process 0, :type :invoke, :f :write, :value \"\xff\xfe\x01\"}\n"
      "{:process 0, :type :ok, :f :write, :value \"\xff\xfe\x01\"}\n";
  const Trace trace = read(text);
  EXPECT_NO_THROW(nlohmann::json::parse(history_data(trace, {})));
  EXPECT_NE(history_page(trace, "h", Verdict::valid, {}).find("</html>"), std::string::npos);
}

std::string spans(std::initializer_list<const char*> names) {
  std::vector<NemesisEvent> events;
  for (const char* name : names) events.push_back({0, -1, name, {}});
  std::string out;
  for (const NemesisSpan& span : nemesis_spans(events)) {
    out += span.name + " " + std::to_string(span.first) + "-" + std::to_string(span.last) + "; ";
  }
  return out;
}

TEST(NemesisSpans, BeginAndEndByName) {
  EXPECT_EQ(spans({"start", "start", "stop", "stop"}), "fault 0-3; ");
  EXPECT_EQ(spans({"start-partition", "kill", "stop-partition", "start"}),
            "partition 0-2; kill 1-3; ");
  EXPECT_EQ(spans({"pause", "resume", "pause"}), "pause 0-1; pause 2-3; ");  // 3: it never ends
  EXPECT_EQ(spans({"partition", "pause", "heal"}), "partition 0-2; pause 1-2; ");
  EXPECT_EQ(spans({"bump-clock", "stop"}), "bump-clock 0-0; stop 1-1; ");
  EXPECT_EQ(spans({"start", "stop", "bump", "stop"}), "fault 0-1; bump 2-2; stop 3-3; ");
}

}  // namespace
}  // namespace holdfast::checkers
