// Files that a person wrote: options, secrets. Whatever the path leads to (a device, say), no more
// than the limit is read.
#pragma once

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "node/base/result.h"

namespace holdfast::node {

// The whole content; a larger file is an error. Errors begin with the path.
inline Result<std::string> read_small_file(const std::string& path, std::size_t most_bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(path + ": " + std::strerror(errno));
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most_bytes) {
    return fail(path + ": expected at most " + std::to_string(most_bytes) + " bytes");
  }
  return text;
}

}  // namespace holdfast::node
