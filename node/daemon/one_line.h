// Text from outside, where a person will read it: in errors and in the log.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::node {

// With every control character, line breaks above all, as '?'.
inline std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return line;
}

}  // namespace holdfast::node
