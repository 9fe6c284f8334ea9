// The writing half of history_file.h.
#include "checkers/history_file.h"
#include "checkers/text.h"

namespace holdfast::checkers {
namespace {

std::string_view name_of(Function function) {
  switch (function) {
    case Function::read:
      return "read";
    case Function::write:
      return "write";
    case Function::del:
      return "delete";
  }
  return "";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::fail:
      return "fail";
    case Outcome::info:
      return "info";
  }
  return "";
}

void append_start(std::string& out, std::uint64_t index, std::int64_t time_ns) {
  out += "{\"index\":";
  append_number(out, index);
  out += ",\"time\":";
  append_number(out, time_ns);
}

void append_operation(std::string& out, std::uint64_t index, std::int64_t time_ns,
                      std::string_view type, const Operation& operation, std::string_view key) {
  append_start(out, index, time_ns);
  out += ",\"process\":";
  append_number(out, operation.process);
  out += ",\"type\":\"";
  out += type;
  out += "\",\"f\":\"";
  out += name_of(operation.function);
  out += "\",\"key\":";
  append_json_string(out, key);
}

void append_node_and_id(std::string& out, const Operation& operation, bool with_id) {
  if (operation.node != kNoNode) {
    out += ",\"node\":\"";
    append_node(out, operation.node);
    out += '"';
  }
  if (with_id && operation.id.is_set()) {
    out += ",\"id\":\"";
    append_id(out, operation.id);
    out += '"';
  }
}

void append_copies(std::string& out, const CopyList& copies) {
  if (copies.size() == 0) return;
  char separator = '[';
  out += ",\"acks\":";
  for (const Copy& copy : copies.all()) {
    out += separator;
    out += '"';
    append_node(out, copy.node);
    if (copy.is_hint()) {
      out += ':';
      append_node(out, copy.destination);
    }
    out += '"';
    separator = ',';
  }
  out += ']';
}

}  // namespace

void append_invoke(std::string& out, std::uint64_t index, const Operation& operation,
                   std::string_view key) {
  append_operation(out, index, operation.invoked_ns, "invoke", operation, key);
  if (operation.function == Function::write) {
    out += ",\"value\":";
    append_json_value(out, operation.value);
  }
  append_node_and_id(out, operation, operation.is_write());
  out += "}\n";
}

void append_completion(std::string& out, std::uint64_t index, const Operation& operation,
                       std::string_view key) {
  append_operation(out, index, operation.completed_ns, name_of(operation.outcome), operation, key);
  const bool read_something =
      operation.function == Function::read && operation.outcome == Outcome::ok;
  if (operation.function == Function::write || read_something) {
    out += ",\"value\":";
    append_json_value(out, operation.value);
  }
  append_node_and_id(out, operation, true);
  if (operation.version.is_set()) {
    out += ",\"version\":\"";
    append_version(out, operation.version);
    out += '"';
  }
  append_copies(out, operation.copies);
  if (operation.error != ErrorCode::none) {
    out += ",\"error\":\"";
    out += to_string(operation.error);
    out += '"';
  }
  out += "}\n";
}

void append_phase(std::string& out, std::uint64_t index, std::int64_t time_ns,
                  std::string_view name) {
  append_start(out, index, time_ns);
  out += ",\"type\":\"phase\",\"value\":";
  append_json_string(out, name);
  out += "}\n";
}

}  // namespace holdfast::checkers
