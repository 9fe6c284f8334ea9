// Hashes whose results are kept or compared between nodes: XXH3, the same everywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

std::uint64_t hash64(std::string_view bytes);
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);

// The place of a key on the ring.
inline std::uint64_t token_of(std::string_view key) { return hash64(key); }

}  // namespace holdfast
