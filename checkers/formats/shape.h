// What values mean where only the whole history tells: the keys in values [key value], as of
// jepsen.independent; the two values of a compare-and-set; the key of a transaction on a list.
#pragma once

#include <cstdint>

#include "checkers/trace/trace.h"
#include "node/base/result.h"

namespace holdfast::checkers {

enum class KeyRule : std::uint8_t {
  automatic,  // where every operation that has a value carries one, its invocation included
  none,       // values of two elements are values
  pairs       // they are keys and values
};

// Takes a trace whose inputs and outputs are as the file has them, all of the one key "" or of keys
// that the file told apart from values. An error names the operation, and what was expected.
Result<> shape(Trace& trace, KeyRule keys);

}  // namespace holdfast::checkers
