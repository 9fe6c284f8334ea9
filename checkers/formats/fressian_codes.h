// The bytes with which Fressian's values begin.
#pragma once

#include <cstdint>

namespace holdfast::checkers::fressian {

inline constexpr std::uint8_t kKept = 0x80;  // to 0x9f
inline constexpr std::uint8_t kKeptFar = 0xcc;
inline constexpr std::uint8_t kKeep = 0xcd;
inline constexpr std::uint8_t kForget = 0xfe;
inline constexpr std::uint8_t kKnownType = 0xa0;  // to 0xaf
inline constexpr std::uint8_t kKnownTypeFar = 0xf0;
inline constexpr std::uint8_t kNewType = 0xef;
inline constexpr std::uint8_t kArrays = 0xb0;  // to 0xb5
inline constexpr std::uint8_t kMap = 0xc0;
inline constexpr std::uint8_t kSet = 0xc1;
inline constexpr std::uint8_t kUuid = 0xc3;
inline constexpr std::uint8_t kRegex = 0xc4;
inline constexpr std::uint8_t kUri = 0xc5;
inline constexpr std::uint8_t kBigInteger = 0xc6;
inline constexpr std::uint8_t kBigDecimal = 0xc7;
inline constexpr std::uint8_t kInstant = 0xc8;
inline constexpr std::uint8_t kSymbol = 0xc9;
inline constexpr std::uint8_t kKeyword = 0xca;
inline constexpr std::uint8_t kBytes = 0xd0;  // to 0xd7
inline constexpr std::uint8_t kBytesChunk = 0xd8;
inline constexpr std::uint8_t kString = 0xda;  // to 0xe1
inline constexpr std::uint8_t kStringChunk = 0xe2;
inline constexpr std::uint8_t kStringCounted = 0xe3;
inline constexpr std::uint8_t kList = 0xe4;  // to 0xeb
inline constexpr std::uint8_t kListCounted = 0xec;
inline constexpr std::uint8_t kListClosed = 0xed;
inline constexpr std::uint8_t kListOpen = 0xee;
inline constexpr std::uint8_t kEndOfList = 0xfd;
inline constexpr std::uint8_t kMeta = 0xf1;
inline constexpr std::uint8_t kTrue = 0xf5;
inline constexpr std::uint8_t kFalse = 0xf6;
inline constexpr std::uint8_t kNil = 0xf7;
inline constexpr std::uint8_t kInteger = 0xf8;
inline constexpr std::uint8_t kFloat = 0xf9;
inline constexpr std::uint8_t kDouble = 0xfa;
inline constexpr std::uint8_t kDoubleZero = 0xfb;
inline constexpr std::uint8_t kDoubleOne = 0xfc;

}  // namespace holdfast::checkers::fressian
