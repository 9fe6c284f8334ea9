// A file of lines that grows while a run goes on, so that a killed run keeps its prefix.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/base/result.h"

namespace holdfast::harness {

class AppendFile {
 public:
  // Without a path nothing is written. `wall_ns` may be empty: then only full buffers and flush()
  // reach the file.
  static Result<std::unique_ptr<AppendFile>> open(const std::string& path,
                                                  std::function<std::int64_t()> wall_ns);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Where the next line goes; call line_added() after it.
  std::string& buffer() { return buffer_; }
  void line_added() {
    if (buffer_.size() >= kFull || (++lines_ % kLinesBetweenLooks == 0 && is_due())) write_out();
  }
  // Writes what is buffered. The first error is kept; nothing is written after it.
  void flush() { write_out(); }
  const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr std::size_t kFull = 1024 * 1024;
  static constexpr std::uint64_t kLinesBetweenLooks = 64;  // at the clock

  AppendFile(std::string path, int file, std::function<std::int64_t()> wall_ns)
      : path_(std::move(path)), file_(file), wall_ns_(std::move(wall_ns)) {}
  bool is_due() const;
  void write_out();

  std::string path_;
  int file_;
  std::function<std::int64_t()> wall_ns_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
  std::int64_t written_at_ns_ = 0;
  std::optional<Error> error_;
};

// Writes a whole file.
Result<> write_file(const std::string& path, std::string_view text);
Result<std::string> read_file(const std::string& path);

}  // namespace holdfast::harness
