#include "harness/test_file/test_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace holdfast::harness {
namespace {

TEST(TestFile, TakesCommentsAndFillsDefaults) {
  const auto test = parse_test_file(R"({
    // a comment
    "name": "small", "nodes": 4, /* another */
    "node": {"w": 3, "quorum": "sloppy", "hint_window_ms": 5000},
    "workload": {"name": "set", "keys": 50, "read_ratio": 0.25},
    "schedule": [{"at": "1s", "fault": "kill", "on": "n4", "for": "2s"}],
    "phases": {"load_ms": 3000},
    "expect": {"none_of": ["stale"], "results": {"checkers/lost-writes/lost": {"max": 0, "on": "sim"}}}
  })",
                                    "small.json");
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->name, "small");
  EXPECT_EQ(test->nodes, 4);
  EXPECT_FALSE(test->seed);
  EXPECT_EQ(test->config.w, 3U);
  EXPECT_EQ(test->config.hint_window, std::chrono::seconds(5));
  EXPECT_EQ(test->workload, "set");
  EXPECT_EQ(test->parameters.keys, 50U);
  EXPECT_EQ(test->parameters.reads_per_mille, 250U);
  EXPECT_EQ(test->schedule.size(), 1U);
  EXPECT_EQ(test->phases.load, std::chrono::seconds(3));
  EXPECT_EQ(test->expect.none_of, std::vector<std::string>{"stale"});
  EXPECT_EQ(test->expect.results.at("checkers/lost-writes/lost").max, 0);
  EXPECT_TRUE(test->expect.results.at("checkers/lost-writes/lost").simulated_only);
  EXPECT_FALSE(test->protect);
}

TEST(TestFile, RandomPlansAreProtected) {
  const auto test = parse_test_file(
      R"({"name": "x", "schedule": {"random": {"faults": ["kill"], "most": 3, "over": "60s"}}})",
      "x.json");
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_TRUE(test->protect);
  EXPECT_EQ(test->random->over, std::chrono::seconds(60));
}

struct Bad {
  const char* text;
  const char* where;     // the message begins so
  const char* expected;  // and contains this
};

