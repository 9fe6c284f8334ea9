// final.jsonl: writing and reading (docs/formats.md).
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "checkers/final_state.h"
#include "checkers/json_line.h"
#include "checkers/lines.h"
#include "checkers/text.h"

namespace holdfast::checkers {
namespace {

constexpr std::size_t kFlush = 256 * 1024;
constexpr std::size_t kKeysPerLine = 500;

class FinalStateWriter {
 public:
  FinalStateWriter(std::FILE* file, const FinalState& state, const Keys& keys)
      : file_(file), state_(state), keys_(keys) {}

  bool write() {
    write_start();
    write_owners();
    for (NodeId node = 0; node < state_.nodes(); ++node) write_rows(node);
    for (const FinalHint& hint : state_.hints()) write_hint(hint);
    for (const NodeStatus& status : state_.statuses()) write_status(status);
    flush();
    return good_;
  }

 private:
  void write_start() {
    text_ += "{\"type\":\"final\",\"time\":";
    append_number(text_, state_.at_ns());
    text_ += ",\"nodes\":";
    append_number(text_, state_.nodes());
    text_ += ",\"dumped\":[";
    bool first = true;
    for (NodeId node = 0; node < state_.nodes(); ++node) {
      if (!state_.is_dumped(node)) continue;
      if (!first) text_ += ',';
      first = false;
      append_quoted(node);
    }
    text_ += "]}\n";
  }

  // Keys with the same owners share lines: one pass per distinct list of owners.
  void write_owners() {
    const auto count = static_cast<KeyId>(keys_.size());
    std::vector<bool> done(count, false);
    for (KeyId first = 0; first < count; ++first) {
      const std::span<const NodeId> owners = state_.owners(first);
      if (done[first] || owners.empty()) continue;
      std::size_t on_line = 0;
      for (KeyId key = first; key < count; ++key) {
        if (done[key] || state_.owners(key).data() != owners.data()) continue;
        done[key] = true;
        if (on_line == 0) start_owners(owners);
        if (on_line > 0) text_ += ',';
        append_json_string(text_, keys_.name(key));
        if (++on_line == kKeysPerLine) {
          end_line("]}\n");
          on_line = 0;
        }
      }
      if (on_line > 0) end_line("]}\n");
    }
  }

  void start_owners(std::span<const NodeId> owners) {
    text_ += "{\"type\":\"owners\",\"owners\":[";
    for (std::size_t i = 0; i < owners.size(); ++i) {
      if (i > 0) text_ += ',';
      append_quoted(owners[i]);
    }
    text_ += "],\"keys\":[";
  }

  void write_rows(NodeId node) {
    for (KeyId key = 0; key < keys_.size(); ++key) {
      const RowState* row = state_.row(node, key);
      if (row == nullptr) continue;
      text_ += "{\"type\":\"row\",\"node\":";
      append_quoted(node);
      append_row(key, *row);
    }
  }

  void write_hint(const FinalHint& hint) {
    const Mutation& mutation = state_.mutations()[hint.mutation];
    text_ += "{\"type\":\"hint\",\"node\":";
    append_quoted(hint.holder);
    text_ += ",\"destination\":";
    append_quoted(hint.destination);
    append_row(mutation.key, mutation.row);
  }

  void append_row(KeyId key, const RowState& row) {
    text_ += ",\"key\":";
    append_json_string(text_, keys_.name(key));
    if (row.deleted) {
      text_ += ",\"deleted\":true";
    } else {
      text_ += ",\"value\":";
      append_json_value(text_, row.value);
    }
    text_ += ",\"version\":\"";
    append_version(text_, row.version);
    text_ += "\",\"id\":\"";
    append_id(text_, row.id);
    end_line("\"}\n");
  }

