#include "checkers/linear/testing/oracle.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace holdfast::checkers::testing {
namespace {

// A state in words, as text: nothing here is meant to be fast.
using State = std::vector<std::string>;

class Orders {
 public:
  Orders(const Trace& trace, const Model& model) : trace_(trace), model_(model) {}

  bool any() {
    State state;
    const std::string initial = trace_.data.text(model_.initial);
    if (model_.kind == ModelKind::reg) state = {initial};
    if (model_.kind == ModelKind::counter) state = {model_.initial.is_nil() ? "0" : initial};
    if (model_.kind == ModelKind::mutex) state = {"free"};
    if (model_.kind == ModelKind::append) state = {""};
    std::vector<const Op*> left;
    for (const Op& op : trace_.ops) {
      if (op.outcome != Outcome::fail) left.push_back(&op);
    }
    return any_from(state, left);
  }

 private:
  bool any_from(const State& state, const std::vector<const Op*>& left) {
    const auto is_ok = [](const Op* op) { return op->outcome == Outcome::ok; };
    if (std::none_of(left.begin(), left.end(), is_ok)) return true;
    for (const Op* next : left) {
      // Nothing that is still to come may have returned before this one began.
      if (std::any_of(left.begin(), left.end(), [&](const Op* other) {
            return other != next && is_ok(other) && other->ret < next->call;
          })) {
        continue;
      }
      State after = state;
      if (!step(after, *next)) continue;
      std::vector<const Op*> rest;
      std::copy_if(left.begin(), left.end(), std::back_inserter(rest),
                   [&](const Op* op) { return op != next; });
      if (any_from(after, rest)) return true;
    }
    return false;
  }

  bool step(State& s, const Op& op) const {
    const bool ok = op.outcome == Outcome::ok;
    const auto text = [&](Datum value) { return trace_.data.text(value); };
    switch (model_.kind) {
      case ModelKind::reg:
        if (op.action == Action::write) s[0] = text(op.input);
        if (op.action == Action::del) s[0] = "nil";
        if (op.action == Action::read && ok) {
          return s[0] == text(op.output) || (model_.nil_read_matches_any && op.output.is_nil());
        }
        if (op.action == Action::cas) {
          if (s[0] != text(op.input)) return !ok;
          s[0] = text(op.output);
        }
        return true;
      case ModelKind::counter:
        if (op.action == Action::add) {
          s[0] = std::to_string(std::stoll(s[0]) + op.input.number());
          return true;
        }
        return !ok || s[0] == text(op.output);
      case ModelKind::set: {
        std::set<std::string> members(s.begin(), s.end());
        if (op.action == Action::add) members.insert(text(op.input));
        if (op.action == Action::remove) members.erase(text(op.input));
        if (op.action == Action::read && ok) {
          std::set<std::string> read;
          for (const Datum one : trace_.data.elements(op.output)) read.insert(text(one));
          return read == members;
        }
        s.assign(members.begin(), members.end());
        return true;
      }
      case ModelKind::fifo_queue:
        if (op.action == Action::enqueue) {
          s.push_back(text(op.input));
          return true;
        }
        if (ok && op.output.is_nil()) return s.empty();
        if (ok && (s.empty() || s.front() != text(op.output))) return false;
        if (!s.empty()) s.erase(s.begin());
        return true;
      case ModelKind::mutex: {
        const std::string before = op.action == Action::acquire ? "free" : "held";
        if (s[0] != before) return !ok;
        s[0] = op.action == Action::acquire ? "held" : "free";
        return true;
      }
      case ModelKind::append:
        if (op.action == Action::write) s[0] = unquoted(text(op.input));
        if (op.action == Action::append) s[0] += unquoted(text(op.input));
        return op.action != Action::read || !ok || s[0] == unquoted(text(op.output));
      case ModelKind::list_append: {
        if (op.action == Action::append) s.push_back(text(op.input));
        if (op.action != Action::read || !ok) return true;
        State read;
        for (const Datum one : trace_.data.elements(op.output)) read.push_back(text(one));
        return read == s;
      }
      default:
        return false;
    }
  }

  const Trace& trace_;
  const Model& model_;
};

}  // namespace

bool is_linearizable(const Trace& trace, const Model& model) { return Orders(trace, model).any(); }

}  // namespace holdfast::checkers::testing
