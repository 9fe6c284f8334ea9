// Transactions as values: lists of micro-operations [f key value], as Elle has them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "checkers/trace/datum.h"
#include "node/base/result.h"

namespace holdfast::checkers {

struct MicroOperation {
  enum class F : std::uint8_t { read, write, append };
  F f;
  Datum key;
  Datum value;
};
// [:r key value], in JSON ["r", key, value].
std::optional<MicroOperation> micro_operation(const Data& data, Datum part);

// A list of at least one micro-operation; or [key list], as of jepsen.independent.
bool is_transaction(const Data& data, Datum value);

// An error is what was expected instead. Transactions on lists may touch one key each.
Result<> check_transaction(const Data& data, Datum value);

}  // namespace holdfast::checkers
