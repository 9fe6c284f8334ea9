#include "checkers/files/check_files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <thread>

#include "checkers/files/file_verdict.h"
#include "checkers/formats/byte_source.h"
#include "checkers/linear/parallel.h"

namespace holdfast::checkers {
namespace {

namespace fs = std::filesystem;

constexpr int kExitInvalid = 1;
constexpr int kExitUnknown = 2;
constexpr int kExitBadArguments = 254;
constexpr int kExitError = 255;

// Whether a file met in a folder is a history, by its name: folders hold other things too.
bool is_history(const fs::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view end : {".gz", ".zst"}) {
    if (name.ends_with(end)) name.resize(name.size() - end.size());
  }
  constexpr std::array<std::string_view, 7> kOthers = {
      "results.edn", "test.edn",     "jepsen.log",   "faults.jsonl",
      "final.jsonl", "events.jsonl", "results.jsonl"};
  if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) return false;
  constexpr std::array<std::string_view, 4> kEnds = {".jsonl", ".edn", ".log", ".txt"};
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (fs::recursive_directory_iterator it(path, error), end; it != end && !error;
         it.increment(error)) {
      if (it->is_regular_file(error) && is_history(it->path()))
        files.push_back(it->path().string());
    }
    if (error) return fail(path + ": " + error.message());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    if (files.size() == before) return fail(path + ": no history in this folder");
  }
  return files;
}

// A line on standard error once a second, for as long as it lives.
class Progress {
 public:
  Progress(const std::atomic<std::size_t>& done, std::size_t all)
      : thread_([this, &done, all] { run(done, all); }) {}
  ~Progress() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void run(const std::atomic<std::size_t>& done, std::size_t all) {
    std::unique_lock lock(mutex_);
    for (int seconds = 1;; ++seconds) {
      if (wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_; })) return;
      std::fprintf(stderr, "%d s: %zu of %zu files judged\n", seconds, done.load(), all);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

std::vector<FileVerdict> judge_all(const std::vector<std::string>& files, const CheckPlan& plan,
                                   unsigned threads) {
  std::vector<FileVerdict> verdicts(files.size());
  std::atomic<std::size_t> done{0};
  const Progress progress(done, files.size());
  // One file: its keys in parallel; many: the files.
  const unsigned inside = files.size() == 1 ? threads : 1;
  for_each_in_parallel(files.size(), threads, [&](std::size_t i) {
    verdicts[i] = judge_file(files[i], plan, inside);
    ++done;
  });
  return verdicts;
}

int complain(const std::string& what, int code) {
  std::fprintf(stderr, "holdfast check: %s\n", what.c_str());
  return code;
}

}  // namespace

int check_files(const CheckOptions& options) {
  const Result<CheckPlan> plan = plan_of(options);
  if (!plan) return complain(plan.error().message, kExitBadArguments);
  if (options.paths.empty()) return complain("expected a file or a folder", kExitBadArguments);
  const Result<std::vector<std::string>> files = files_of(options.paths);
  if (!files) return complain(files.error().message, kExitError);
  const std::vector<FileVerdict> verdicts = judge_all(*files, *plan, options.threads);
  std::size_t errors = 0;
  std::array<std::size_t, 3> counts{};
  const bool json_here = options.json == "-";
  for (const FileVerdict& verdict : verdicts) {
    if (verdict.error.empty()) {
      ++counts[static_cast<std::size_t>(verdict.verdict)];
    } else {
      ++errors;
    }
    if (!json_here) std::fputs(as_text(verdict, options.quiet).c_str(), stdout);
  }
  const std::string json = options.json.empty() ? "" : as_json(verdicts);
  if (json_here) {
    std::fputs(json.c_str(), stdout);
  } else {
    std::printf("%zu valid, %zu invalid, %zu unknown, %zu unreadable\n", counts[0], counts[2],
                counts[1], errors);
    if (!json.empty()) {
      const Result<> written = write_file(options.json, json);
      if (!written) return complain(written.error().message, kExitError);
    }
  }
  if (errors > 0) return kExitError;
  if (counts[static_cast<std::size_t>(Verdict::invalid)] > 0) return kExitInvalid;
  return counts[static_cast<std::size_t>(Verdict::unknown)] > 0 ? kExitUnknown : 0;
}

}  // namespace holdfast::checkers
