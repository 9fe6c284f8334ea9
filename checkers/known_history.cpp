#include "checkers/known_history.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "checkers/json_line.h"
#include "checkers/lines.h"
#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

constexpr std::int64_t kMs = 1'000'000;

Version version_of(std::int64_t ms) { return {ms * 1000, 0, 0, 1}; }
OperationId id_of(std::uint64_t number) { return {1, number}; }

// What one line says; members that it does not name stay unset.
struct Line {
  std::string what;  // "write", "row", "fault", …
  std::string name;  // its value: a key, a kind of fault, a node
  std::optional<std::int64_t> value;
  std::optional<std::int64_t> version;
  std::optional<std::uint64_t> id;
  std::vector<std::int64_t> at_ms;
  std::vector<Copy> acks;
  std::vector<NodeId> on;
  NodeId destination = kNoNode;
  NodeId node = kNoNode;
  std::vector<Link> links;
  bool deleted = false;
  bool data_lost = false;
  Outcome outcome = Outcome::ok;
  bool has_outcome = false;
  ErrorCode error = ErrorCode::none;
  std::map<std::string, std::int64_t, std::less<>> numbers;
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

class KnownHistoryReader {
 public:
  explicit KnownHistoryReader(Lines lines) : lines_(std::move(lines)), json_(lines_) {}

  Result<KnownHistory> read() {
    owners_ = {0, 1, 2};
    std::string_view text;
    while (lines_.next(text)) {
      if (text.empty()) continue;
      Line line;
      const bool good = json_.walk(text, [&](std::string_view name, JsonLine::Json& json) {
        return member(name, json, line);
      });
      if (!good || !add(std::move(line))) return holdfast::fail(json_.error());
    }
    finish();
    return std::move(known_);
  }

 private:
  bool member(std::string_view name, JsonLine::Json& json, Line& line) {
    static constexpr std::string_view kLines[] = {"write", "delete", "read",  "row",       "hint",
                                                  "fault", "status", "phase", "not_dumped"};
    for (const std::string_view what : kLines) {
      if (name != what) continue;
      std::string_view text;
      if (!json_.take(json, text)) return false;
      line.what = what;
      line.name = text;
      return true;
    }
    if (name == "about") {
      std::string_view text;
      if (!json_.take(json, text)) return false;
      known_.about = text;
      return true;
    }
    if (name == "expect") return take_expected(json);
    if (name == "config") return take_config(json);
    if (name == "measured") return take_measured(json);
    return run_member(name, json, line);
  }

  bool run_member(std::string_view name, JsonLine::Json& json, Line& line) {
    if (name == "nodes") {
      std::uint64_t nodes = 0;
      if (!json_.take(json, nodes)) return false;
      known_.nodes = static_cast<std::uint16_t>(nodes);
      return true;
    }
    if (name == "owners") return take_nodes(json, owners_);
    if (name == "end_ms") {
      std::int64_t end_ms = 0;
      if (!json_.take(json, end_ms)) return false;
      end_ns_ = end_ms * kMs;
      return true;
    }
    return detail(name, json, line);
  }

  bool detail(std::string_view name, JsonLine::Json& json, Line& line) {
    if (name == "value") {
      return json_.take_value(json, line.value.emplace());
    }
    if (name == "version") return json_.take(json, line.version.emplace());
    if (name == "id") return json_.take(json, line.id.emplace());
    if (name == "deleted") return json_.take(json, line.deleted);
    if (name == "data_lost") return json_.take(json, line.data_lost);
    if (name == "node") return json_.take(json, line.node);
    if (name == "for") return json_.take(json, line.destination);
    if (name == "on") return take_nodes(json, line.on);
    if (name == "acks") return take_acks(json, line.acks);
    if (name == "links") return take_links(json, line.links);
    if (name == "outcome") return take_outcome(json, line);
    if (name == "error") return take_error(json, line);
    if (name == "at_ms") {
      return json_.take_array(json, [&](JsonLine::Json& element) {
        return json_.take(element, line.at_ms.emplace_back());
      });
    }
    return json_.take(json, line.numbers[std::string(name)]);
  }

  bool take_expected(JsonLine::Json& json) {
    return json_.take_object(json, [&](std::string_view checker, JsonLine::Json& of_checker) {
      if (find_checker(checker) == nullptr) return json_.damage("a checker's name before");
      return json_.take_object(of_checker, [&](std::string_view name, JsonLine::Json& value) {
        known_.expected.push_back({std::string(checker), std::string(name), scalar(value)});
        return true;
      });
    });
  }

  // A number, a word or a string, as text.
  static std::string scalar(JsonLine::Json& value) {
    std::string text(value.raw_json_token());
    while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.pop_back();
    if (!text.empty() && text.front() == '"') text.erase(0, 1);
    return text;
  }

