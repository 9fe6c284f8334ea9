// The lines of a large file or a text, one at a time, each followed by the room that simdjson
// wants to read past it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/result.h"

namespace holdfast::checkers {

class Lines {
 public:
  static Result<Lines> open(const std::string& path);
  // `name` stands for the file in errors.
  static Lines of_text(std::string_view text, std::string_view name);

  // The next line, without its end; false after the last. Valid until the next call.
  bool next(std::string_view& line);

  const std::string& name() const { return name_; }
  std::uint64_t number() const { return number_; }  // of the line that next() gave, from 1
  std::uint64_t bytes() const { return bytes_; }    // read so far
  std::uint64_t consumed() const { return bytes_ - (end_ - begin_); }  // given by next()
  std::uint64_t size() const { return size_; }                         // of the whole, 0 if unknown
  // Whether the line that next() gave is the last one and has no end: it may have been cut off.
  bool is_cut() const { return cut_; }
  // Whether reading the file failed; next() then returned false.
  bool failed() const { return failed_; }
  std::size_t room_after(std::string_view line) const;

  // "history.jsonl:7:12: expected a number".
  std::string error_at(const char* position, std::string_view line,
                       std::string_view expected) const;

 private:
  Lines() = default;
  bool fill();

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;  // null: a text
  std::string name_;
  std::vector<char> buffer_;  // data, then room
  std::size_t begin_ = 0;     // of the next line
  std::size_t end_ = 0;       // of the data
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t size_ = 0;
  bool cut_ = false;
  bool failed_ = false;
};

}  // namespace holdfast::checkers
