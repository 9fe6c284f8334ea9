// Files as bytes, compressed ones by their content and ending: gzip (zlib) and Zstandard (libzstd).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/result.h"

namespace holdfast::checkers {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to `size` bytes; 0 at the end. An error is what the file or its compression had.
  virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

inline constexpr std::string_view kStandardInput = "-";
// How errors call it: "<stdin>", or the path itself.
std::string name_of_source(const std::string& path);

// Reads gzip and Zstandard if the file begins like one. An error names the file.
Result<std::unique_ptr<ByteSource>> open_source(const std::string& path);
// `text` must outlive it.
std::unique_ptr<ByteSource> source_of(std::string_view text);

// Writes the whole file, compressed if the name ends in .gz or .zst.
Result<> write_file(const std::string& path, std::string_view text);

}  // namespace holdfast::checkers