  bool take_config(JsonLine::Json& json) {
    return json_.take_object(json, [&](std::string_view name, JsonLine::Json& value) {
      known_.config.emplace_back(name, scalar(value));
      return true;
    });
  }

  bool take_measured(JsonLine::Json& json) {
    Facts& facts = known_.facts;
    return json_.take_object(json, [&](std::string_view name, JsonLine::Json& value) {
      if (name == "silent") return json_.take(value, facts.convergence.silent.emplace());
      if (name == "drain_waits_for") {
        facts.drain_waits_for = scalar(value);
        return true;
      }
      std::int64_t number = 0;
      if (!json_.take(value, number)) return false;
      if (name == "after_ms") facts.convergence.after_ms = number;
      if (name == "bound_ms") facts.convergence.bound_ms = number;
      if (name == "handoff_ended_ms") facts.handoff_ended_ns = number * kMs;
      if (name == "clock_difference_ms") facts.clock_difference = std::chrono::milliseconds(number);
      if (name == "deadline_ms") facts.deadline = std::chrono::milliseconds(number);
      return true;
    });
  }

  bool take_nodes(JsonLine::Json& json, std::vector<NodeId>& nodes) {
    std::vector<Copy> copies;
    if (!take_acks(json, copies)) return false;
    nodes.clear();
    for (const Copy& copy : copies) nodes.push_back(copy.node);
    return true;
  }

  // "n1 n2 n4:n3"
  bool take_acks(JsonLine::Json& json, std::vector<Copy>& copies) {
    std::string_view text;
    if (!json_.take(json, text)) return false;
    for (const std::string_view word : words_of(text)) {
      const std::size_t colon = word.find(':');
      const auto node = parse_node_name(word.substr(0, colon));
      std::optional<NodeId> destination = kNoNode;
      if (colon != std::string_view::npos) destination = parse_node_name(word.substr(colon + 1));
      if (!node || !destination) return json_.damage("nodes, such as \"n1 n2 n4:n3\"");
      copies.push_back({*node, *destination});
    }
    return true;
  }

  // "n1>n2 n2>n1"
  bool take_links(JsonLine::Json& json, std::vector<Link>& links) {
    std::string_view text;
    if (!json_.take(json, text)) return false;
    for (const std::string_view word : words_of(text)) {
      const std::size_t arrow = word.find('>');
      if (arrow == std::string_view::npos) return json_.damage("links, such as \"n1>n2\"");
      const auto from = parse_node_name(word.substr(0, arrow));
      const auto to = parse_node_name(word.substr(arrow + 1));
      if (!from || !to) return json_.damage("links, such as \"n1>n2\"");
      links.push_back({*from, *to});
    }
    return true;
  }

  bool take_outcome(JsonLine::Json& json, Line& line) {
    std::string_view text;
    if (!json_.take(json, text)) return false;
    line.has_outcome = true;
    line.outcome = text == "ok" ? Outcome::ok : text == "fail" ? Outcome::fail : Outcome::info;
    return text == "ok" || text == "fail" || text == "info" || json_.damage("ok, fail or info");
  }

  bool take_error(JsonLine::Json& json, Line& line) {
    std::string_view text;
    if (!json_.take(json, text)) return false;
    const auto code = parse_error_code(text);
    if (!code) return json_.damage("the name of an error");
    line.error = *code;
    return true;
  }

  bool add(Line line) {
    if (line.what == "write" || line.what == "delete" || line.what == "read") {
      return add_operation(line);
    }
    if (line.what == "phase") {
      known_.history.phases.push_back(
          {line.name, line.at_ms.empty() ? 0 : line.at_ms.front() * kMs});
      return true;
    }
    if (line.what == "fault") return add_fault(line);
    if (!line.what.empty()) state_lines_.push_back(std::move(line));
    return true;
  }

  bool add_operation(const Line& line) {
    if (line.at_ms.empty()) return json_.damage_line("at_ms");
    Operation& operation = known_.history.operations.emplace_back();
    operation.key = known_.history.keys.intern(line.name);
    operation.function = line.what == "write"    ? Function::write
                         : line.what == "delete" ? Function::del
                                                 : Function::read;
    operation.invoked_ns = line.at_ms.front() * kMs;
    const bool completed = line.at_ms.size() > 1;
    if (completed) operation.completed_ns = line.at_ms.back() * kMs;
    operation.outcome = line.has_outcome ? line.outcome : completed ? Outcome::ok : Outcome::info;
    operation.error = line.error;
    operation.value = line.value.value_or(kNil);
    operation.node = line.node == kNoNode ? 0 : line.node;
    operation.process = static_cast<std::uint32_t>(known_.history.operations.size());
    const std::size_t phases = known_.history.phases.size();
    operation.phase = static_cast<std::uint8_t>(phases == 0 ? 0 : phases - 1);
    for (const Copy& copy : line.acks) operation.copies.add(copy);
    if (operation.is_write()) {
      operation.id = id_of(line.id.value_or(known_.history.operations.size()));
      const bool ok = operation.outcome == Outcome::ok;
      if (line.version || ok) operation.version = version_of(line.version.value_or(line.at_ms[0]));
    } else {
      if (line.version) operation.version = version_of(*line.version);
      if (line.id) operation.id = id_of(*line.id);
    }
    return true;
  }

