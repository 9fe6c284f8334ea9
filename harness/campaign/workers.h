// Processes that do one job on many tasks, so that every core works, and so that a task that
// crashes or hangs takes nothing else along: its worker is replaced, and the crash is its result.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::harness {

class Workers {
 public:
  // Runs in the worker; the text it returns is sent back.
  using Job = std::function<std::string(std::string_view task)>;

  // A task that takes longer than `task_timeout_s` is ended.
  // REQUIRES: no thread has been started in this process.
  Workers(std::size_t count, Job job, int task_timeout_s = 300);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Some worker has nothing to do.
  bool has_idle() const;
  bool all_idle() const;
  // REQUIRES: has_idle().
  void start(std::uint64_t id, std::string task);

  struct Done {
    std::uint64_t id = 0;
    std::string result;
    bool crashed = false;
    std::string crash;  // what its worker said last
  };
  // The next result, or nothing after `timeout_ms`.
  std::optional<Done> wait(int timeout_ms);

 private:
  struct Worker {
    int pid = -1;
    int to = -1;
    int from = -1;
    int errors = -1;  // what it prints
    bool busy = false;
    std::uint64_t id = 0;
    std::int64_t started_s = 0;
    std::string received;
  };

  void spawn(Worker& worker);
  void end(Worker& worker);
  std::optional<Done> read(Worker& worker);
  Done give_up(Worker& worker, const std::string& why);

  Job job_;
  int task_timeout_s_;
  std::vector<Worker> workers_;
};

}  // namespace holdfast::harness
