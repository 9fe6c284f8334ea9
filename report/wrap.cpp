#include "report/wrap.h"

#include <algorithm>

namespace holdfast::report {

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not a continuation
  }));
}

std::string wrap(std::string_view text, std::size_t columns, std::string_view first,
                 std::string_view rest) {
  std::string lines;
  std::string line(first);
  bool fresh = true;  // nothing but the indentation is in the line
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n");
    const std::string_view word = text.substr(0, end);
    const bool forced = end != text.npos && text[end] == '\n';
    if (!fresh && width(line) + 1 + width(word) > columns) {
      lines += line + "\n";
      line = rest;
      fresh = true;
    }
    if (!word.empty()) {
      if (!fresh) line += ' ';
      line += word;
      fresh = false;
    }
    if (forced) {
      lines += line + "\n";
      line = rest;
      fresh = true;
    }
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  if (!fresh || lines.empty()) lines += line + "\n";
  return lines;
}

}  // namespace holdfast::report
