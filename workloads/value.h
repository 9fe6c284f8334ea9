// Values on the wire: the number's decimal digits, a dot, then filler made from the number and the
// length, so that a damaged, cut or foreign value is recognised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::workloads {

// At least this much filler follows the dot, whatever the wanted size.
inline constexpr std::size_t kLeastFillerBytes = 8;

// `bytes` long, or as long as number, dot and the least filler need. REQUIRES: number >= 0.
std::string encode_value(std::int64_t number, std::size_t bytes);
// The same into `to`, whose capacity is used again.
void encode_value(std::int64_t number, std::size_t bytes, std::string& to);
// Nothing for a text that encode_value() does not make.
std::optional<std::int64_t> decode_value(std::string_view text);

// The text of key number `key`: "k17".
void key_name(std::uint64_t key, std::string& to);

}  // namespace holdfast::workloads