TEST(TestFile, ErrorsNameTheLineAndWhatWasExpected) {
  const Bad bad[] = {
      {"", "t.json:1:", "unexpected end of input"},
      {"[]", "t.json:1: ", "expected an object"},
      {"{\n\"name\": \"x\",\n\"nodes\" 5\n}", "t.json:3: ", "expected ':'"},
      {"{\n\"name\": \"x\",\n}", "t.json:3: ", "expected string literal"},
      {"{\n\"name\": \"x\"\n} x", "t.json:3: ", "expected end of input"},
      {"{\n\"nodes\": 5\n}", "t.json:1: ", "no \"name\""},
      {"{\"name\": \"x\",\n\"name\": \"y\"}", "t.json:2: ", "given twice"},
      {"{\"name\": \"../x\"}", "t.json:1: ", "names a folder"},
      {"{\"name\": \"x\",\n\n\"node\": {\n\"w\": 2,\n\"wb\": 1}}",
       "t.json:5: ", "unknown key \"wb\"; did you mean \"w\"?"},
      {"{\"name\": \"x\", \"phases\": {\n\"often\": 1}}",
       "t.json:2: ", "unknown key \"often\"; there are load_ms, drain_most_ms"},
      {"{\"name\": \"x\",\n\"colour\": 1}", "t.json:2: ", "unknown key \"colour\""},
      {"{\"name\": \"x\",\n\"nodes\": 0}", "t.json:2: ", "from 1 to 64"},
      {"{\"name\": \"x\",\n\"nodes\": \"five\"}", "t.json:2: ", "a whole number"},
      {"{\"name\": \"x\",\n\"nodes\": \"5\"}",
       "t.json:2: ", "nodes is \"5\", expected a whole number"},
      {"{\"name\": \"x\",\n\"strict\": \"true\"}", "t.json:2: ", "expected true or false"},
      {"{\"name\": 5}", "t.json:1: ", "name is 5, expected a text"},
      {"{\"name\": \"x\",\n\"node\": {\"quorum\": 1}}", "t.json:2: ", "expected a text"},
      {"{\"name\": \"x\",\n\"nodes\": [5]}", "t.json:2: ", "expected one value"},
      {"{\"name\": \"x\",\n\"seed\": -1}", "t.json:2: ", "a whole number"},
      {"{\"name\": \"x\",\n\"node\": 5}", "t.json:2: ", "expected an object"},
      {"{\"name\": \"x\",\n\"node\": {\n\"w\": 4}}", "t.json:3: ", "w = 4 exceeds n = 3"},
      {"{\"name\": \"x\",\n\"nodes\": 2}", "t.json:", "n = 3 exceeds the number of nodes, 2"},
      {"{\"name\": \"x\",\n\"node\": {\n\"quorum\": \"local_quorum\"}}",
       "t.json:3: ", "not implemented in this version"},
      {"{\"name\": \"x\",\n\"node\": {\n\"hint_window_ms\": 1.5}}", "t.json:3: ", "hint_window_ms"},
      {"{\"name\": \"x\",\n\"workload\": {\n\"name\": \"bank\"}}",
       "t.json:3: ", "there are register, set"},
      {"{\"name\": \"x\",\n\"workload\": {\n\"read_ratio\": 2}}", "t.json:3: ", "from 0 to 0.99"},
      {"{\"name\": \"x\",\n\"schedule\": 5}", "t.json:2: ", "expected a list of faults"},
      {"{\"name\": \"x\",\n\"schedule\": [\n{\"at\": \"1s\", \"fault\": \"kill\"},\n"
       "{\"at\": \"1s\", \"fault\": \"hurt\"}]}",
       "t.json:4: ", "no fault \"hurt\""},
      {"{\"name\": \"x\",\n\"schedule\": [\n{\"at\": \"1s\", \"fault\": \"kill\",\"on\":\"n9\"}]}",
       "t.json:3: ", "there are only 5 nodes"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": [\n\"1s write k1 on n9\"]}}",
       "t.json:3: ", "operation 1, \"1s write k1 on n9\": there is no n9, there are only 5 nodes"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": [\"1s write k1\",\n\"9s reed k1\"]}}",
       "t.json:3: ", "operation 2, \"9s reed k1\": there is no \"reed\"; did you mean \"read\"?"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": [\"1 write k1\"]}}",
       "t.json:2: ", "operation 1, \"1 write k1\": \"1\" is no time"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": [\"1s write\"]}}",
       "t.json:2: ", "expected a time, a word, a key and perhaps a node"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": [5]}}",
       "t.json:2: ", "operation 1 is 5, expected a text"},
      {"{\"name\": \"x\",\n\"workload\": {\"operations\": \"1s write k1; 2s read q\"}}",
       "t.json:2: ", "operation 2, \"2s read q\": \"q\" is no key"},
      {"{\"name\": \"x\",\n\"schedule\": {\"random\": {\n\"over\": 5}}}",
       "t.json:3: ", "a random plan has"},
      {"{\"name\": \"x\",\n\"schedule\": {\"random\": {}}}", "t.json:", "needs phases.load_ms"},
      {"{\"name\": \"x\",\n\"expect\": {\n\"none_of\": [\"bad\"]}}",
       "t.json:3: ", "no class of anomalies"},
      {"{\"name\": \"x\",\n\"expect\": {\n\"results\": {\"a\": 5}}}", "t.json:3: ", "\"min\""},
      {"{\"name\": \"x\",\n\"expect\": {\n\"results\": {\"a\": {\"max\": 1, \"on\": \"netns\"}}}}",
       "t.json:3: ", "\"on\": \"sim\""},
      {"{\"name\": \"x\",\n\"expect\": {\n\"results\": {\"a\": {\"on\": \"sim\"}}}}",
       "t.json:3: ", "\"min\""},
  };
  for (const Bad& each : bad) {
    const auto test = parse_test_file(each.text, "t.json");
    ASSERT_FALSE(test) << each.text;
    const std::string& message = test.error().message;
    EXPECT_TRUE(message.starts_with(each.where)) << each.text << "\n" << message;
    EXPECT_NE(message.find(each.expected), std::string::npos) << each.text << "\n" << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(TestFile, SettingsAreFoundByPathOrByNameAlone) {
  auto test = *parse_test_file(R"({"name": "x"})", "x.json");
  for (const char* assignment :
       {"nodes=7", "node.w=1", "keys=123", "workload.name=set", "hint_window_ms=99",
        "phases.load_ms=5", "seed=18446744073709551615", "strict=true"}) {
    const auto set = apply_setting(test, assignment);
    EXPECT_TRUE(set) << assignment;
  }
  EXPECT_EQ(test.nodes, 7);
  EXPECT_EQ(test.config.w, 1U);
  EXPECT_EQ(test.parameters.keys, 123U);
  EXPECT_EQ(test.workload, "set");
  EXPECT_EQ(test.config.hint_window, std::chrono::milliseconds(99));
  EXPECT_EQ(test.phases.load, std::chrono::milliseconds(5));
  EXPECT_EQ(test.seed, UINT64_MAX);
  EXPECT_TRUE(test.strict);
  for (const char* assignment : {"nodes", "colour=1", "keys=none", "node.keys=5", "=", "w=99"}) {
    EXPECT_FALSE(apply_setting(test, assignment)) << assignment;
  }
  ASSERT_TRUE(apply_setting(test, "w=4"));
  const auto valid = validate(test);
  ASSERT_FALSE(valid);
  EXPECT_NE(valid.error().message.find("exceeds n"), std::string::npos);
}

TEST(TestFile, EveryScenarioIsValidAndComesBack) {
  const auto scenarios = list_scenarios();
  EXPECT_GE(scenarios.size(), 7U);
  for (const Scenario& scenario : scenarios) {
    const auto test = load_test_file(std::string(scenario.name));
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test->name, scenario.name);
    EXPECT_FALSE(test->description.empty());
    const std::string json = to_json(*test).dump();
    const auto back = parse_test_file(json, "again");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_json(*back).dump(), json);
  }
}

