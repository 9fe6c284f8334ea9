// history.jsonl: a history as a stream of events, one a line (docs/formats.md). Written while a run
// goes on, so that a killed run keeps its prefix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/history.h"
#include "node/base/result.h"

namespace holdfast::checkers {

// Writing: each call appends one line. `index` counts the lines from 0.
//
// Of `operation`: invoked_ns, process, function, node, a write's value and id.
void append_invoke(std::string& out, std::uint64_t index, const Operation& operation,
                   std::string_view key);
// Of `operation`: completed_ns, process, outcome, error, function, node, value, id, version,
// copies. Not to be called for an operation whose completion nobody learned.
void append_completion(std::string& out, std::uint64_t index, const Operation& operation,
                       std::string_view key);
void append_phase(std::string& out, std::uint64_t index, std::int64_t time_ns,
                  std::string_view name);

// Reading.
struct HistoryFile {
  History history;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  // What was tolerated: the truncated last line of a killed run, operations never completed (they
  // are `info`).
  std::vector<std::string> warnings;
};

// A damaged line is an error that names file, line, column and what was expected there.
Result<HistoryFile> read_history(const std::string& path);
// `name` stands for the file in errors.
Result<HistoryFile> parse_history(std::string_view text, std::string_view name);

}  // namespace holdfast::checkers
