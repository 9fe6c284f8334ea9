#include "checkers/files/check_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "checkers/formats/byte_source.h"
#include "checkers/formats/trace_file.h"
#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

namespace fs = std::filesystem;

constexpr const char* kValid =
    "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write, :value "
    "1}\n"
    "{:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value "
    "1}\n";
constexpr const char* kInvalid =
    "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write, :value "
    "1}\n"
    "{:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value "
    "2}\n";

class CheckFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ("check_files_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "inner");
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string put(const std::string& name, std::string_view text) {
    fs::create_directories((folder_ / name).parent_path());
    EXPECT_TRUE(write_file((folder_ / name).string(), text));
    return (folder_ / name).string();
  }
  int check(CheckOptions options) {
    options.quiet = true;
    return check_files(options);
  }
  fs::path folder_;
};

TEST_F(CheckFiles, ExitsWithTheWorstVerdict) {
  const std::string valid = put("valid.edn", kValid);
  const std::string invalid = put("invalid.edn.gz", kInvalid);
  const std::string nothing = put("reads.edn", "{:process 0, :type :invoke, :f :generate}\n");
  EXPECT_EQ(check({.paths = {valid}}), 0);
  EXPECT_EQ(check({.paths = {nothing}}), 2);
  // Where nothing could be judged nothing is valid.
  EXPECT_EQ(check({.paths = {put("idle.edn", "[{:process :nemesis, :type :info, :f :kill}]")}}),
            254);
  EXPECT_EQ(check({.paths = {put("torn.jsonl", "{\"time\":1,\"pro")}}), 254);
  EXPECT_EQ(check({.paths = {put("failed.edn",
                                 "{:process 0, :type :invoke, :f :write, :value 1}\n"
                                 "{:process 0, :type :fail, :f :write, :value 1}\n")}}),
            2);
  EXPECT_EQ(check({.paths = {valid, nothing}}), 2);
  EXPECT_EQ(check({.paths = {invalid, nothing, valid}}), 1);
  EXPECT_EQ(check({.paths = {invalid, (folder_ / "none").string()}}), 254);
  EXPECT_EQ(check({.paths = {put("torn.edn", "{:process 0, :type :ok}\n")}}), 254);
}

TEST_F(CheckFiles, RefusesWrongOptions) {
  const std::string valid = put("valid.edn", kValid);
  EXPECT_EQ(check({.paths = {}}), 254);
  EXPECT_EQ(check({.paths = {valid}, .format = "xml"}), 254);
  EXPECT_EQ(check({.paths = {valid}, .model = "stack"}), 254);
  EXPECT_EQ(check({.paths = {valid}, .checkers = {"luck"}}), 254);
  EXPECT_EQ(check({.paths = {valid}, .initial = "["}), 254);
}

TEST_F(CheckFiles, WalksFoldersAndWritesJson) {
  put("valid.edn", kValid);
  put("inner/invalid.edn.zst", kInvalid);
  put("inner/results.edn", "{:valid? false}");
  put("notes.md", "no history");
  const std::string json = (folder_ / "verdicts.json").string();
  EXPECT_EQ(check({.paths = {folder_.string()}, .json = json}), 1);
  std::ifstream file(json);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("\"verdict\": \"invalid\""), std::string::npos);
  EXPECT_NE(text.str().find("phantom-value"), std::string::npos);
  EXPECT_EQ(text.str().find("results.edn"), std::string::npos);
}

TEST_F(CheckFiles, InitialValuesAndNilReadsAreTold) {
  const std::string zero = put("zero.edn",
                               "{:process 0, :type :invoke, :f :read, :value nil}\n"
                               "{:process 0, :type :ok, :f :read, :value 0}\n");
  EXPECT_EQ(check({.paths = {zero}}), 2);  // a register, a counter: nobody knows
  EXPECT_EQ(check({.paths = {zero}, .model = "register"}), 1);
  EXPECT_EQ(check({.paths = {zero}, .initial = "0"}), 0);
  const std::string nil = put("nil.edn",
                              "{:process 0, :type :invoke, :f :write, :value 1}\n"
                              "{:process 0, :type :ok, :f :write, :value 1}\n"
                              "{:process 0, :type :invoke, :f :read, :value nil}\n"
                              "{:process 0, :type :ok, :f :read, :value nil}\n"
                              "{:process 0, :type :invoke, :f :read, :value nil}\n"
                              "{:process 0, :type :ok, :f :read, :value 1}\n");
  EXPECT_EQ(check({.paths = {nil}}), 0);
  EXPECT_EQ(check({.paths = {nil}, .nil_reads = "value"}), 1);
}

