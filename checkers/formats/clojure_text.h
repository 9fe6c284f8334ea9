// Values as Clojure prints them in EDN, from the bytes and numbers that Fressian keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::checkers {

// In quotes. `utf16_units` are UTF-16 units, each by itself in the manner of UTF-8: a character
// beyond the first 65,536 is two of them, and becomes UTF-8 here.
void append_clojure_string(std::string& out, std::string_view utf16_units);
std::string clojure_double(double number);
std::string clojure_float(float number);
// A character literal: \a, \newline.
std::string clojure_character(std::int64_t utf16_unit);
// Two's complement, the highest byte first: decimal digits. REQUIRES: not empty.
std::string decimal(std::string_view big_endian);
// As java.math.BigDecimal has it: digits times ten to the power of -scale.
std::string clojure_decimal(std::string digits, std::int64_t scale);
// "2026-11-28T08:48:14.132-00:00", for dates of the years 0 to 9999.
std::string clojure_instant(std::int64_t unix_ms);
// Of 16 bytes.
std::string clojure_uuid(std::string_view bytes);

}  // namespace holdfast::checkers
