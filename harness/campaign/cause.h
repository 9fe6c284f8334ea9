// Why a run was not valid, without what differs from seed to seed: findings are grouped by it, and
// shrinking keeps it.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::harness {

struct Cause {
  std::string checker;  // or "expectation", "incident", "failure", "crash"
  std::string anomaly;  // its class; of an expectation the number's path, of a crash the message
  std::string shape;    // why nothing excuses it, without names and times; may be empty
  std::string example;  // of this run, in full; not part of the identity
  std::string about;    // the key of the example

  // What shrinking must keep.
  std::string kind() const { return checker + ": " + anomaly; }
  std::string key() const { return kind() + (shape.empty() ? "" : " | " + shape); }
};

// The causes in the text of a results.json, the gravest first; none if the run was valid.
std::vector<Cause> causes_of(std::string_view results_json);

// The text without node names, numbers, times and keys.
std::string shape_of(std::string_view text);

}  // namespace holdfast::harness
