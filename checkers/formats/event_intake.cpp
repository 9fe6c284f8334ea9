#include "checkers/formats/event_intake.h"

#include "checkers/formats/transaction.h"

namespace holdfast::checkers {
namespace {

std::optional<EventKind> parse_kind(std::string_view text) {
  if (text == "invoke") return EventKind::invoke;
  if (text == "ok") return EventKind::ok;
  if (text == "fail") return EventKind::fail;
  if (text == "info") return EventKind::info;
  return std::nullopt;
}

// What acts without being a client: Jepsen's nemesis, whichever of several.
bool is_no_client(std::string_view process) {
  return process.starts_with("nemesis") || process == "nil" || process == "null";
}

bool is_nil(std::string_view word) { return word.empty() || word == "nil" || word == "null"; }

}  // namespace

Result<Parsed> EventIntake::take(const EventFields& fields, TraceEvent& event) {
  if (fields.type == "phase") {
    builder_.phase(fields.value.is_atom() ? unquoted(data().atom_text(fields.value)) : "");
    return Parsed::nothing;
  }
  if (is_no_client(fields.process_word)) {
    if (fields.process_word.starts_with("nemesis")) {
      builder_.nemesis(fields.f, fields.value, fields.time_ns);
    }
    return Parsed::nothing;
  }
  if (!fields.process && fields.process_word.empty()) return fail("expected a process");
  event.process = fields.process ? *fields.process : builder_.process_named(fields.process_word);
  const std::optional<EventKind> kind = parse_kind(fields.type);
  if (!kind) return fail("expected type invoke, ok, fail or info");
  event.type = *kind;
  event.value = fields.value;
  // Porcupine's key-value stores return "" for what is not there.
  if ((fields.f == "get" || fields.f == "put") && fields.has_key && event.value.is_atom() &&
      data().atom_text(event.value) == "\"\"") {
    event.value = kNilDatum;
  }
  event.phase = builder_.current_phase();
  event.time_ns = fields.time_ns;
  event.index = fields.index;
  event.is_final = fields.is_final;
  if (!fields.node.empty()) event.node = parse_node_name(fields.node).value_or(kNoNode);
  const Result<> action = set_action(fields, event);
  if (!action) return action.error();
  const bool has_version = fields.version_number >= 0 || !is_nil(fields.version);
  if (has_version && versions_) {
    const Result<> version = set_version(fields, event);
    if (!version) return version.error();
  }
  has_keys_ |= fields.has_key;
  has_ids_ |= !fields.id.empty() || has_version;
  event.key = builder_.key(is_nil(fields.key) ? std::string_view() : fields.key);
  // Which delete a read of nothing saw is known by the delete's id: each has a value of its own.
  const bool nothing =
      event.action == Action::read && event.type == EventKind::ok && event.value.is_nil();
  if (!fields.id.empty() && (event.action == Action::del || nothing)) {
    event.value = data().atom("deleted@" + std::string(fields.id));
  }
  return Parsed::event;
}

// A list of micro-operations is a transaction, whatever its f says; so is what completes it.
Result<> EventIntake::set_action(const EventFields& fields, TraceEvent& event) const {
  // In a keyword with a namespace the name says what to do.
  const std::string_view f = fields.f.substr(fields.f.find_last_of('/') + 1);
  const std::optional<Action> action = parse_action(f);
  const Data& data = builder_.data();
  const bool invokes = event.type == EventKind::invoke;
  const bool may_be_any =
      is_nil(f) || action == Action::read || action == Action::write || action == Action::append;
  if (invokes && may_be_any && is_transaction(data, event.value)) {
    event.action = Action::txn;
  } else if (action) {
    event.action = *action;
  } else if (is_nil(f) && !invokes) {
    event.any_action = true;
  } else if (is_nil(f)) {
    return fail("expected an f, such as :read, or a transaction, a list of [:r key value]");
  } else {
    return fail("expected a known f, such as read, write, cas, add, enqueue; not \"" +
                std::string(f.substr(0, 40)) + "\"");
  }
  if (event.action == Action::txn && (invokes || event.type == EventKind::ok)) {
    return check_transaction(data, event.value);
  }
  if (event.action == Action::cas && event.type == EventKind::invoke) {
    const std::size_t size = event.value.is_list() ? data.elements(event.value).size() : 0;
    if (size != 2 && size != 3) return fail("expected a cas' value to be [expected new]");
  }
  return {};
}

Result<> EventIntake::set_version(const EventFields& fields, TraceEvent& event) {
  if (fields.version_number >= 0) event.version.clock_us = fields.version_number;
  if (is_nil(fields.version)) return {};
  const std::optional<Version> version = parse_version(fields.version);
  if (!version) return fail("expected a version such as 1700000000000000.0.n1.7");
  event.version = *version;
  return {};
}

}  // namespace holdfast::checkers
