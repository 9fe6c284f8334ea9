// Appending numbers, names and JSON strings to a text, without an allocation of their own.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/ids.h"
#include "node/base/version.h"

namespace holdfast::checkers {

template <class Integer>
void append_number(std::string& out, Integer number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

void append_node(std::string& out, NodeId node);                // n3
void append_id(std::string& out, OperationId id);               // 32 hexadecimal digits
void append_version(std::string& out, const Version& version);  // 1700000000000000.0.n1.7
// In quotes, escaped.
void append_json_string(std::string& out, std::string_view text);
// A workload's value in JSON: a number, null, or "foreign".
void append_json_value(std::string& out, std::int64_t value);
// "12.345 s", "7 h 10 min 0.250 s"
std::string seconds_text(std::int64_t time_ns);
// A length of time: as above, or "0.123 ms" below a second.
std::string duration_text(std::int64_t length_ns);
// "n1, n2 and n3"
template <class Nodes>
std::string nodes_text(const Nodes& nodes) {
  std::string text;
  std::size_t i = 0;
  for (const NodeId node : nodes) {
    if (i > 0) text += i + 1 == nodes.size() ? " and " : ", ";
    append_node(text, node);
    ++i;
  }
  return text;
}

}  // namespace holdfast::checkers
