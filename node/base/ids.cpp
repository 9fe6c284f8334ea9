#include "node/base/ids.h"

#include <charconv>

namespace holdfast {

std::string node_name(NodeId node) { return "n" + std::to_string(node + 1); }

std::optional<NodeId> parse_node_name(std::string_view text) {
  if (text.size() < 2 || text.front() != 'n' || text[1] == '0') return std::nullopt;
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc() || stop != end || number > kNoNode) return std::nullopt;
  return static_cast<NodeId>(number - 1);
}

std::string to_string(OperationId id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (int i = 0; i < 16; ++i) {
    text[15 - i] = kDigits[(id.high >> (4 * i)) & 15];
    text[31 - i] = kDigits[(id.low >> (4 * i)) & 15];
  }
  return text;
}

std::optional<OperationId> parse_operation_id(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  OperationId id;
  const char* middle = text.data() + 16;
  const auto high = std::from_chars(text.data(), middle, id.high, 16);
  const auto low = std::from_chars(middle, middle + 16, id.low, 16);
  if (high.ec != std::errc() || high.ptr != middle) return std::nullopt;
  if (low.ec != std::errc() || low.ptr != middle + 16) return std::nullopt;
  return id;
}

}  // namespace holdfast
