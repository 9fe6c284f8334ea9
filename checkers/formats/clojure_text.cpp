#include "checkers/formats/clojure_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kHighSurrogate = 0xd800;
constexpr std::uint32_t kLowSurrogate = 0xdc00;
constexpr std::uint32_t kPastSurrogates = 0xe000;

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0;
}

// A surrogate of three bytes that begins here; 0 if none does.
std::uint32_t surrogate(std::string_view units, std::size_t at) {
  if (byte_at(units, at) != 0xed || byte_at(units, at + 1) < 0xa0) return 0;
  const std::uint32_t unit =
      0xd000 | (byte_at(units, at + 1) & 0x3f) << 6 | (byte_at(units, at + 2) & 0x3f);
  return at + 2 < units.size() && unit < kPastSurrogates ? unit : 0;
}

// What stands in two surrogates, or in one without its other half. Returns how far it reaches.
std::size_t append_surrogates(std::string& out, std::string_view units, std::size_t at) {
  const std::uint32_t high = surrogate(units, at);
  const std::uint32_t low = surrogate(units, at + 3);
  if (high >= kLowSurrogate || low < kLowSurrogate) {
    out += '?';  // as Java encodes half a character
    return 3;
  }
  const std::uint32_t c = 0x10000 + ((high - kHighSurrogate) << 10 | (low - kLowSurrogate));
  out += static_cast<char>(0xf0 | c >> 18);
  out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
  out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
  out += static_cast<char>(0x80 | (c & 0x3f));
  return 6;
}

void append_utf8_unit(std::string& out, std::uint32_t unit) {
  if (unit < 0x80) {
    out += static_cast<char>(unit);
  } else if (unit < 0x800) {
    out += static_cast<char>(0xc0 | unit >> 6);
    out += static_cast<char>(0x80 | (unit & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | unit >> 12);
    out += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (unit & 0x3f));
  }
}

// The shortest digits that read back as the same number, in Java's layout.
template <class Real>
std::string shortest(Real number) {
  if (std::isnan(number)) return "##NaN";
  if (std::isinf(number)) return number > 0 ? "##Inf" : "##-Inf";
  std::array<char, 64> buffer{};
  const auto write = [&](std::chars_format format) {
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format).ptr;
    return std::string(buffer.data(), end);
  };
  const Real size = std::abs(number);
  if (size == 0 || (size >= Real(1e-3) && size < Real(1e7))) {
    std::string text = write(std::chars_format::fixed);
    return text.find('.') == text.npos ? text + ".0" : text;
  }
  std::string text = write(std::chars_format::scientific);
  const std::size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.find('.') == digits.npos) digits += ".0";
  return digits + 'E' + std::to_string(std::stoi(text.substr(e + 1)));
}

}  // namespace

void append_clojure_string(std::string& out, std::string_view utf16_units) {
  out += '"';
  for (std::size_t i = 0; i < utf16_units.size();) {
    const char c = utf16_units[i];
    if (surrogate(utf16_units, i) != 0) {
      i += append_surrogates(out, utf16_units, i);
      continue;
    }
    constexpr std::string_view kEscaped = "\"\\\n\t\r\f\b";
    const std::size_t escaped = kEscaped.find(c);
    if (escaped != kEscaped.npos) out += '\\';
    out += escaped == kEscaped.npos ? c : "\"\\ntrfb"[escaped];
    ++i;
  }
  out += '"';
}

std::string clojure_double(double number) { return shortest(number); }
std::string clojure_float(float number) { return shortest(number); }

std::string clojure_character(std::int64_t utf16_unit) {
  switch (utf16_unit) {
    case '\n':
      return "\\newline";
    case '\t':
      return "\\tab";
    case '\r':
      return "\\return";
    case '\f':
      return "\\formfeed";
    case '\b':
      return "\\backspace";
    case ' ':
      return "\\space";
    default:
      break;
  }
  std::string text = "\\";
  append_utf8_unit(text, static_cast<std::uint32_t>(utf16_unit) & 0xffff);
  return text;
}

std::string decimal(std::string_view big_endian) {
  const bool negative = (static_cast<std::uint8_t>(big_endian.front()) & 0x80) != 0;
  std::vector<std::uint8_t> bytes(big_endian.begin(), big_endian.end());
  if (negative) {  // of the two's complement
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(~byte);
    for (std::size_t i = bytes.size(); i-- > 0 && ++bytes[i] == 0;) {
    }
  }
  std::string digits;
  std::size_t first = 0;
  while (true) {  // divides by ten, from the highest byte on
    while (first < bytes.size() && bytes[first] == 0) ++first;
    if (first == bytes.size()) break;
    unsigned rest = 0;
    for (std::size_t i = first; i < bytes.size(); ++i) {
      const unsigned part = rest << 8 | bytes[i];
      bytes[i] = static_cast<std::uint8_t>(part / 10);
      rest = part % 10;
    }
    digits += static_cast<char>('0' + rest);
  }
  if (digits.empty()) return "0";
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string clojure_decimal(std::string digits, std::int64_t scale) {
  const std::string sign = digits.starts_with('-') ? "-" : "";
  digits.erase(0, sign.size());
  const auto size = static_cast<std::int64_t>(digits.size());
  const std::int64_t exponent = size - 1 - scale;
  if (scale == 0) return sign + digits + 'M';
  if (scale > 0 && exponent >= -6) {
    if (size <= scale) digits.insert(0, static_cast<std::size_t>(scale - size + 1), '0');
    return sign + digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.') + 'M';
  }
  if (size > 1) digits.insert(1, 1, '.');
  return sign + digits + 'E' + (exponent >= 0 ? "+" : "") + std::to_string(exponent) + 'M';
}

std::string clojure_instant(std::int64_t unix_ms) {
  using namespace std::chrono;
  constexpr std::int64_t kDay_ms = 86'400'000;
  std::int64_t day = unix_ms / kDay_ms;
  if (unix_ms % kDay_ms < 0) --day;
  const std::int64_t ms = unix_ms - day * kDay_ms;
  constexpr std::int64_t kFirstDay = -719'528;  // of the year 0
  constexpr std::int64_t kLastDay = 2'932'896;  // of the year 9999
  if (day < kFirstDay || day > kLastDay) return std::to_string(unix_ms) + " ms";
  const year_month_day date{sys_days{days{day}}};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03d-00:00", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
                static_cast<int>(ms % 1000));
  return text;
}

std::string clojure_uuid(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[static_cast<std::uint8_t>(bytes[i]) >> 4];
    text += kDigits[static_cast<std::uint8_t>(bytes[i]) & 15];
  }
  return text;
}

}  // namespace holdfast::checkers