  // Known histories name the faults that they need; what these do is said here, once more, so that
  // checkers know no nemesis.
  static FaultEffects effects_of(const Line& line) {
    using Effects = FaultEffects;
    const std::string_view name = line.name;
    if (name == "kill") return {.stop = Effects::Stop::dies};
    if (name == "power_loss") return {.stop = Effects::Stop::dies, .loss = Effects::Loss::unsynced};
    if (name == "wipe") return {.stop = Effects::Stop::dies, .loss = Effects::Loss::everything};
    if (name == "pause") return {.stop = Effects::Stop::freezes};
    if (name == "partition") return {.traffic = Effects::Traffic::cut};
    if (name == "link") return {.traffic = Effects::Traffic::degraded};
    if (name == "clock") return {.moves_clock = true};
    if (name == "drop_hints") return {.drops_hints = true};
    if (name == "pause_delivering") return {.pauses_delivering = true};
    if (name == "pause_accepting") return {.pauses_accepting = true};
    CHECK(name == "disk");
    return {.loss = line.data_lost ? Effects::Loss::latent : Effects::Loss::nothing,
            .refuses = true};
  }

  bool add_fault(const Line& line) {
    FaultRecord& fault = known_.faults.emplace_back();
    fault.name = line.name;
    fault.effects = effects_of(line);
    fault.nodes = line.on;
    fault.links = line.links;
    if (line.at_ms.empty()) return json_.damage_line("at_ms");
    fault.at_ns = line.at_ms.front() * kMs;
    if (line.at_ms.size() > 1) fault.until_ns = line.at_ms.back() * kMs;
    const auto offset = line.numbers.find("offset_ms");
    if (offset != line.numbers.end()) {
      fault.effects.clock_offset = std::chrono::milliseconds(offset->second);
    }
    const auto drift = line.numbers.find("drift_ppm");
    if (drift != line.numbers.end())
      fault.effects.drift_ppm = static_cast<std::int32_t>(drift->second);
    return true;
  }

  void finish() {
    std::vector<Operation>& operations = known_.history.operations;
    std::stable_sort(
        operations.begin(), operations.end(),
        [](const Operation& a, const Operation& b) { return a.invoked_ns < b.invoked_ns; });
    for (Operation& operation : operations) {
      if (!operation.is_write()) resolve(operation.key, operation.value, operation);
    }
    apply_config();
    build_state();
  }

  // What names only a value has the version and id of the write of that value.
  template <class Target>
  void resolve(KeyId key, std::int64_t value, Target& target) {
    for (const Operation& write : known_.history.operations) {
      if (!write.is_write() || write.key != key) continue;
      const bool matches =
          write.function == Function::del
              ? value == kNil && target.version.is_set() && write.version == target.version
              : value == write.value;
      if (!matches) continue;
      if (!target.version.is_set()) target.version = write.version;
      if (!target.id.is_set()) target.id = write.id;
    }
  }

  void build_state() {
    for (const Line& line : state_lines_) {
      if (line.what == "row" || line.what == "hint") known_.history.keys.intern(line.name);
    }
    FinalState state(known_.nodes);
    std::int64_t last_ns = 0;
    for (const Operation& operation : known_.history.operations) {
      last_ns = std::max(last_ns, operation.invoked_ns);
    }
    state.set_time(end_ns_.value_or(last_ns + 1000 * kMs));
    std::vector<bool> dumped(known_.nodes, true);
    for (const Line& line : state_lines_) {
      if (line.what != "not_dumped") continue;
      for (const std::string_view name : words_of(line.name)) {
        if (const auto node = parse_node_name(name)) dumped[*node] = false;
      }
    }
    for (NodeId node = 0; node < known_.nodes; ++node) {
      if (dumped[node]) state.mark_dumped(node);
    }
    for (KeyId key = 0; key < known_.history.keys.size(); ++key) state.set_owners(key, owners_);
    for (const Line& line : state_lines_) add_to_state(line, state);
    known_.final_state = std::move(state);
  }

