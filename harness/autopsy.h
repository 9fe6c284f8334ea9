// The fate of each copy of an operation, in words: who acknowledged it in which role, what became
// of that copy and when. From the nodes' event logs, the injected faults and the final dumps.
#pragma once

#include <string>

#include "checkers/checker.h"
#include "harness/promises.h"

namespace holdfast::harness {

class Autopsy {
 public:
  // Sorts the event logs once. `inputs` must outlive the autopsy.
  explicit Autopsy(const PromiseInputs& inputs);

  // "n4 acknowledged it as holder of a hint for n3 at 12.300 s; n4's disk was wiped at 20.000 s;
  // no other copy."
  std::string of(checkers::OperationIndex operation) const;

 private:
  struct Entry {
    OperationId id;
    std::int64_t at_ns = 0;
    NodeId node = kNoNode;
    const node::Event* event = nullptr;
  };
  const PromiseInputs& inputs_;
  std::vector<Entry> entries_;  // by id, then time
};

}  // namespace holdfast::harness
