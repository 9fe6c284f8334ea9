#include "checkers/history_file.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "checkers/json_line.h"
#include "checkers/lines.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::uint64_t kMostProcesses = 1 << 24;  // processes index an array
constexpr std::size_t kMostPhases = 255;
constexpr std::size_t kSample = 4096;  // operations

enum class EventType : std::uint8_t { none, invoke, ok, fail, info, phase };

struct Event {
  EventType type = EventType::none;
  std::optional<Function> function;
  std::int64_t time_ns = -1;
  std::uint64_t process = kMostProcesses;
  std::string_view key;
  bool has_key = false;
  bool has_value = false;
  std::int64_t value = kNil;
  std::string_view phase;
  NodeId node = kNoNode;
  OperationId id;
  Version version;
  CopyList copies;
  ErrorCode error = ErrorCode::none;
};

EventType parse_type(std::string_view text) {
  if (text == "invoke") return EventType::invoke;
  if (text == "ok") return EventType::ok;
  if (text == "fail") return EventType::fail;
  if (text == "info") return EventType::info;
  if (text == "phase") return EventType::phase;
  return EventType::none;
}

std::optional<Function> parse_function(std::string_view text) {
  if (text == "read") return Function::read;
  if (text == "write") return Function::write;
  if (text == "delete") return Function::del;
  return std::nullopt;
}

// Turns lines into operations.
class HistoryReader {
 public:
  explicit HistoryReader(Lines lines) : lines_(std::move(lines)), json_(lines_) {}

  Result<HistoryFile> read() {
    std::string_view line;
    while (lines_.next(line)) {
      if (line.empty()) continue;
      Event event;
      const bool whole = parse(line, event);
      if (!whole && lines_.is_cut()) {
        file_.warnings.push_back(lines_.name() + ":" + std::to_string(lines_.number()) +
                                 ": the last line is cut off and was left out");
        break;
      }
      if (!whole || !add(event)) return holdfast::fail(json_.error());
    }
    if (lines_.failed()) return holdfast::fail(lines_.name() + ": reading failed");
    finish();
    return std::move(file_);
  }

 private:
  bool parse(std::string_view line, Event& event) {
    return json_.walk(line, [&](std::string_view name, JsonLine::Json& json) {
      return member(name, json, event);
    });
  }

  bool member(std::string_view name, JsonLine::Json& json, Event& event) {
    std::string_view text;
    if (name == "time") {
      return json_.take(json, event.time_ns) &&
             (event.time_ns >= last_ns_ || json_.damage("a time not before the line above"));
    }
    if (name == "process") {
      return json_.take(json, event.process) &&
             (event.process < kMostProcesses || json_.damage("a process below 16777216"));
    }
    if (name == "type") {
      if (!json_.take(json, text)) return false;
      event.type = parse_type(text);
      return event.type != EventType::none || json_.damage("invoke, ok, fail, info or phase");
    }
    if (name == "f") {
      if (!json_.take(json, text)) return false;
      event.function = parse_function(text);
      return event.function.has_value() || json_.damage("read, write or delete");
    }
    if (name == "key") {
      event.has_key = true;
      return json_.take(json, event.key);
    }
    if (name == "value") return value(json, event);
    if (name == "node") return json_.take(json, event.node);
    if (name == "id") return json_.take(json, event.id);
    if (name == "version") return json_.take(json, event.version);
    if (name == "acks") {
      return json_.take_array(json, [&](JsonLine::Json& element) {
        Copy copy;
        if (!json_.take(element, copy)) return false;
        event.copies.add(copy);
        return true;
      });
    }
    if (name == "error") return error(json, event);
    return true;  // later versions may say more
  }

  // A phase's value is its name: its type must come first.
  bool value(JsonLine::Json& json, Event& event) {
    if (event.type == EventType::phase) return json_.take(json, event.phase);
    event.has_value = true;
    return json_.take_value(json, event.value);
  }

  bool error(JsonLine::Json& json, Event& event) {
    std::string_view text;
    if (!json_.take(json, text)) return false;
    const auto code = parse_error_code(text);
    if (!code) return json_.damage("the name of an error, such as \"timeout\"");
    event.error = *code;
    return true;
  }

