// A workload: what clients do, and which checkers judge it.
//
// The runner asks for the next operation whenever a client is free. A workload is a pure function
// of its seed: the n-th operation is the same whatever the cluster does, only its time may slip.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "checkers/history.h"
#include "node/base/ids.h"
#include "node/base/time.h"
#include "workloads/parameters.h"

namespace holdfast::workloads {

struct Request {
  checkers::Function function = checkers::Function::read;
  std::uint64_t key = 0;                // key_name(key) is its text
  std::int64_t value = checkers::kNil;  // to write; unique within the run
  NodeId node = kNoNode;                // to send it to; kNoNode: as clients go round
};

struct Step {
  enum class Kind : std::uint8_t { request, wait, done };
  Kind kind = Kind::done;
  Request request;            // kind is request: to be sent now
  std::int64_t until_ns = 0;  // kind is wait: ask again then; request: when it was due
};

class Workload {
 public:
  virtual ~Workload() = default;

  // The load. `now_ns` counts from its start.
  virtual Step next(std::int64_t now_ns) = 0;
  // How many operations the load has in all.
  virtual std::uint64_t operations() const = 0;
  // The reads after everything has settled; `done` at once where there are none.
  virtual Step next_final() = 0;
};

// How many operations of a workload read and write, those after everything has settled included:
// what it gives a checker nothing of, by design, need not be judged.
struct OperationCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;  // deletes included
};

struct WorkloadKind {
  std::string_view name;
  std::string_view doc;
  std::vector<std::string_view> checkers;  // by the names in results.json
  // `duration`: how long the load lasts; zero: as long as rate and clients make it.
  std::unique_ptr<Workload> (*make)(const Parameters&, Duration duration, std::uint64_t seed);
  OperationCounts (*count)(const Parameters&, Duration duration);
};

std::span<const WorkloadKind> all_workloads();
const WorkloadKind* find_workload(std::string_view name);

}  // namespace holdfast::workloads