  void write_status(const NodeStatus& status) {
    text_ += "{\"type\":\"status\",\"node\":";
    append_quoted(status.node);
    text_ += ",\"time\":";
    append_number(text_, status.at_ns);
    append_count("asked", static_cast<std::uint64_t>(status.asked_ns));
    append_count("store", status.store);
    append_count("created", status.created);
    append_count("delivered", status.delivered);
    append_count("expired", status.expired);
    append_count("dropped", status.dropped);
    append_count("quarantined", status.quarantined);
    append_count("pending", status.pending);
    append_count("refused_window", status.refused_window);
    append_count("refused_other", status.refused_other);
    append_count("process", status.process);
    append_count("sent", status.sent);
    append_count("sent_bytes", status.sent_bytes);
    append_count("received_bytes", status.received_bytes);
    text_ += ",\"queues\":[";
    for (std::size_t i = 0; i < status.queues.size(); ++i) {
      const QueueStatus& queue = status.queues[i];
      text_ += i > 0 ? ",{\"destination\":" : "{\"destination\":";
      append_quoted(queue.destination);
      append_count("count", queue.count);
      append_count("bytes", queue.bytes);
      text_ += ",\"oldest_age_us\":";
      append_number(text_, to_us(queue.oldest_age));
      text_ += '}';
    }
    end_line("]}\n");
  }

  void append_quoted(NodeId node) {
    text_ += '"';
    append_node(text_, node);
    text_ += '"';
  }

  void append_count(std::string_view name, std::uint64_t count) {
    text_ += ",\"";
    text_ += name;
    text_ += "\":";
    append_number(text_, count);
  }

  void end_line(std::string_view end) {
    text_ += end;
    if (text_.size() >= kFlush) flush();
  }

  void flush() {
    good_ = good_ && std::fwrite(text_.data(), 1, text_.size(), file_) == text_.size();
    text_.clear();
  }

  std::FILE* file_;
  const FinalState& state_;
  const Keys& keys_;
  std::string text_;
  bool good_ = true;
};

class FinalStateReader {
 public:
  FinalStateReader(Lines lines, Keys& keys)
      : lines_(std::move(lines)), json_(lines_), keys_(keys) {}

  Result<FinalState> read() {
    std::string_view line;
    while (lines_.next(line)) {
      if (line.empty()) continue;
      Record record;
      const bool good = json_.walk(line, [&](std::string_view name, JsonLine::Json& json) {
        return member(name, json, record);
      });
      if (!good || !add(record)) return holdfast::fail(json_.error());
    }
    if (lines_.failed()) return holdfast::fail(lines_.name() + ": reading failed");
    if (!started_) return holdfast::fail(lines_.name() + ":1:1: expected a line of type final");
    return std::move(state_);
  }

 private:
  struct Record {
    std::string_view type;
    NodeId node = kNoNode;
    NodeId destination = kNoNode;
    std::string_view key;
    RowState row;
    bool has_value = false;
    std::int64_t time_ns = 0;
    std::uint64_t nodes = 0;
    std::vector<NodeId> dumped;
    std::vector<NodeId> owners;
    std::vector<KeyId> keys;
    NodeStatus status{.asked_ns = -1};  // earlier versions did not say
  };

  bool take_known(JsonLine::Json& json, NodeId& node) {
    if (!json_.take(json, node)) return false;
    return !started_ || node < state_.nodes() || json_.damage("one of the run's nodes");
  }

  bool take_nodes(JsonLine::Json& json, std::vector<NodeId>& nodes) {
    return json_.take_array(
        json, [&](JsonLine::Json& element) { return take_known(element, nodes.emplace_back()); });
  }

  bool member(std::string_view name, JsonLine::Json& json, Record& record) {
    if (name == "type") return json_.take(json, record.type);
    if (name == "node") return take_known(json, record.node);
    if (name == "destination") return take_known(json, record.destination);
    if (name == "key") return json_.take(json, record.key);
    if (name == "value") {
      record.has_value = true;
      return json_.take_value(json, record.row.value);
    }
    if (name == "deleted") return json_.take(json, record.row.deleted);
    if (name == "version") return json_.take(json, record.row.version);
    if (name == "id") return json_.take(json, record.row.id);
    if (name == "time") return json_.take(json, record.time_ns);
    if (name == "nodes") return json_.take(json, record.nodes);
    if (name == "dumped") return take_nodes(json, record.dumped);
    if (name == "owners") return take_nodes(json, record.owners);
    if (name == "keys") {
      return json_.take_array(json, [&](JsonLine::Json& element) {
        std::string_view key;
        if (!json_.take(element, key)) return false;
        record.keys.push_back(keys_.intern(key));
        return true;
      });
    }
    return status_member(name, json, record.status);
  }

