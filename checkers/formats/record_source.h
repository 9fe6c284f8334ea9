// Cuts a stream of bytes into records, with bounded memory: lines, or the maps or vectors of an EDN
// or JSON collection, wherever their lines break.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/formats/byte_source.h"
#include "node/base/result.h"

namespace holdfast::checkers {

// "history.edn:3:14: expected a keyword", as compilers have it.
Error error_at(const std::string& name, std::uint64_t line, std::uint64_t column,
               const std::string& what);

struct Record {
  std::string_view text;     // until the next call
  std::uint64_t line = 1;    // of its first byte, from 1
  std::uint64_t column = 1;  // from 1
  bool complete = true;      // false: the stream ended inside
};

class RecordSource {
 public:
  enum class Cut : std::uint8_t { lines, maps, vectors };
  static constexpr std::size_t kLongest = std::size_t{1} << 30;

  // `name` stands for the bytes in errors, which say where: "name:1:2: expected …".
  RecordSource(std::unique_ptr<ByteSource> bytes, std::string name);

  // The beginning of the stream, behind a byte order mark, to guess its format by. REQUIRES: called
  // before next().
  Result<std::string_view> head();
  // Nothing at the end.
  Result<std::optional<Record>> next(Cut cut);
  // All that is left, in one piece.
  Result<std::string_view> rest();
  std::uint64_t bytes() const { return consumed_ + at_; }
  std::uint64_t line() const { return line_; }

 private:
  Result<bool> fill();  // more bytes behind those not yet consumed; false at the end
  Result<std::optional<Record>> next_line();
  Result<std::optional<Record>> next_bracketed(char open, char close);
  Result<bool> skip_to(char open);
  Result<bool> encloses_vectors();
  void advance(std::size_t size);
  Error error_here(const std::string& what) const;

  std::unique_ptr<ByteSource> bytes_;
  const std::string name_;
  std::string buffer_;
  std::size_t at_ = 0;    // of the first byte not yet consumed
  std::size_t size_ = 0;  // of what is filled
  std::uint64_t consumed_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t column_ = 1;
  bool ended_ = false;
};

}  // namespace holdfast::checkers
