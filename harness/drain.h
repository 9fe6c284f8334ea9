// The drain: waiting until every hint has been delivered, for as long as backlog and throttles may
// need.
#pragma once

#include <optional>
#include <string>

#include "harness/settling.h"
#include "harness/test_file/test_file.h"
#include "node/base/time.h"

namespace holdfast::harness {

struct Drain {
  Duration bound{0};  // within which owners must be equal
  bool ended = false;
  bool overdue = false;   // it did not end within twice the bound
  std::string waits_for;  // what it waited for when it was cut short of the bound; else empty
  std::string note;       // that it gave up; empty if it did not
};

// Nothing, if it was interrupted before the backlog was known.
std::optional<Drain> drain(Settling& settling, const TestFile& test);

}  // namespace holdfast::harness
