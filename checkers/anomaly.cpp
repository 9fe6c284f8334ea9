// Anomalies in words.
#include <array>

#include "checkers/checker.h"
#include "checkers/text.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<AnomalyEntry, kAnomalyClasses> kEntries = {{
#define ANOMALY(name, checker, promise, text) {#name, checker, promise, text},
#include "checkers/anomalies.def"
#undef ANOMALY
}};

class Description {
 public:
  Description(const Anomaly& anomaly, const Inputs& inputs) : anomaly_(anomaly), inputs_(inputs) {}

  std::string text() const {
    switch (anomaly_.kind) {
      case AnomalyClass::lost:
        return subject() + " is on no node: no row and no hint has its version or a newer one";
      case AnomalyClass::stranded:
        return subject() + " is on no owner (" + owners() + "), only " + place();
      case AnomalyClass::under_replicated:
        return subject() + " is missing on its owner " + node();
      case AnomalyClass::discarded:
        return subject() + " was superseded by an older write: " + other() +
               " had completed before it began";
      case AnomalyClass::rewritten:
        return subject() + " appears with two versions";
      case AnomalyClass::shared_version:
        return subject() + " and " + other() + " have one version";
      case AnomalyClass::resurrected:
        if (anomaly_.other != kNoOperation) {
          return subject() + " returned " + returned() + ", which " + other() + " had removed";
        }
        return subject() + " is undone: " + node() + " shows an older value again";
      case AnomalyClass::phantom:
        return phantom();
      case AnomalyClass::stale:
        return subject() + " returned " + returned() + ", outdated for " +
               duration_text(anomaly_.amount) + ": " + other() + " had completed before";
      case AnomalyClass::diverged:
        return "the owners of key " + key() + " (" + owners() + ") differ: " + node() +
               " lacks the newest";
      case AnomalyClass::late_convergence:
        return "convergence took " + std::to_string(anomaly_.amount) + " ms more than its bound";
      case AnomalyClass::not_silent:
        return "anti-entropy still found differences after its last round, without load or faults";
      case AnomalyClass::undrained:
        return node() + " still held " + std::to_string(anomaly_.amount) + " hints" +
               destination() + " after everything had been back for longer than delivery can take";
      case AnomalyClass::ledger_off:
        return node() + (anomaly_.amount == 0
                             ? "'s hint counts went back"
                             : "'s hint ledger is off by " + std::to_string(anomaly_.amount));
      case AnomalyClass::over_cap:
        return node() + " held hints" + destination() + " over their cap, by " +
               std::to_string(anomaly_.amount);
      case AnomalyClass::over_age:
        if (anomaly_.operation != kNoOperation) {
          return node_name(anomaly_.destination) + " has " + subject() +
                 ", though it was stopped until every hint for it had been over its age for " +
                 duration_text(anomaly_.amount * 1000);
        }
        return node() + " held a hint" + destination() + " past its maximum age, by " +
               std::to_string(anomaly_.amount / 1000) + " ms";
      case AnomalyClass::early_expiry:
        return node() + " let " + std::to_string(anomaly_.amount) +
               " hints expire before any can have reached the maximum age";
      case AnomalyClass::unaccounted_hint:
        return subject() + ": the hint that " + node() + " acknowledged" + destination() +
               " is neither delivered nor pending, and nothing explains its end";
      case AnomalyClass::forbidden_hint:
        if (anomaly_.destination == kNoNode) {
          return node() + " stored " + std::to_string(anomaly_.amount) + " hints, which are off";
        }
        return node() + " stored " + std::to_string(anomaly_.amount) + " hints" + destination() +
               " after the hint window";
      case AnomalyClass::false_delivery:
        return node() + " counts " + std::to_string(anomaly_.amount) +
               " hints as delivered whose destinations were out of reach";
      case AnomalyClass::younger_hint:
        return node() + "'s oldest hint" + destination() + " became younger, by " +
               duration_text(anomaly_.amount);
      case AnomalyClass::over_rate:
        return node() + (anomaly_.destination == kNoNode ? " sent " : " received ") +
               std::to_string(anomaly_.amount) + " bytes of hints more than its throttle allows";
      case AnomalyClass::repeated_delivery:
        return node() + " sent " + std::to_string(anomaly_.amount) +
               " records again, though nothing had disturbed it or its links";
      case AnomalyClass::short_quorum:
        return subject() + " succeeded with only " + std::to_string(anomaly_.amount) +
               " nodes of its quorum";
      case AnomalyClass::unavailable:
        return subject() + " failed (" + error() + ") with its quorum in reach";
      case AnomalyClass::late:
        return subject() + " took " + std::to_string(anomaly_.amount / 1'000'000) +
               " ms longer than its deadline";
    }
    return "";
  }

