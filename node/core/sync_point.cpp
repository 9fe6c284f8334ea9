#include "node/core/sync_point.h"

#include <charconv>
#include <optional>
#include <vector>

#include "node/base/hash.h"

namespace holdfast::node {
namespace {

// "sp1:<node>:<store>:<destination>.<last sequence>.<lost>:…:<checksum>", numbers in decimal.
constexpr std::string_view kPrefix = "sp1";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> parse(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Position {
  NodeId destination = kNoNode;
  std::uint64_t last_sequence = 0;
  std::uint64_t lost = 0;
};

std::optional<Position> parse_position(std::string_view text) {
  const auto numbers = split(text, '.');
  if (numbers.size() != 3) return std::nullopt;
  const auto destination = parse_node_name(numbers[0]);
  const auto last = parse(numbers[1]);
  const auto lost = parse(numbers[2]);
  if (!destination || !last || !lost) return std::nullopt;
  return Position{*destination, *last, *lost};
}

}  // namespace

std::string create_sync_point(NodeId self, Store& store) {
  std::string token =
      std::string(kPrefix) + ":" + node_name(self) + ":" + std::to_string(store.incarnation());
  for (const auto& [destination, queue] : store.queues()) {
    token += ":" + node_name(destination) + "." + std::to_string(queue.last_sequence) + "." +
             std::to_string(store.lost_hints(destination, queue.last_sequence));
  }
  return token + ":" + std::to_string(hash64(token));
}

Result<std::string> check_sync_point(std::string_view token, NodeId self, Store& store) {
  const auto parts = split(token, ':');
  const std::size_t body = token.rfind(':');
  if (parts.size() < 4 || parts.front() != kPrefix ||
      parse(parts.back()) != hash64(token.substr(0, body))) {
    return fail("not a sync point, or a damaged one");
  }
  if (parts[1] != node_name(self)) {
    return fail("this sync point is for " + std::string(parts[1]) + ", this is " + node_name(self));
  }
  if (parse(parts[2]) != store.incarnation()) return std::string("LOST");
  std::uint64_t lost = 0;
  bool pending = false;
  for (std::size_t i = 3; i + 1 < parts.size(); ++i) {
    const auto position = parse_position(parts[i]);
    if (!position) return fail("not a sync point, or a damaged one");
    const auto first = store.hints(position->destination, 0, 1, 1);
    pending |= !first.empty() && first.front().sequence <= position->last_sequence;
    lost += store.lost_hints(position->destination, position->last_sequence) - position->lost;
  }
  if (lost > 0) return "LOST " + std::to_string(lost);
  return std::string(pending ? "IN_PROGRESS" : "DONE");
}

}  // namespace holdfast::node
