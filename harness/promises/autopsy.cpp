#include "harness/promises/autopsy.h"

#include <algorithm>
#include <set>

#include "checkers/text.h"
#include "harness/promises/ruling.h"

namespace holdfast::harness {

using checkers::Copy;
using checkers::FaultRecord;
using checkers::Operation;
using checkers::OperationIndex;

namespace {

constexpr std::size_t kMostClauses = 16;

std::string at(std::int64_t time_ns) { return " at " + checkers::seconds_text(time_ns); }

// What an event says of the write's copy on `node`; empty if nothing.
std::string sentence(NodeId node, const node::Event& event) {
  const std::string self = node_name(node);
  const std::string peer = event.peer == kNoNode ? "?" : node_name(event.peer);
  switch (event.kind) {
    case node::EventKind::hint_stored:
      return self + " stored a hint for " + peer;
    case node::EventKind::hint_refused:
      return self + " refused a hint for " + peer;
    case node::EventKind::hint_delivered:
      return self + " delivered its hint to " + peer + " and deleted it";
    case node::EventKind::hint_received:
      return self + " took a delivery from " + peer +
             (event.detail == 1 ? "" : ", which changed nothing");
    case node::EventKind::hint_expired:
      return self + "'s hint for " + peer + " expired";
    case node::EventKind::hint_dropped:
      return self + " dropped its hint for " + peer;
    case node::EventKind::hint_quarantined:
      return self + " set its hint for " + peer + " aside: " + peer + " refuses it";
    case node::EventKind::tombstone_purged:
      return self + " purged the tombstone";
    case node::EventKind::row_repaired:
      return self + " got it from " + peer +
             (event.detail == 1 ? " by anti-entropy" : " by a read");
    case node::EventKind::started:
    case node::EventKind::store_lost:
    case node::EventKind::peer_down:
    case node::EventKind::peer_up:
      return "";
  }
  return "";
}

}  // namespace

Autopsy::Autopsy(const PromiseInputs& inputs, std::span<const OperationIndex> wanted)
    : inputs_(inputs) {
  std::set<OperationId> ids;
  for (const OperationIndex write : wanted) {
    ids.insert(inputs.observed.history.operations[write].id);
  }
  if (ids.empty()) return;
  for (std::size_t node = 0; node < inputs.events.size(); ++node) {
    for (const PromiseInputs::NodeEvent& event : inputs.events[node]) {
      if (!event.event.id.is_set() || !ids.contains(event.event.id)) continue;
      entries_.push_back({event.event.id, event.at_ns, static_cast<NodeId>(node), &event.event});
    }
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.id, a.at_ns) < std::pair(b.id, b.at_ns);
  });
}

void Autopsy::add_acknowledgements(const Operation& write, std::vector<Clause>& to) const {
  for (const Copy& copy : write.copies.all()) {
    const std::string role = copy.is_hint()
                                 ? " as holder of a hint for " + node_name(copy.destination)
                                 : std::string(" as an owner");
    to.push_back({write.completed_ns, node_name(copy.node) + " acknowledged it" + role});
  }
}

void Autopsy::add_events(const Operation& write, std::vector<Clause>& to) const {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), write.id,
                                [](const Entry& a, OperationId id) { return a.id < id; });
  for (; entry != entries_.end() && entry->id == write.id; ++entry) {
    const std::string text = sentence(entry->node, *entry->event);
    if (!text.empty()) to.push_back({entry->at_ns, text});
  }
}

// Faults that destroyed what a node had stored, on every node that may have had a copy.
void Autopsy::add_faults(const Operation& write, std::vector<Clause>& to) const {
  std::set<NodeId> nodes;
  for (const Copy& copy : write.copies.all()) {
    nodes.insert(copy.node);
    if (copy.is_hint()) nodes.insert(copy.destination);
  }
  for (const NodeId owner : inputs_.observed.final_state.owners(write.key)) nodes.insert(owner);
  const checkers::Facts& facts = inputs_.observed.facts;
  const bool survives = facts.hints_survive_power_loss && facts.rows_survive_power_loss;
  for (const FaultRecord& fault : inputs_.observed.faults) {
    for (const NodeId node : nodes) {
      if (!fault.destroys(node, write.invoked_ns, survives)) continue;
      to.push_back({fault.at_ns, damage(fault, node)});
    }
  }
}

std::string Autopsy::ending(const Operation& write) const {
  const checkers::FinalState& state = inputs_.observed.final_state;
  std::vector<NodeId> have, newer, missing;
  for (NodeId node = 0; node < state.nodes(); ++node) {
    if (!state.is_dumped(node)) {
      missing.push_back(node);
      continue;
    }
    const checkers::RowState* row = state.row(node, write.key);
    if (row == nullptr || row->version < write.version) continue;
    (row->version == write.version ? have : newer).push_back(node);
  }
  std::vector<NodeId> holders;
  const auto mutations = state.mutations();
  for (const checkers::FinalHint& hint : state.hints()) {
    if (mutations[hint.mutation].row.id == write.id) holders.push_back(hint.holder);
  }
  std::string text = "in the end ";
  if (have.empty() && newer.empty() && holders.empty()) text += "no dumped node has it";
  if (!have.empty())
    text += checkers::nodes_text(have) + (have.size() == 1 ? " has it" : " have it");
  if (!newer.empty()) {
    if (!have.empty()) text += ", ";
    text += checkers::nodes_text(newer) +
            (newer.size() == 1 ? " has a newer one" : " have a newer one");
  }
  if (!holders.empty()) {
    if (!have.empty() || !newer.empty()) text += ", ";
    text += "a hint with it waits on " + checkers::nodes_text(holders);
  }
  if (!missing.empty()) text += "; not dumped: " + checkers::nodes_text(missing);
  return text;
}

// The clauses until then, in the order of time, joined by "; ".
std::string Autopsy::story(const Operation& write, std::int64_t until_ns) const {
  std::vector<Clause> clauses;
  add_acknowledgements(write, clauses);
  add_events(write, clauses);
  add_faults(write, clauses);
  std::erase_if(clauses, [until_ns](const Clause& clause) { return clause.at_ns > until_ns; });
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.at_ns < b.at_ns; });
  if (clauses.empty()) return "nobody acknowledged it";
  std::string text;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (i > 0) text += "; ";
    if (i == kMostClauses) {
      return text + "and " + std::to_string(clauses.size() - i) + " events more";
    }
    text += clauses[i].text + at(clauses[i].at_ns);
  }
  return text;
}

std::string Autopsy::of(OperationIndex index) const {
  const Operation& write = inputs_.observed.history.operations[index];
  return story(write, checkers::kNever_ns) + "; " + ending(write) + ".";
}

std::string Autopsy::of(OperationIndex index, std::int64_t until_ns) const {
  return story(inputs_.observed.history.operations[index], until_ns) + ".";
}

}  // namespace holdfast::harness
