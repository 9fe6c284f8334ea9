// Random small histories: about half of them linearizable.
#pragma once

#include "checkers/linear/model.h"
#include "checkers/trace/trace.h"
#include "node/base/random.h"

namespace holdfast::checkers::testing {

struct Shape {
  Model model;
  std::uint64_t operations = 8;  // at most
  std::uint64_t processes = 4;
  std::uint64_t values = 3;  // different ones
  bool unique = false;       // written values are unique
  bool cas = false;
  bool removals = false;
  std::uint64_t unknown_percent = 20;
  std::uint64_t damage_percent = 95;  // of histories have answers changed
};

Trace random_trace(const Shape& shape, Random& random);

}  // namespace holdfast::checkers::testing
