// JSON with comments that people write: where each value stands, so that an error can say it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "node/base/result.h"

namespace holdfast::harness {

class SourceLines {
 public:
  explicit SourceLines(std::string_view file = "") : file_(file) {}

  void add(std::string path, int line) { lines_.emplace(std::move(path), line); }
  bool contains(const std::string& path) const { return lines_.contains(path); }
  // The line of the value at a JSON pointer, or of the nearest value around it.
  int line_of(std::string path) const;
  // "<file>:<line>: <message>".
  Error error_at(const std::string& path, const std::string& message) const;

  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::map<std::string, int> lines_;  // by JSON pointer
};

// Parses `text` and notes the lines. Refuses a name that an object has twice.
Result<nlohmann::json> parse_json(std::string_view text, SourceLines& lines);

}  // namespace holdfast::harness
