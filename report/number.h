// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::report {

// "1,234,567".
std::string grouped(std::uint64_t number);
std::string grouped(std::int64_t number);
// A time or length of time in seconds: "0.250 ms", "0.031 s", "12.3 s", "4 min 05 s", "36 h 00
// min".
std::string duration(double seconds);
// "1 anomaly", "1,200 anomalies".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
// "1.5 GiB".
std::string bytes(std::uint64_t count);

}  // namespace holdfast::report
