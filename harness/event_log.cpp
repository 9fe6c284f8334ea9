#include "harness/event_log.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "harness/append_file.h"

namespace holdfast::harness {
namespace {

constexpr int kWritesLookedAt = 100;

// In microseconds since 1970, or 0 if no write was acknowledged.
std::int64_t wall_at_zero(const checkers::History& history) {
  std::int64_t earliest = 0;
  int seen = 0;
  for (const checkers::Operation& operation : history.operations) {
    if (!operation.is_write() || !operation.version.is_set()) continue;
    const std::int64_t zero = operation.version.clock_us - operation.invoked_ns / 1000;
    if (earliest == 0 || zero < earliest) earliest = zero;
    if (++seen == kWritesLookedAt) break;
  }
  return earliest;
}

// When it was that the node's clock showed `shown_ns`: at that time, or, while a fault had set the
// clock wrong, at another. Events are in order: the earliest such time that is not before the last.
std::int64_t true_time(std::int64_t shown_ns, std::int64_t last_ns, NodeId node,
                       std::span<const checkers::FaultRecord> faults) {
  constexpr std::int64_t kRounding_ns = 2'000'000;
  std::optional<std::int64_t> found_ns;
  const auto consider = [&](std::int64_t at_ns) {
    if (at_ns < last_ns - kRounding_ns || (found_ns && *found_ns <= at_ns)) return;
    found_ns = std::max(at_ns, last_ns);
  };
  bool wrong = false;  // at that time
  for (const checkers::FaultRecord& fault : faults) {
    const bool shifts = fault.effects.clock_offset.count() != 0 || fault.effects.drift_ppm != 0;
    if (!shifts || !fault.hits(node)) continue;
    wrong = wrong || fault.overlaps(shown_ns, shown_ns);
    const std::int64_t unset_ns = shown_ns - to_us(fault.effects.clock_offset) * 1000;
    const std::int64_t drifted_ns =
        (unset_ns - fault.at_ns) / 1000 * fault.effects.drift_ppm / 1000;
    const std::int64_t at_ns = unset_ns - drifted_ns;
    if (at_ns >= fault.at_ns - kRounding_ns && at_ns <= fault.until_ns) consider(at_ns);
  }
  if (!wrong) consider(shown_ns);
  return found_ns.value_or(std::max(shown_ns, last_ns));
}

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_event(std::string& out, const PromiseInputs::NodeEvent& each) {
  out += "{\"time\":";
  append_number(out, each.at_ns);
  out += ",\"event\":\"";
  out += to_string(each.event.kind);
  out += '"';
  if (each.event.peer != kNoNode) out += ",\"peer\":\"" + node_name(each.event.peer) + "\"";
  if (each.event.id.is_set()) out += ",\"id\":\"" + to_string(each.event.id) + "\"";
  if (each.event.version.is_set()) {
    out += ",\"version\":\"" + to_string(each.event.version) + "\"";
  }
  if (each.event.sequence != 0) {
    out += ",\"sequence\":";
    append_number(out, static_cast<std::int64_t>(each.event.sequence));
  }
  if (each.event.detail != 0) {
    out += ",\"detail\":";
    append_number(out, static_cast<std::int64_t>(each.event.detail));
  }
  out += "}\n";
}

std::optional<node::EventKind> parse_kind(std::string_view text) {
  for (std::size_t i = 0; i < node::kEventKinds; ++i) {
    const auto kind = static_cast<node::EventKind>(i);
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

// What follows `name`, up to the next comma or brace, without quotes; empty if it is not there. No
// value of an event has a comma, a brace or a quote in it.
std::string_view field(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == line.npos) return {};
  std::string_view value = line.substr(at + name.size());
  value = value.substr(0, value.find_first_of(",}"));
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

template <class Number>
void take_number(std::string_view text, Number& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

std::optional<PromiseInputs::NodeEvent> parse_event(std::string_view line) {
  PromiseInputs::NodeEvent each;
  const auto kind = parse_kind(field(line, "\"event\":"));
  if (!kind || !line.ends_with('}')) return std::nullopt;
  each.event.kind = *kind;
  take_number(field(line, "\"time\":"), each.at_ns);
  each.event.peer = parse_node_name(field(line, "\"peer\":")).value_or(kNoNode);
  each.event.id = parse_operation_id(field(line, "\"id\":")).value_or(OperationId());
  each.event.version = parse_version(field(line, "\"version\":")).value_or(Version());
  take_number(field(line, "\"sequence\":"), each.event.sequence);
  take_number(field(line, "\"detail\":"), each.event.detail);
  return each;
}

}  // namespace

EventLogs take_event_logs(Cluster& cluster, const checkers::History& history,
                          std::span<const checkers::FaultRecord> faults) {
  const std::int64_t zero_us = wall_at_zero(history);
  EventLogs logs(cluster.size());
  for (NodeId node = 0; node < cluster.size(); ++node) {
    std::int64_t last_ns = 0;
    for (node::Event& event : cluster.take_events(node)) {
      const std::int64_t shown_ns = (to_us(event.at.wall) - zero_us) * 1000;
      last_ns = true_time(shown_ns, last_ns, node, faults);
      logs[node].push_back({last_ns, std::move(event)});
    }
  }
  return logs;
}

Result<> write_event_logs(const std::string& folder, const EventLogs& logs) {
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const std::string nodes = folder + "/" + node_name(static_cast<NodeId>(i));
    std::error_code error;
    std::filesystem::create_directories(nodes, error);
    if (error) return fail("cannot make " + nodes + ": " + error.message());
    auto file = AppendFile::open(nodes + "/events.jsonl", nullptr);
    if (!file) return file.error();
    for (const auto& each : logs[i]) {
      append_event((*file)->buffer(), each);
      (*file)->line_added();
    }
    (*file)->flush();
    if ((*file)->error()) return *(*file)->error();
  }
  return {};
}

EventLogs read_event_logs(const std::string& folder, std::uint16_t nodes) {
  EventLogs logs(nodes);
  for (NodeId node = 0; node < nodes; ++node) {
    std::ifstream file(folder + "/" + node_name(node) + "/events.jsonl");
    for (std::string line; std::getline(file, line);) {
      if (auto event = parse_event(line)) logs[node].push_back(*event);
    }
  }
  return logs;
}

}  // namespace holdfast::harness
