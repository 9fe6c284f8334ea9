#include "harness/recorder.h"

#include "checkers/history_file.h"

namespace holdfast::harness {

Result<std::unique_ptr<Recorder>> Recorder::open(const std::string& path,
                                                 std::function<std::int64_t()> wall_ns,
                                                 std::uint64_t operations) {
  auto file = AppendFile::open(path, std::move(wall_ns));
  if (!file) return file.error();
  std::unique_ptr<Recorder> recorder(new Recorder(std::move(*file)));
  recorder->history_.operations.reserve(operations);
  return recorder;
}

void Recorder::begin_phase(std::string_view name, std::int64_t now_ns) {
  history_.phases.push_back({std::string(name), now_ns});
  phase_ = static_cast<std::uint8_t>(history_.phases.size() - 1);
  checkers::append_phase(file_->buffer(), lines_++, now_ns, name);
  file_->line_added();
}

checkers::OperationIndex Recorder::invoke(checkers::Operation operation, std::string_view key) {
  operation.key = history_.keys.intern(key);
  operation.phase = phase_;
  checkers::append_invoke(file_->buffer(), lines_++, operation, key);
  file_->line_added();
  history_.operations.push_back(operation);
  return static_cast<checkers::OperationIndex>(history_.operations.size() - 1);
}

void Recorder::complete(checkers::OperationIndex index) {
  const checkers::Operation& operation = history_.operations[index];
  checkers::append_completion(file_->buffer(), lines_++, operation,
                              history_.keys.name(operation.key));
  file_->line_added();
}

}  // namespace holdfast::harness