  void add_to_state(const Line& line, FinalState& state) {
    if (line.what == "not_dumped") return;
    if (line.what == "status") return add_status(line, state);
    const KeyId key = known_.history.keys.intern(line.name);
    RowState row;
    row.deleted = line.deleted;
    row.value = line.value.value_or(kNil);
    if (line.version) row.version = version_of(*line.version);
    if (line.id) row.id = id_of(*line.id);
    resolve(key, row.value, row);
    for (const NodeId node : line.on) {
      if (line.what == "row") state.add_row(node, key, row);
      if (line.what == "hint") state.add_hint(node, line.destination, key, row);
    }
  }

  void add_status(const Line& line, FinalState& state) {
    const auto number = [&](std::string_view name) {
      const auto found = line.numbers.find(name);
      return found == line.numbers.end() ? 0 : found->second;
    };
    const auto count = [&](std::string_view name) {
      return static_cast<std::uint64_t>(number(name));
    };
    NodeStatus status;
    status.node = parse_node_name(line.name).value_or(0);
    status.at_ns = line.at_ms.empty() ? state.at_ns() : line.at_ms.front() * kMs;
    status.asked_ns = status.at_ns;
    status.store = count("store");
    status.created = count("created");
    status.delivered = count("delivered");
    status.expired = count("expired");
    status.dropped = count("dropped");
    status.quarantined = count("quarantined");
    status.pending = count("pending");
    status.refused_window = count("refused_window");
    status.refused_other = count("refused_other");
    status.process = count("process");
    status.sent = count("sent");
    status.sent_bytes = count("sent_bytes");
    status.received_bytes = count("received_bytes");
    if (line.destination != kNoNode) {
      status.queues.push_back({line.destination, count("queue_count"), count("queue_bytes"),
                               std::chrono::milliseconds(number("oldest_age_ms"))});
    }
    state.add_status(std::move(status));
  }

  // The settings that checkers know of.
  void apply_config() {
    Facts& facts = known_.facts;
    const auto text = [&](std::string_view name) -> std::string {
      for (const auto& [known, value] : known_.config) {
        if (known == name) return value;
      }
      return "";
    };
    const auto number = [&](std::string_view name, std::int64_t otherwise) {
      const std::string value = text(name);
      std::int64_t parsed = otherwise;
      std::from_chars(value.data(), value.data() + value.size(), parsed);
      return parsed;
    };
    const auto count = [&](std::string_view name) {
      return static_cast<std::uint64_t>(number(name, 0));
    };
    constexpr std::int64_t kHour_ms = 3'600'000;
    facts.hint_max_age = std::chrono::milliseconds(number("hint_max_age_ms", 48 * kHour_ms));
    if (text("tombstone_gc") == "grace") {
      facts.tombstone_grace =
          std::chrono::milliseconds(number("tombstone_grace_ms", 240 * kHour_ms));
    }
    facts.hints_off = text("hint_holder") == "none";
    facts.hint_window = std::chrono::milliseconds(number("hint_window_ms", 3 * kHour_ms));
    facts.handoff_bytes_per_s = count("handoff_send_bytes_per_s");
    facts.handoff_burst_bytes = facts.handoff_bytes_per_s;  // a second's
    facts.handoff_receive_bytes_per_s = count("handoff_receive_bytes_per_s");
    facts.handoff_batch_bytes = 1000;
    facts.handoff_batch_count = count("handoff_batch_count");
    facts.handoff_concurrency = 1;
    facts.handoff_timeout = std::chrono::milliseconds(number("request_timeout_ms", 1000));
    facts.heartbeat_interval = std::chrono::milliseconds(number("heartbeat_interval_ms", 1000));
    facts.hint_bytes_most = 100;
    facts.repairs = text("read_repair") != "off" || text("anti_entropy") != "off";
    facts.hint_delay = std::chrono::milliseconds(4 * number("request_timeout_ms", 1000));
    facts.hint_max_count = count("hint_max_count");
    facts.hint_max_bytes = count("hint_max_bytes");
    facts.hint_max_count_per_destination = count("hint_max_count_per_destination");
    facts.hint_max_bytes_per_destination = count("hint_max_bytes_per_destination");
    facts.rows_survive_power_loss = text("store_durability") != "written";
    facts.hints_survive_power_loss = text("hint_durability") != "written";
  }

  Lines lines_;
  JsonLine json_;
  KnownHistory known_;
  std::vector<NodeId> owners_;
  std::optional<std::int64_t> end_ns_;
  std::vector<Line> state_lines_;  // rows, hints, statuses: they need the whole history
};

}  // namespace

Result<KnownHistory> read_known_history(const std::string& path) {
  Result<Lines> lines = Lines::open(path);
  if (!lines) return holdfast::fail(lines.error().message);
  return KnownHistoryReader(std::move(*lines)).read();
}

std::vector<std::string> known_histories(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".jsonl") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace holdfast::checkers