// A search that would take long, and files that were not begun.
TEST_F(CheckFiles, StopsWhenTheTimeIsOver) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    const std::string process = std::to_string(i);
    text += "{:process " + process + ", :type :invoke, :f :enqueue, :value " + process + "}\n";
  }
  for (int i = 0; i < 40; ++i) {  // out of nobody's order
    const std::string process = ":process " + std::to_string(1000 + i);
    text += "{" + process + ", :type :invoke, :f :dequeue, :value nil}\n";
    text +=
        "{" + process + ", :type :ok, :f :dequeue, :value " + std::to_string(i * 7 % 40) + "}\n";
  }
  text +=
      "{:process 5000, :type :invoke, :f :dequeue, :value nil}\n"
      "{:process 5000, :type :ok, :f :dequeue, :value 7}\n";
  const std::string hard = put("hard.edn", text);
  EXPECT_EQ(check({.paths = {hard}, .most_configurations = 1'000'000'000, .time_limit_s = 0.2}), 2);
  std::atomic<bool> stop{true};
  EXPECT_EQ(check({.paths = {put("valid.edn", kValid)}, .stop = &stop}), 2);
}

TEST_F(CheckFiles, WritesOtherFormats) {
  const std::string valid = put("valid.edn", kValid);
  for (const char* name : {"h.jsonl", "h.jsonl.gz", "h.edn.zst", "h.log"}) {
    const std::string path = (folder_ / name).string();
    EXPECT_EQ(check({.paths = {valid}, .write = path}), 0) << name;
    EXPECT_EQ(check({.paths = {path}}), 0) << name;
  }
  EXPECT_EQ(check({.paths = {valid}, .write = (folder_ / "h.xml").string()}), 254);
  // Keywords are strings in JSON, where transactions must still be understood.
  const std::string transactions =
      put("transactions.edn",
          "{:process 0, :type :invoke, :f :txn, :value [[:w :x 1]]}\n"
          "{:process 0, :type :ok, :f :txn, :value [[:w :x 1]]}\n"
          "{:process 1, :type :invoke, :f :txn, :value [[:r :x nil]]}\n"
          "{:process 1, :type :ok, :f :txn, :value [[:r :x 1]]}\n"
          "{:process 2, :type :invoke, :f :txn, :value [[:w :x 2]]}\n"
          "{:process 2, :type :info, :f :txn, :value [[:w :x 2]]}\n");
  for (const char* name : {"t.jsonl", "t.edn", "t.log"}) {
    const std::string path = (folder_ / name).string();
    EXPECT_EQ(check({.paths = {transactions}, .write = path}), 0) << name;
    EXPECT_EQ(check({.paths = {path}}), 0) << name;
  }
  const std::string cas = put("cas.edn",
                              "{:process 0, :type :invoke, :f :cas, :value [1 2]}\n"
                              "{:process 0, :type :ok, :f :cas, :value [1 2]}\n");
  EXPECT_EQ(check({.paths = {cas}, .write = (folder_ / "cas.txt").string()}), 1);
  EXPECT_EQ(check({.paths = {(folder_ / "cas.txt").string()}}), 1);  // as Jepsen's table
  const std::string named = put("named.edn", "{:process :a, :type :invoke, :f :write, :value 1}\n");
  EXPECT_EQ(check({.paths = {named}, .write = (folder_ / "named.log").string()}), 254);
  EXPECT_EQ(check({.paths = {valid}, .write = (folder_ / "none/h.edn").string()}), 255);
  EXPECT_EQ(check({.paths = {valid, valid}, .write = (folder_ / "h.edn").string()}), 254);
}

// docs/checkers.md holds the generated table, word for word.
TEST(CheckersDocument, HoldsTheGeneratedTables) {
  std::ifstream file(std::string(HOLDFAST_SOURCE_DIR) + "/docs/checkers.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(checkers_as_markdown()), std::string::npos) << "the table should be\n"
                                                                        << checkers_as_markdown();
  EXPECT_NE(text.str().find(models_as_markdown()), std::string::npos) << "the table should be\n"
                                                                      << models_as_markdown();
}

// Each worked history of the document: "Valid (`checker`, `model`): why", and EDN, indented. Every
// checker and every model has one of each verdict.
TEST(CheckersDocument, ExamplesGetTheirVerdicts) {
  std::ifstream file(std::string(HOLDFAST_SOURCE_DIR) + "/docs/checkers.md");
  std::set<std::string> shown;
  std::string line;
  while (std::getline(file, line)) {
    const bool valid = line.starts_with("Valid (`");
    if (!valid && !line.starts_with("Invalid (`")) continue;
    SCOPED_TRACE(line);
    std::vector<std::string> names;
    for (std::size_t at = line.find('`'); at < line.find(')'); at = line.find('`', at + 1)) {
      const std::size_t end = line.find('`', at + 1);
      names.push_back(line.substr(at + 1, end - at - 1));
      at = end;
    }
    for (const std::string& name : names) shown.insert((valid ? "valid " : "invalid ") + name);
    std::string text;
    while (std::getline(file, line) && !line.starts_with("    ")) {
    }
    for (; file && line.starts_with("    "); std::getline(file, line)) text += line + "\n";
    const std::string path = ::testing::TempDir() + "example.edn";
    ASSERT_TRUE(write_file(path, text));
    CheckOptions options{.paths = {path}, .checkers = {names.at(0)}, .quiet = true};
    if (names.size() > 1) options.model = names[1];
    EXPECT_EQ(check_files(options), valid ? 0 : 1) << text;
    fs::remove(path);
  }
  for (const TraceChecker& checker : all_trace_checkers()) {
    EXPECT_TRUE(shown.contains("valid " + std::string(checker.name))) << checker.name;
    EXPECT_TRUE(shown.contains("invalid " + std::string(checker.name))) << checker.name;
  }
  for (const ModelEntry& model : all_models()) {
    EXPECT_TRUE(shown.contains("valid " + std::string(model.name))) << model.name;
    EXPECT_TRUE(shown.contains("invalid " + std::string(model.name))) << model.name;
  }
}

// Each example of docs/histories.md, indented, and below it "Verdict: valid, `format`."
TEST(HistoriesDocument, ExamplesAreReadAndJudged) {
  std::ifstream file(std::string(HOLDFAST_SOURCE_DIR) + "/docs/histories.md");
  std::string example;
  std::string line;
  std::size_t judged = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("    ")) example += line.substr(4) + "\n";
    if (line.starts_with("#")) example.clear();
    if (!line.starts_with("Verdict: ")) continue;
    SCOPED_TRACE(example);
    const std::string format =
        line.substr(line.find('`') + 1, line.rfind('`') - line.find('`') - 1);
    const Result<TraceFile> read = parse_trace(example, "example");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(name_of(read->format), format);
    const std::string path = ::testing::TempDir() + "histories_example";
    ASSERT_TRUE(write_file(path, example));
    const int wanted = line.starts_with("Verdict: valid") ? 0 : 1;
    EXPECT_EQ(check_files({.paths = {path}, .quiet = true}), wanted);
    fs::remove(path);
    example.clear();
    ++judged;
  }
  EXPECT_EQ(judged, 11U);
}

TEST_F(CheckFiles, DrawsTheOneHistory) {
  const std::string history = put("history.edn", kInvalid);
  const std::string page = (folder_ / "page.html").string();
  EXPECT_EQ(check({.paths = {history}, .html = page}), 1);
  std::ifstream file(page);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("\"read 2\""), std::string::npos);
  EXPECT_EQ(check({.paths = {history, put("other.edn", kValid)}, .html = page}), 254);
  EXPECT_EQ(check({.paths = {history}, .html = (folder_ / "none" / "page.html").string()}), 255);
}

