// Numbers, strings and other values without parts of their own.
#include <bit>
#include <charconv>

#include "checkers/formats/clojure_text.h"
#include "checkers/formats/fressian.h"
#include "checkers/formats/fressian_codes.h"

namespace holdfast::checkers {

using namespace fressian;

bool Fressian::take(std::uint64_t size, std::string_view& bytes) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) return torn();
  bytes = {at_, static_cast<std::size_t>(size)};
  at_ += size;
  return true;
}

bool Fressian::big_endian(int size, std::uint64_t& out) {
  if (end_ - at_ < size) return torn();
  for (out = 0; size > 0; --size) out = out << 8 | static_cast<std::uint8_t>(*at_++);
  return true;
}

// Small ones share their first byte with the size: each size has a middle that stands for 0.
bool Fressian::integer(std::uint8_t code, std::int64_t& out) {
  if (code < 0x40 || code == 0xff) {
    out = static_cast<std::int8_t>(code);
    return true;
  }
  std::uint64_t low = 0;
  if (code == kInteger) {
    if (!big_endian(8, low)) return false;
    out = static_cast<std::int64_t>(low);
    return true;
  }
  if (code >= 0x80) {
    --at_;
    return error("an integer");
  }
  int size = 1;
  int middle = 0x50;
  if (code >= 0x70) {
    size = 3 + (code - 0x70) / 4;
    middle = 0x72 + (size - 3) * 4;
  } else if (code >= 0x60) {
    size = 2;
    middle = 0x68;
  }
  if (!big_endian(size, low)) return false;
  out = static_cast<std::int64_t>(code - middle) * (std::int64_t{1} << size * 8) +
        static_cast<std::int64_t>(low);
  return true;
}

bool Fressian::integer(std::int64_t& out) {
  if (at_end()) return torn();
  return integer(static_cast<std::uint8_t>(*at_++), out);
}

bool Fressian::try_integer(std::int64_t& out) {
  const std::uint8_t first = code();
  const bool is_integer = first < 0x80 || first == 0xff || first == kInteger;
  return !at_end() && is_integer && integer(out);
}

bool Fressian::try_nil() {
  if (code() != kNil) return false;
  ++at_;
  return true;
}

bool Fressian::count(std::uint64_t& out) {
  std::int64_t number = 0;
  if (!integer(number)) return false;
  if (number < 0) return error("a count");
  out = static_cast<std::uint64_t>(number);
  return true;
}

// Bytes whose number is part of the code, or follows it; long ones come in several chunks.
bool Fressian::chunks(std::uint8_t code, std::uint8_t packed, std::uint8_t chunk,
                      std::string& out) {
  while (true) {
    std::uint64_t size = static_cast<std::uint64_t>(code - packed);
    if (code >= chunk && !count(size)) return false;
    std::string_view part;
    if (!take(size, part)) return false;
    out += part;
    if (code != chunk) return true;
    if (at_end()) return torn();
    code = static_cast<std::uint8_t>(*at_++);
    if (code < packed || code > chunk + 1) return error("the next chunk");
  }
}

bool Fressian::string(std::uint8_t code, Datum& out) {
  std::string units;
  if (!chunks(code, kString, kStringChunk, units)) return false;
  if (skipping_) return true;
  std::string text;
  append_clojure_string(text, units);
  out = data_.atom(text);
  return true;
}

bool Fressian::bytes(std::string& out) {
  const std::uint8_t first = code();
  if (first < kBytes || first > kBytesChunk + 1) return at_end() ? torn() : error("bytes");
  ++at_;
  return chunks(first, kBytes, kBytesChunk, out);
}

bool Fressian::real(std::uint8_t code, Datum& out) {
  std::uint64_t bits = 0;
  if (!big_endian(code == kFloat ? 4 : 8, bits)) return false;
  out = atom(code == kFloat ? clojure_float(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                            : clojure_double(std::bit_cast<double>(bits)));
  return true;
}

// In an integer's range it is one; EDN writes it with an N in any case.
bool Fressian::big_integer(Datum& out) {
  std::string digits;
  if (!bytes(digits)) return false;
  constexpr std::size_t kLongest = 4096;
  if (digits.empty() || digits.size() > kLongest) return error("an integer of 1 to 4,096 bytes");
  digits = decimal(digits);
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const bool fits = std::from_chars(digits.data(), end, number).ec == std::errc{};
  out = fits ? data_.number(number) : atom(digits + 'N');
  return true;
}

bool Fressian::big_decimal(Datum& out) {
  Datum digits;
  std::int64_t scale = 0;
  if (!big_integer(digits) || !integer(scale)) return false;
  if (scale != static_cast<std::int32_t>(scale)) return error("a scale of 32 bits");
  if (skipping_) return true;
  std::string text = data_.text(digits);
  if (text.ends_with('N')) text.pop_back();
  out = atom(clojure_decimal(std::move(text), scale));
  return true;
}

bool Fressian::ratio(Datum& out) {
  Datum above;
  Datum below;
  if (code() != kBigInteger) return error("a ratio's first number");
  ++at_;
  if (!big_integer(above)) return false;
  if (code() != kBigInteger) return error("a ratio's second number");
  ++at_;
  if (!big_integer(below)) return false;
  if (skipping_) return true;
  std::string text;
  for (const Datum number : {above, below}) {
    text += (text.empty() ? "" : "/") + data_.text(number);
    if (text.ends_with('N')) text.pop_back();
  }
  out = atom(text);
  return true;
}

bool Fressian::uuid(Datum& out) {
  std::string text;
  if (!bytes(text)) return false;
  if (text.size() != 16) return error("a UUID of 16 bytes");
  out = atom('"' + clojure_uuid(text) + '"');
  return true;
}

bool Fressian::instant(Datum& out) {
  std::int64_t ms = 0;
  if (!integer(ms)) return false;
  out = atom('"' + clojure_instant(ms) + '"');
  return true;
}

}  // namespace holdfast::checkers
