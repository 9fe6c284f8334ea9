#include "checkers/files/check_files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>

#include "checkers/files/file_verdict.h"
#include "checkers/files/history_path.h"
#include "checkers/formats/byte_source.h"
#include "checkers/trace/parallel.h"

namespace holdfast::checkers {
namespace {

constexpr int kExitInvalid = 1;
constexpr int kExitUnknown = 2;
constexpr int kExitBadArguments = 254;
constexpr int kExitError = 255;

// For as long as it lives: a line on standard error once a second, and the end of the time limit.
class Watch {
 public:
  Watch(const std::atomic<std::size_t>& done, std::size_t all, double time_limit_s,
        std::atomic<bool>& stop)
      : thread_([this, &done, all, time_limit_s, &stop] { run(done, all, time_limit_s, stop); }) {}
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void run(const std::atomic<std::size_t>& done, std::size_t all, double time_limit_s,
           std::atomic<bool>& stop) {
    std::unique_lock lock(mutex_);
    const auto ends_within = [&](double seconds) {
      return wake_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return stop_; });
    };
    double spent_s = 0;
    while (true) {
      const bool limited = time_limit_s > 0 && !stop && time_limit_s - spent_s < 1;
      const double step_s = limited ? time_limit_s - spent_s : 1;
      if (ends_within(step_s)) return;
      spent_s += step_s;
      if (limited) {
        stop = true;
        std::fprintf(stderr, "the time limit of %g s is over: what is not judged is unknown\n",
                     time_limit_s);
      } else {
        std::fprintf(stderr, "%.0f s: %zu of %zu files judged\n", spent_s, done.load(), all);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

std::vector<FileVerdict> judge_all(const std::vector<HistoryPath>& files, CheckPlan plan,
                                   const CheckOptions& options) {
  std::vector<FileVerdict> verdicts(files.size());
  std::atomic<std::size_t> done{0};
  std::atomic<bool> own_stop{false};
  std::atomic<bool>& stop = options.stop != nullptr ? *options.stop : own_stop;
  plan.limits.stop = &stop;
  const Watch watch(done, files.size(), options.time_limit_s, stop);
  // One file: its keys in parallel; many: the files.
  const unsigned inside = files.size() == 1 ? options.threads : 1;
  for_each_in_parallel(files.size(), options.threads, [&](std::size_t i) {
    verdicts[i] = judge_file(files[i], plan, inside);
    ++done;
  });
  return verdicts;
}

int complain(const std::string& what, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "holdfast: %s\n", what.c_str());
  return code;
}

}  // namespace

int check_files(const CheckOptions& options) {
  const Result<CheckPlan> plan = plan_of(options);
  if (!plan) return complain(plan.error().message, kExitBadArguments);
  if (options.paths.empty()) return complain("expected a file or a folder", kExitBadArguments);
  const Result<std::vector<HistoryPath>> files = histories_in(options.paths);
  if (!files) return complain(files.error().message, kExitBadArguments);
  if (!options.write.empty() && files->size() != 1) {
    return complain("--write takes one history", kExitBadArguments);
  }
  if (!options.html.empty() && files->size() != 1) {
    return complain("--html takes one history", kExitBadArguments);
  }
  const std::vector<FileVerdict> verdicts = judge_all(*files, *plan, options);
  std::size_t errors = 0;
  std::array<std::size_t, 3> counts{};
  const bool json_here = options.json == "-";
  for (const FileVerdict& verdict : verdicts) {
    if (!verdict.error.empty()) {
      complain(verdict.error, kExitBadArguments);
      ++errors;
      continue;
    }
    ++counts[static_cast<std::size_t>(verdict.verdict)];
    if (!json_here) std::fputs(as_text(verdict, options.quiet, options.columns).c_str(), stdout);
  }
  const std::string json = options.json.empty() ? "" : as_json(verdicts);
  if (json_here) {
    std::fputs(json.c_str(), stdout);
  } else if (errors < verdicts.size() || errors > 1) {
    std::printf("%zu valid, %zu invalid, %zu unknown, %zu unreadable\n", counts[0], counts[2],
                counts[1], errors);
  }
  if (!json.empty() && !json_here) {
    const Result<> written = write_file(options.json, json);
    if (!written) return complain(written.error().message, kExitError);
  }
  for (const FileVerdict& verdict : verdicts) {
    if (!verdict.not_written.empty()) return complain(verdict.not_written, kExitError);
    if (!verdict.cannot_write.empty()) return complain(verdict.cannot_write, kExitBadArguments);
  }
  if (errors > 0) return kExitBadArguments;
  if (counts[static_cast<std::size_t>(Verdict::invalid)] > 0) return kExitInvalid;
  return counts[static_cast<std::size_t>(Verdict::unknown)] > 0 ? kExitUnknown : 0;
}

}  // namespace holdfast::checkers
