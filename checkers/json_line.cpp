#include "checkers/json_line.h"

namespace holdfast::checkers {

bool JsonLine::take(Json& json, NodeId& to) {
  std::string_view text;
  const std::optional<NodeId> node =
      json.get_string().get(text) ? std::nullopt : parse_node_name(text);
  if (!node) return damage("a node's name, such as \"n1\"");
  to = *node;
  return true;
}

bool JsonLine::take(Json& json, OperationId& to) {
  std::string_view text;
  const std::optional<OperationId> id =
      json.get_string().get(text) ? std::nullopt : parse_operation_id(text);
  if (!id) return damage("an operation's id: 32 hexadecimal digits");
  to = *id;
  return true;
}

bool JsonLine::take(Json& json, Version& to) {
  std::string_view text;
  const std::optional<Version> version =
      json.get_string().get(text) ? std::nullopt : parse_version(text);
  if (!version) return damage("a version, such as \"1700000000000000.0.n1.7\"");
  to = *version;
  return true;
}

bool JsonLine::take_value(Json& json, std::int64_t& to) {
  static constexpr std::string_view kExpected = "a whole number, null or \"foreign\"";
  simdjson::ondemand::json_type type;
  if (json.type().get(type)) return damage(kExpected);
  if (type == simdjson::ondemand::json_type::null) {
    to = kNil;
    return json.is_null() || damage(kExpected);
  }
  if (type == simdjson::ondemand::json_type::string) {
    std::string_view text;
    to = kForeignValue;
    return (!json.get_string().get(text) && text == "foreign") || damage(kExpected);
  }
  return (!json.get_int64().get(to) && to > kForeignValue) || damage(kExpected);
}

bool JsonLine::take(Json& json, Copy& to) {
  static constexpr std::string_view kExpected =
      "a node's name, or holder and destination of a hint, such as \"n4:n3\"";
  std::string_view text;
  if (json.get_string().get(text)) return damage(kExpected);
  const std::size_t colon = text.find(':');
  const auto node = parse_node_name(text.substr(0, colon));
  if (!node) return damage(kExpected);
  to = {*node, kNoNode};
  if (colon == std::string_view::npos) return true;
  const auto destination = parse_node_name(text.substr(colon + 1));
  if (!destination) return damage(kExpected);
  to.destination = *destination;
  return true;
}

}  // namespace holdfast::checkers
