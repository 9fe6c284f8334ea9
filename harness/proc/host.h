// The machine that one node lives on, this one or another: the node's folder and its process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/base/result.h"

namespace holdfast::harness {

// In a node's folder: its own event log, as it writes it. The harness writes events.jsonl from it,
// on the history's clock, and removes it.
inline constexpr const char* kEventLog = "own-events.jsonl";
inline constexpr const char* kNodeLog = "node.log";  // what the node logs

// How a process ended that nobody here made end.
struct Death {
  std::string why;             // in words
  bool host_lost = false;      // the machine went, or the way to it: no fault of the node
  bool in_good_order = false;  // as it does when SIGTERM asked it to
};

class Host {
 public:
  virtual ~Host() = default;

  virtual bool is_running() const = 0;
  // Returns once the program runs; its arguments are what the cluster tells the node
  // (daemon_arguments()), the host adds what it gives it. `died` is called from the event loop.
  // REQUIRES: it does not run.
  virtual Result<> start(const std::vector<std::string>& arguments,
                         std::function<void(Death)> died) = 0;
  // No effect on a node that does not run.
  virtual Result<> signal(int number) = 0;
  // Waits until the process has ended, at most so long, then kills it. It does not run any more
  // when this returns. A death if it has ended in another way than by this or by SIGTERM: a crash
  // on the way out is a crash.
  virtual Result<std::optional<Death>> end(std::chrono::milliseconds most) = 0;

  // Flips one bit of the node's database, if it has one.
  virtual Result<> flip_bit(std::uint64_t seed) = 0;
  // Empties the node's disk. REQUIRES: it does not run.
  virtual Result<> wipe() = 0;
  // What stands in a file of the node's folder from that byte on; nothing if there is no such file.
  virtual Result<std::string> read(const std::string& file, std::uint64_t from) = 0;
  // The run is over: the log goes to the run's folder, and what is of no use any more goes.
  // REQUIRES: it does not run.
  virtual Result<> clean_up() = 0;
};

}  // namespace holdfast::harness