  bool add(const Event& event) {
    if (event.time_ns < 0) return json_.damage_line("a time");
    last_ns_ = event.time_ns;
    if (event.type == EventType::none) return json_.damage_line("a type");
    if (event.type == EventType::phase) return add_phase(event);
    if (event.process == kMostProcesses) return json_.damage_line("a process");
    if (!event.function) return json_.damage_line("\"f\": read, write or delete");
    if (!event.has_key) return json_.damage_line("a key");
    if (event.process >= pending_.size()) pending_.resize(event.process + 1, kNone);
    return event.type == EventType::invoke ? add_invoke(event) : add_completion(event);
  }

  bool add_phase(const Event& event) {
    std::vector<Phase>& phases = file_.history.phases;
    if (phases.size() == kMostPhases) return json_.damage_line("at most 255 phases");
    phases.push_back({std::string(event.phase), event.time_ns});
    return true;
  }

  bool add_invoke(const Event& event) {
    std::uint32_t& pending = pending_[event.process];
    if (pending != kNone) {
      return json_.damage_line("the end of the process's operation before its next one");
    }
    if (*event.function == Function::write && !event.has_value) {
      return json_.damage_line("the value to write");
    }
    std::vector<Operation>& operations = file_.history.operations;
    if (operations.size() == kNone) return json_.damage_line("at most 4294967295 operations");
    if (operations.size() == kSample) reserve();
    pending = static_cast<std::uint32_t>(operations.size());
    Operation& operation = operations.emplace_back();
    operation.invoked_ns = event.time_ns;
    operation.value = event.value;
    operation.id = event.id;
    operation.process = static_cast<std::uint32_t>(event.process);
    operation.key = file_.history.keys.intern(event.key);
    operation.function = *event.function;
    operation.node = event.node;
    const std::size_t phases = file_.history.phases.size();
    operation.phase = static_cast<std::uint8_t>(phases == 0 ? 0 : phases - 1);
    return true;
  }

  // Growing by doubling would take up to three times the memory: guess the size once.
  void reserve() {
    const std::uint64_t bytes_each = std::max<std::uint64_t>(1, lines_.consumed() / kSample);
    file_.history.operations.reserve(lines_.size() / bytes_each + lines_.size() / bytes_each / 16);
  }

  bool add_completion(const Event& event) {
    std::uint32_t& pending = pending_[event.process];
    if (pending == kNone) return json_.damage_line("an invocation by this process before");
    Operation& operation = file_.history.operations[pending];
    if (*event.function != operation.function ||
        event.key != file_.history.keys.name(operation.key)) {
      return json_.damage_line("the function and key that this process invoked");
    }
    const bool ok = event.type == EventType::ok;
    if (operation.function == Function::read) {
      if (ok && !event.has_value) return json_.damage_line("the value read, or null");
      operation.value = event.value;
      operation.id = event.id;
    } else if (!operation.id.is_set()) {
      operation.id = event.id;
    }
    pending = kNone;
    operation.completed_ns = event.time_ns;
    operation.outcome =
        ok ? Outcome::ok : (event.type == EventType::fail ? Outcome::fail : Outcome::info);
    operation.error = event.error;
    operation.version = event.version;
    operation.copies = event.copies;
    if (event.node != kNoNode) operation.node = event.node;
    return true;
  }

  void finish() {
    file_.lines = lines_.number();
    file_.bytes = lines_.bytes();
    std::uint64_t unfinished = 0;
    for (const std::uint32_t pending : pending_) unfinished += pending != kNone;
    if (unfinished > 0) {
      file_.warnings.push_back(lines_.name() + ": " + std::to_string(unfinished) +
                               " operations never completed; their outcome is unknown");
    }
  }

  Lines lines_;
  JsonLine json_;
  HistoryFile file_;
  std::vector<std::uint32_t> pending_;  // by process: its operation under way
  std::int64_t last_ns_ = 0;
};

}  // namespace

Result<HistoryFile> read_history(const std::string& path) {
  Result<Lines> lines = Lines::open(path);
  if (!lines) return lines.error();
  return HistoryReader(std::move(*lines)).read();
}

Result<HistoryFile> parse_history(std::string_view text, std::string_view name) {
  return HistoryReader(Lines::of_text(text, name)).read();
}

}  // namespace holdfast::checkers
