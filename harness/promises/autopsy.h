// The fate of each copy of an operation, in words: who acknowledged it in which role, what became
// of that copy and when. From the nodes' event logs, the injected faults and the final dumps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkers/checker.h"
#include "harness/promises/promises.h"

namespace holdfast::harness {

class Autopsy {
 public:
  // Looks through the event logs once, for the `wanted` writes. `inputs` must outlive the autopsy.
  Autopsy(const PromiseInputs& inputs, std::span<const checkers::OperationIndex> wanted);

  // "n4 acknowledged it as holder of a hint for n3 at 12.300 s; n4 was wiped at 20.000 s; in the
  // end no node has it." `write` is one of the wanted.
  std::string of(checkers::OperationIndex write) const;
  // Only what had happened by `until_ns`.
  std::string of(checkers::OperationIndex write, std::int64_t until_ns) const;

 private:
  struct Clause {
    std::int64_t at_ns = 0;
    std::string text;
  };
  std::string story(const checkers::Operation& write, std::int64_t until_ns) const;
  void add_acknowledgements(const checkers::Operation& write, std::vector<Clause>& to) const;
  void add_events(const checkers::Operation& write, std::vector<Clause>& to) const;
  void add_faults(const checkers::Operation& write, std::vector<Clause>& to) const;
  std::string ending(const checkers::Operation& write) const;

  struct Entry {
    OperationId id;
    std::int64_t at_ns = 0;
    NodeId node = kNoNode;
    const node::Event* event = nullptr;
  };
  const PromiseInputs& inputs_;
  std::vector<Entry> entries_;  // of the wanted writes, by id, then time
};

}  // namespace holdfast::harness
