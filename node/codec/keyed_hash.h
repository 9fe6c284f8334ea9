// HMAC-SHA256 (RFC 2104, FIPS 180-4): how two sides show that they know the cluster secret without
// sending it.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::node {

// 32 bytes.
std::string sha256(std::string_view bytes);
std::string keyed_hash(std::string_view key, std::string_view bytes);

// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace holdfast::node