  bool status_member(std::string_view name, JsonLine::Json& json, NodeStatus& status) {
    if (name == "asked") return json_.take(json, status.asked_ns);
    if (name == "store") return json_.take(json, status.store);
    if (name == "created") return json_.take(json, status.created);
    if (name == "delivered") return json_.take(json, status.delivered);
    if (name == "expired") return json_.take(json, status.expired);
    if (name == "dropped") return json_.take(json, status.dropped);
    if (name == "quarantined") return json_.take(json, status.quarantined);
    if (name == "pending") return json_.take(json, status.pending);
    if (name == "refused_window") return json_.take(json, status.refused_window);
    if (name == "refused_other") return json_.take(json, status.refused_other);
    if (name == "process") return json_.take(json, status.process);
    if (name == "sent") return json_.take(json, status.sent);
    if (name == "sent_bytes") return json_.take(json, status.sent_bytes);
    if (name == "received_bytes") return json_.take(json, status.received_bytes);
    if (name != "queues") return true;  // later versions may say more
    return json_.take_array(json, [&](JsonLine::Json& element) {
      return take_queue(element, status.queues.emplace_back());
    });
  }

  bool take_queue(JsonLine::Json& json, QueueStatus& queue) {
    return json_.take_object(json, [&](std::string_view name, JsonLine::Json& value) {
      if (name == "destination") return take_known(value, queue.destination);
      if (name == "count") return json_.take(value, queue.count);
      if (name == "bytes") return json_.take(value, queue.bytes);
      if (name != "oldest_age_us") return true;
      std::int64_t age_us = 0;
      if (!json_.take(value, age_us)) return false;
      queue.oldest_age = Duration(age_us);
      return true;
    });
  }

  bool add(Record& record) {
    if (!started_) return start(record);
    if (record.type == "owners") {
      for (const KeyId key : record.keys) state_.set_owners(key, record.owners);
      return true;
    }
    if (record.node == kNoNode) return json_.damage_line("a node");
    if (record.type == "status") {
      record.status.node = record.node;
      record.status.at_ns = record.time_ns;
      if (record.status.asked_ns < 0) record.status.asked_ns = record.time_ns;
      state_.add_status(std::move(record.status));
      return true;
    }
    if (!record.row.version.is_set()) return json_.damage_line("a version");
    if (!record.has_value && !record.row.deleted) return json_.damage_line("a value");
    const KeyId key = keys_.intern(record.key);
    if (record.type == "row") {
      state_.add_row(record.node, key, record.row);
      return true;
    }
    if (record.type != "hint") return json_.damage_line("the type owners, row, hint or status");
    if (record.destination == kNoNode) return json_.damage_line("a destination");
    state_.add_hint(record.node, record.destination, key, record.row);
    return true;
  }

  bool start(const Record& record) {
    if (record.type != "final") return json_.damage_line("a line of type final first");
    if (record.nodes >= kNoNode) return json_.damage_line("fewer than 65535 nodes");
    state_ = FinalState(static_cast<std::uint16_t>(record.nodes));
    state_.set_time(record.time_ns);
    for (const NodeId node : record.dumped) {
      if (node >= state_.nodes()) return json_.damage_line("one of the run's nodes as dumped");
      state_.mark_dumped(node);
    }
    started_ = true;
    return true;
  }

  Lines lines_;
  JsonLine json_;
  Keys& keys_;
  FinalState state_;
  bool started_ = false;
};

}  // namespace

Result<> write_final_state(const std::string& path, const FinalState& state, const Keys& keys) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
  if (!file) return fail(path + ": cannot be written: " + std::strerror(errno));
  const bool written = FinalStateWriter(file.get(), state, keys).write();
  if (std::fclose(file.release()) != 0 || !written) {
    return fail(path + ": writing failed: " + std::strerror(errno));
  }
  return {};
}

Result<FinalState> read_final_state(const std::string& path, Keys& keys) {
  Result<Lines> lines = Lines::open(path);
  if (!lines) return lines.error();
  return FinalStateReader(std::move(*lines), keys).read();
}

Result<FinalState> parse_final_state(std::string_view text, std::string_view name, Keys& keys) {
  return FinalStateReader(Lines::of_text(text, name), keys).read();
}

}  // namespace holdfast::checkers
