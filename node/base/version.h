// The order of writes to one key: last writer wins, by one total order on every path.
//
// A version is a hybrid logical clock reading (Kulkarni et al., "Logical Physical Clocks", 2014)
// made unique by the node that gave it and that node's incarnation, so that no two mutations ever
// share one, not even after a node lost its disk.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/base/ids.h"

namespace holdfast {

struct Version {
  std::int64_t clock_us = 0;  // wall clock part, since 1970; 0 is "no version"
  std::uint32_t counter = 0;
  NodeId node = 0;
  std::uint32_t incarnation = 0;

  auto operator<=>(const Version&) const = default;
  bool is_set() const { return clock_us != 0; }
};

// 18 bytes, big-endian, so that memcmp orders them as operator<=> does. REQUIRES: clock_us >= 0.
using EncodedVersion = std::array<unsigned char, 18>;
EncodedVersion encode(const Version& version);
// Nothing unless `bytes` holds exactly 18.
std::optional<Version> decode_version(std::string_view bytes);

// "1700000000000000.0.n1.7", the form in histories and replies.
std::string to_string(const Version& version);
std::optional<Version> parse_version(std::string_view text);

}  // namespace holdfast