 private:
  const Operation* operation(OperationIndex index) const {
    return index == kNoOperation ? nullptr : &inputs_.history.operations[index];
  }

  // "the write of 42 to k17 at 1.234 s through n2"
  std::string sentence(OperationIndex index) const {
    const Operation* found = operation(index);
    if (found == nullptr) return "an unknown operation";
    std::string text;
    switch (found->function) {
      case Function::read:
        text = "the read of ";
        break;
      case Function::write:
        text = "the write of ";
        append_json_value(text, found->value);
        text += " to ";
        break;
      case Function::del:
        text = "the delete of ";
        break;
    }
    text += inputs_.history.keys.name(found->key);
    text += " at " + seconds_text(found->invoked_ns);
    if (found->node != kNoNode) text += " through " + node_name(found->node);
    return text;
  }

  std::string subject() const { return sentence(anomaly_.operation); }
  std::string other() const { return sentence(anomaly_.other); }
  std::string node() const {
    return anomaly_.node == kNoNode ? "a node" : node_name(anomaly_.node);
  }
  std::string key() const {
    return anomaly_.key == kNoKey ? "?" : std::string(inputs_.history.keys.name(anomaly_.key));
  }
  std::string owners() const {
    return anomaly_.key == kNoKey ? "?" : nodes_text(inputs_.final_state.owners(anomaly_.key));
  }
  std::string destination() const {
    return anomaly_.destination == kNoNode ? "" : " for " + node_name(anomaly_.destination);
  }
  std::string place() const {
    if (anomaly_.destination == kNoNode) return "a row on " + node() + ", which is no owner";
    return "a hint" + destination() + " on " + node();
  }
  std::string error() const {
    const Operation* found = operation(anomaly_.operation);
    return found == nullptr ? "" : std::string(to_string(found->error));
  }

  std::string returned() const {
    const Operation* read = operation(anomaly_.operation);
    if (read == nullptr || read->value == kNil) return "nothing";
    std::string text;
    append_json_value(text, read->value);
    return text;
  }

  std::string phantom() const {
    const Operation* seen = operation(anomaly_.operation);
    const bool read = seen != nullptr && !seen->is_write();
    const std::string where =
        read ? subject() + " returned " : "a final dump holds, for key " + key() + ", ";
    const OperationIndex cause = read ? anomaly_.other : anomaly_.operation;
    const Operation* write = operation(cause);
    if (write == nullptr) return where + "what nobody wrote";
    if (write->outcome == Outcome::fail) {
      return where + "the effect of " + sentence(cause) + ", which had definitely failed (" +
             std::string(to_string(write->error)) + ")";
    }
    return where + "something else than " + sentence(cause) + ", whose id it carries";
  }

  const Anomaly& anomaly_;
  const Inputs& inputs_;
};

void add_node(std::vector<NodeId>& nodes, NodeId node) {
  if (node != kNoNode) nodes.push_back(node);
}

}  // namespace

const AnomalyEntry& entry_of(AnomalyClass kind) { return kEntries[static_cast<std::size_t>(kind)]; }

std::string_view to_string(AnomalyClass kind) { return entry_of(kind).name; }

std::optional<AnomalyClass> parse_anomaly_class(std::string_view text) {
  for (std::size_t i = 0; i < kAnomalyClasses; ++i) {
    if (kEntries[i].name == text) return static_cast<AnomalyClass>(i);
  }
  return std::nullopt;
}

std::string describe(const Anomaly& anomaly, const Inputs& inputs) {
  return Description(anomaly, inputs).text();
}

void add_examples(CheckResult& result, const Inputs& inputs, std::size_t most) {
  std::array<std::array<std::size_t, 2>, kAnomalyClasses> taken{};
  result.examples.clear();
  for (const Anomaly& anomaly : result.anomalies) {
    std::size_t& count = taken[static_cast<std::size_t>(anomaly.kind)][anomaly.allowed ? 1 : 0];
    if (count == most) continue;
    ++count;
    Example& example = result.examples.emplace_back();
    example.kind = anomaly.kind;
    example.operation = anomaly.operation;
    example.other = anomaly.other;
    if (anomaly.key != kNoKey) example.key = inputs.history.keys.name(anomaly.key);
    add_node(example.nodes, anomaly.node);
    add_node(example.nodes, anomaly.destination);
    example.text = describe(anomaly, inputs);
    example.allowed = anomaly.allowed;
    example.undecided = anomaly.undecided;
    example.reason = result.reasons[anomaly.reason];
  }
}

}  // namespace holdfast::checkers
