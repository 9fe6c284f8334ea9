#include "workloads/value.h"

#include <algorithm>
#include <charconv>

#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::workloads {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr int kCharactersPerDraw = 10;  // 60 of 64 bits

// Fills [first, last) with characters that only this number and length have.
void fill(std::int64_t number, std::size_t size, char* first, char* last) {
  std::uint64_t stream = mix64(static_cast<std::uint64_t>(number)) ^ mix64(~std::uint64_t{size});
  while (first != last) {
    stream = mix64(stream);
    std::uint64_t bits = stream;
    for (int i = 0; i < kCharactersPerDraw && first != last; ++i, bits >>= 6) {
      *first++ = kAlphabet[bits & 63];
    }
  }
}

}  // namespace

void encode_value(std::int64_t number, std::size_t bytes, std::string& to) {
  CHECK(number >= 0);
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto head = static_cast<std::size_t>(end - digits) + 1;
  to.resize(std::max(bytes, head + kLeastFillerBytes));
  std::copy_n(digits, head - 1, to.begin());
  to[head - 1] = '.';
  fill(number, to.size(), to.data() + head, to.data() + to.size());
}

std::string encode_value(std::int64_t number, std::size_t bytes) {
  std::string text;
  encode_value(number, bytes, text);
  return text;
}

std::optional<std::int64_t> decode_value(std::string_view text) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || dot == last || *dot != '.' || number < 0) return std::nullopt;
  // Encoding again also refuses leading zeros and lengths that are never made.
  thread_local std::string expected;
  encode_value(number, text.size(), expected);
  if (expected != text) return std::nullopt;
  return number;
}

void key_name(std::uint64_t key, std::string& to) {
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, key).ptr;
  to.assign(1, 'k');
  to.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace holdfast::workloads
