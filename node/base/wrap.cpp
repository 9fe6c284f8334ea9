#include "node/base/wrap.h"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

constexpr std::string_view kNoBreakSpace = "\u00a0";

std::string unbound(std::string text) {
  for (std::size_t at = 0; (at = text.find(kNoBreakSpace, at)) != text.npos;) {
    text.replace(at, kNoBreakSpace.size(), " ");
  }
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_with_unit(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kUnits = {"s",   "ms",  "h",   "min", "bytes",
                                                             "KiB", "MiB", "GiB", "TiB"};
  const std::size_t letters = std::min(text.find_first_of(" ,.;:)\n"), text.size());
  return std::find(kUnits.begin(), kUnits.end(), text.substr(0, letters)) != kUnits.end();
}

}  // namespace

std::string bind_units(std::string_view text) {
  std::string bound;
  bool after_unit = false;  // of a length of time, which may go on: "7 h 10 min"
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = text[i] == ' ' && i > 0 && i + 1 < text.size();
    const bool unit_follows =
        between && is_digit(text[i - 1]) && begins_with_unit(text.substr(i + 1));
    const bool goes_on = between && after_unit && is_digit(text[i + 1]);
    if (unit_follows || goes_on) {
      bound += kNoBreakSpace;
    } else {
      bound += text[i];
    }
    if (unit_follows) {
      after_unit = true;
    } else if (text[i] == ' ' || text[i] == ',' || text[i] == ';') {
      after_unit = false;
    }
  }
  return bound;
}

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
  return unbound(std::move(lines));
}

}  // namespace holdfast