TEST_F(CheckFiles, JudgesTheHistoryOfAJepsenStoreOnce) {
  put("run/history.edn", kValid);
  put("run/history.txt", "0\t:invoke\t:write\t1\n");
  put("run/results.edn", "{:valid? true}");
  put("run/elle/G1c.txt", "no history");
  EXPECT_EQ(check({.paths = {(folder_ / "run").string()}}), 0);
  const std::string json = (folder_ / "verdicts.json").string();
  EXPECT_EQ(check({.paths = {folder_.string()}, .json = json}), 0);
  std::ifstream file(json);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("history.edn"), std::string::npos);
  EXPECT_EQ(text.str().find("history.txt"), std::string::npos);
  // Cut off: another file of the folder has the whole.
  put("run/history.edn", "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :ty");
  put("run/history.txt",
      "0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n1\t:invoke\t:read\tnil\n1\t:ok\t:read\t2\n");
  EXPECT_EQ(check({.paths = {folder_.string()}}), 1);
}

// What nobody can judge is unknown, whoever is asked.
TEST_F(CheckFiles, FindsNothingToJudgeUnknown) {
  const std::string reg = put("register.edn", kValid);
  for (const TraceChecker& checker : all_trace_checkers()) {
    if (checker.name == "linearizable") continue;
    const int code = check({.paths = {reg}, .checkers = {std::string(checker.name)}});
    EXPECT_EQ(code, 2) << checker.name;
  }
  for (const ModelEntry& model : all_models()) {
    if (model.kind == ModelKind::reg || model.kind == ModelKind::append) continue;
    EXPECT_EQ(check({.paths = {reg}, .model = std::string(model.name)}), 2) << model.name;
  }
  const std::string writes = put("writes.edn",
                                 "{:process 0, :type :invoke, :f :write, :value 1}\n"
                                 "{:process 0, :type :info, :f :write, :value 1}\n");
  EXPECT_EQ(check({.paths = {writes}}), 2);
  // An acknowledged write has to find a place in the order, and does.
  const std::string acknowledged = put("acknowledged.edn",
                                       "{:process 0, :type :invoke, :f :write, :value 1}\n"
                                       "{:process 0, :type :ok, :f :write, :value 1}\n");
  EXPECT_EQ(check({.paths = {acknowledged}}), 0);
  const std::string bank = put("bank.edn",
                               "{:process 0, :type :invoke, :f :read, :value nil}\n"
                               "{:process 0, :type :ok, :f :read, :value {:a 1, :b 2}}\n");
  EXPECT_EQ(check({.paths = {bank}}), 2);
}

}  // namespace
}  // namespace holdfast::checkers