TEST(TestFile, MissingFilesAreSaidToBeMissing) {
  const auto test = load_test_file("/nowhere/test.json");
  ASSERT_FALSE(test);
  EXPECT_NE(test.error().message.find("holdfast list scenarios"), std::string::npos);
}

TEST(TestFile, AMisspeltScenarioIsSuggested) {
  EXPECT_EQ(load_test_file("hint-holder-cras").error().message,
            "there is no scenario and no file \"hint-holder-cras\"; did you mean "
            "\"hint-holder-crash\"?");
}

TEST(TestFile, AMisspeltSettingIsSuggested) {
  auto test = *parse_test_file(R"({"name": "x"})", "x.json");
  EXPECT_EQ(apply_setting(test, "hint_windw_ms=1").error().message,
            "there is no setting \"hint_windw_ms\"; did you mean \"hint_window_ms\"?");
  EXPECT_EQ(apply_setting(test, "node.hint_windw_ms=1").error().message,
            "there is no setting \"node.hint_windw_ms\"; did you mean \"node.hint_window_ms\"?");
}

TEST(TestFile, AnEmptyFileAndAFolderAreSaidToBeThat) {
  char name[] = "/tmp/holdfast-test-file-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  EXPECT_EQ(load_test_file(folder).error().message,
            folder + " is a folder; expected a scenario or a test file");
  const std::string file = folder + "/empty.json";
  std::ofstream(file).close();
  EXPECT_EQ(load_test_file(file).error().message, file + " is empty; expected a test");
  std::filesystem::remove_all(folder);
}

// HOLDFAST_REWRITE=1 writes the file anew.
TEST(TestFile, SchemaIsWhatTheTablesSay) {
  const std::string path = HOLDFAST_SOURCE_DIR "/scenarios/schema.json";
  if (std::getenv("HOLDFAST_REWRITE") != nullptr) std::ofstream(path) << test_file_schema();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), test_file_schema()) << "run this test with HOLDFAST_REWRITE=1";
}

}  // namespace
}  // namespace holdfast::harness
