// A small history written by hand, with everything a verdict depends on and the verdict it must
// get, in one readable file (testdata/README.md has the format). The checkers are tested on them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/checker.h"
#include "node/base/result.h"

namespace holdfast::checkers {

struct KnownHistory {
  struct Expected {
    std::string checker;
    std::string name;   // "verdict" (promises applied), "strict" (by the checker alone), a value,
                        // or "allowed": how many anomalies are
    std::string value;  // as text
  };

  std::string about;
  std::vector<Expected> expected;
  std::vector<std::pair<std::string, std::string>> config;  // settings of the nodes
  std::uint16_t nodes = 5;
  History history;
  FinalState final_state;
  std::vector<FaultRecord> faults;
  Facts facts;  // the measured ones, and those that follow from `config`

  Inputs inputs() const { return {history, final_state, faults, facts}; }
};

Result<KnownHistory> read_known_history(const std::string& path);
// The names of those in `folder`, without their ending, in order.
std::vector<std::string> known_histories(const std::string& folder);

}  // namespace holdfast::checkers
