// The recorder: writes history.jsonl while the run goes on, and keeps the same history in memory
// for the checkers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/checker.h"
#include "checkers/history.h"
#include "harness/append_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

class Recorder {
 public:
  // `path` of history.jsonl; empty: in memory only. `operations`: how many to expect.
  static Result<std::unique_ptr<Recorder>> open(const std::string& path,
                                                std::function<std::int64_t()> wall_ns,
                                                std::uint64_t operations);

  void begin_phase(std::string_view name, std::int64_t now_ns);

  // Of `operation`: invoked_ns, process, function, node; a write's value and id. Key and phase are
  // the recorder's.
  checkers::OperationIndex invoke(checkers::Operation operation, std::string_view key);
  // An operation under way, to be filled in before complete().
  checkers::Operation& operation(checkers::OperationIndex index) {
    return history_.operations[index];
  }
  // REQUIRES: completed_ns and outcome are set.
  void complete(checkers::OperationIndex index);

  const checkers::History& history() const { return history_; }
  // The end of recording: the history is the caller's.
  checkers::History take_history() { return std::move(history_); }
  // For the keys that only dumps name.
  checkers::Keys& keys() { return history_.keys; }

  void flush() { file_->flush(); }
  // Why nothing is written any more.
  const std::optional<Error>& error() const { return file_->error(); }

 private:
  explicit Recorder(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  std::unique_ptr<AppendFile> file_;
  checkers::History history_;
  std::uint64_t lines_ = 0;
  std::uint8_t phase_ = 0;
};

}  // namespace holdfast::harness
