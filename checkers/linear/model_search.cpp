#include "checkers/linear/model_search.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <tuple>

#include "checkers/linear/competition.h"
#include "checkers/linear/state_table.h"
#include "checkers/linear/timeline.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = Timeline::kNone;
constexpr std::uint64_t kMostOfAClass = 0xffff;
using Words = std::uint64_t*;

struct Problem {
  struct Entry {
    const Item* item;
    std::uint32_t kind;         // equal operations have equal kinds
    std::uint32_t cls = kNone;  // of one that never returns
  };
  std::vector<Entry> ops;
  std::vector<std::int64_t> rets;
  std::uint32_t classes = 0;
  std::uint32_t most_of_a_class = 0;

  Problem(const Trace& trace, std::span<const Item> items, const SequentialModel& model) {
    collect(trace, items, model);
    number_kinds(trace);
  }

 private:
  // Leaves out what inserted a value of unknown outcome that nobody saw; a lone inserter of a value
  // that was seen returns when the first who saw it did.
  void collect(const Trace& trace, std::span<const Item> items, const SequentialModel& model) {
    std::map<std::uint64_t, std::int64_t> first_seen;
    std::map<std::uint64_t, std::uint32_t> inserters;
    bool unknown = false;
    for (const Item& item : items) unknown |= !item.ok;
    for (const Item& item : items) {
      if (!unknown) break;
      const Op& op = trace.ops[item.op];
      if (const auto value = model.inserts(op)) ++inserters[value->bits()];
      if (!item.ok) continue;
      for (const Datum value : model.sees(op)) {
        const auto at = first_seen.try_emplace(value.bits(), item.ret).first;
        at->second = std::min(at->second, item.ret);
      }
    }
    for (const Item& item : items) {
      std::int64_t ret = item.ret;
      const auto value = item.ok ? std::nullopt : model.inserts(trace.ops[item.op]);
      if (value) {
        const auto seen = first_seen.find(value->bits());
        if (seen == first_seen.end()) continue;
        if (inserters[value->bits()] == 1 && seen->second >= item.call) ret = seen->second;
      }
      ops.push_back({&item, 0});
      rets.push_back(ret);
    }
  }

  void number_kinds(const Trace& trace) {
    using Kind = std::tuple<Action, bool, std::uint64_t, std::uint64_t>;
    std::map<Kind, std::uint32_t> kinds;
    std::map<std::uint32_t, std::uint32_t> class_of;
    std::vector<std::uint32_t> members;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const Op& op = trace.ops[ops[i].item->op];
      const Kind kind{op.action, ops[i].item->ok, op.input.bits(), op.output.bits()};
      ops[i].kind = kinds.try_emplace(kind, static_cast<std::uint32_t>(kinds.size())).first->second;
      if (rets[i] != kNever_ns) continue;
      ops[i].cls = class_of.try_emplace(ops[i].kind, classes).first->second;
      if (ops[i].cls == classes) {
        ++classes;
        members.push_back(0);
      }
      most_of_a_class = std::max(most_of_a_class, ++members[ops[i].cls]);
    }
  }
};

// A configuration is [state][done: bits][used of each class: 16 bits each].
class ModelSpace {
 public:
  ModelSpace(const Trace& trace, const Problem& problem, const SequentialModel& model)
      : trace_(trace),
        p_(problem),
        timeline_(calls_of(problem), problem.rets),
        states_(model),
        mask_words_((timeline_.slots + 63) / 64),
        words_(1 + mask_words_ + (problem.classes + 3) / 4),
        slot_op_(timeline_.slots, kNone),
        called_(problem.classes, 0),
        class_op_(problem.classes, kNone),
        current_(words_),
        next_(words_) {}

  std::size_t words() const { return words_; }
  std::uint32_t events() const { return static_cast<std::uint32_t>(timeline_.events.size()); }
  bool is_return(std::uint32_t e) const { return timeline_.events[e].is_return; }
  std::int64_t point(std::uint32_t e) const { return p_.rets[timeline_.events[e].op]; }

  void rewind() {
    std::fill(slot_op_.begin(), slot_op_.end(), kNone);
    std::fill(called_.begin(), called_.end(), 0);
  }
  void forward(std::uint32_t e) { change(e, is_return(e)); }
  void backward(std::uint32_t e) { change(e, !is_return(e)); }
  void call(std::uint32_t, Words) const {}

  template <class Emit>
  void pass(const std::uint64_t* start, std::uint32_t e, Configurations& seen, Meter& meter,
            Emit&& emit) {
    const std::uint32_t x = timeline_.slot[timeline_.events[e].op];
    if (has(start, x)) {
      std::copy(start, start + words_, next_.begin());
      take(next_.data(), x);
      emit(next_.data());
      return;
    }
    if (!seen.insert(start)) return;
    const std::size_t first = seen.size() - 1;
    for (std::size_t i = first; i < seen.size() && !meter.over(seen); ++i) {
      if (i - first >= meter.most_expansions) {
        meter.cut = true;
        return;
      }
      ++meter.explored;
      meter.held_bytes = std::max(meter.held_bytes, std::uint64_t{states_.bytes()});
      std::copy(seen.at(i), seen.at(i) + words_, current_.begin());
      expand(x, seen, emit);
    }
  }

  std::uint64_t cost(const std::uint64_t* c) const {
    std::uint64_t unknown = 0;
    for (std::uint32_t cls = 0; cls < p_.classes; ++cls) unknown += used(c, cls);
    std::uint64_t done = 0;
    for (std::size_t w = 1; w <= mask_words_; ++w) {
      done += static_cast<std::uint64_t>(std::popcount(c[w]));
    }
    return unknown * 1024 + done;
  }
  void keep_best(Configurations&) const {}
  void note(std::uint32_t e, const Configurations& layer) {
    for (std::size_t i = 1; i < layer.size(); ++i) {
      if (layer.at(i)[0] != layer.at(0)[0]) return;
    }
    agreed_event_ = e;
    agreed_state_ = static_cast<std::uint32_t>(layer.at(0)[0]);
  }
  Violation explain(std::uint32_t e, const Configurations& layer) const;

 private:
  static std::vector<std::int64_t> calls_of(const Problem& problem) {
    std::vector<std::int64_t> calls;
    for (const Problem::Entry& op : problem.ops) calls.push_back(op.item->call);
    return calls;
  }
  static bool has(const std::uint64_t* c, std::uint32_t slot) {
    return (c[1 + slot / 64] >> (slot % 64) & 1) != 0;
  }
  static void put(Words c, std::uint32_t slot) {
    c[1 + slot / 64] |= std::uint64_t{1} << (slot % 64);
  }
  static void take(Words c, std::uint32_t slot) {
    c[1 + slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  }
  std::uint64_t used(const std::uint64_t* c, std::uint32_t cls) const {
    return c[1 + mask_words_ + cls / 4] >> (cls % 4 * 16) & kMostOfAClass;
  }

  void change(std::uint32_t e, bool leaves) {
    const std::uint32_t op = timeline_.events[e].op;
    const std::uint32_t cls = p_.ops[op].cls;
    if (cls != kNone) {
      class_op_[cls] = op;
      called_[cls] += leaves ? -1 : 1;
    } else {
      slot_op_[timeline_.slot[op]] = leaves ? kNone : op;
    }
  }
  std::uint32_t step(std::uint32_t op) {
    return states_.step(static_cast<std::uint32_t>(current_[0]), p_.ops[op].kind,
                        trace_.ops[p_.ops[op].item->op]);
  }

  template <class Emit>
  void expand(std::uint32_t x, Configurations& seen, Emit&& emit) {
    const auto state = static_cast<std::uint32_t>(current_[0]);
    for (std::uint32_t slot = 0; slot < slot_op_.size(); ++slot) {
      if (slot_op_[slot] == kNone || has(current_.data(), slot)) continue;
      const std::uint32_t after = step(slot_op_[slot]);
      if (after == StateTable::kImpossible) continue;
      next_ = current_;
      next_[0] = after;
      if (slot == x) {
        emit(next_.data());  // its bit was never set
      } else if (is_first_of_its_kind(slot)) {
        put(next_.data(), slot);
        seen.insert(next_.data());
      }
    }
    for (std::uint32_t cls = 0; cls < p_.classes; ++cls) {
      if (used(current_.data(), cls) >= called_[cls]) continue;
      const std::uint32_t after = step(class_op_[cls]);
      if (after == StateTable::kImpossible || after == state) continue;
      next_ = current_;
      next_[0] = after;
      next_[1 + mask_words_ + cls / 4] += std::uint64_t{1} << (cls % 4 * 16);
      seen.insert(next_.data());
    }
  }

  // Of equal operations in flight, the one that must return first goes first.
  bool is_first_of_its_kind(std::uint32_t slot) const {
    const std::uint32_t op = slot_op_[slot];
    for (std::uint32_t other = 0; other < slot_op_.size(); ++other) {
      const std::uint32_t o = slot_op_[other];
      if (o == kNone || has(current_.data(), other) || p_.ops[o].kind != p_.ops[op].kind) continue;
      if (timeline_.ret_rank[o] < timeline_.ret_rank[op]) return false;
    }
    return true;
  }

  std::string name(std::uint32_t op) const {
    return describe(trace_, trace_.ops[p_.ops[op].item->op]);
  }

  const Trace& trace_;
  const Problem& p_;
  const Timeline timeline_;
  StateTable states_;
  const std::size_t mask_words_;
  const std::size_t words_;
  std::vector<std::uint32_t> slot_op_;
  std::vector<std::uint64_t> called_;
  std::vector<std::uint32_t> class_op_;  // one of each class
  std::vector<std::uint64_t> current_;
  std::vector<std::uint64_t> next_;
  std::uint32_t agreed_event_ = kNone;
  std::uint32_t agreed_state_ = 0;
};

Violation ModelSpace::explain(std::uint32_t e, const Configurations& layer) const {
  const std::uint32_t x = timeline_.events[e].op;
  Violation violation;
  violation.kind = "search";
  violation.at = p_.rets[x];
  violation.text = name(x) + " cannot be explained: when it returned, no order of the operations " +
                   "begun so far had its result";
  for (const std::uint32_t op : slot_op_) {
    if (op != kNone) violation.ops.push_back(p_.ops[op].item->op);
  }
  std::sort(violation.ops.begin(), violation.ops.end());
  violation.agreed = states_.text(agreed_state_);
  violation.agreed += agreed_event_ == kNone
                          ? ", the initial state"
                          : " after " + name(timeline_.events[agreed_event_].op) + " had returned";
  for (std::size_t i = 0; i < layer.size() && i < 8; ++i) {
    const std::uint64_t* c = layer.at(i);
    std::string text = "the state is " + states_.text(static_cast<std::uint32_t>(c[0]));
    for (std::uint32_t slot = 0; slot < slot_op_.size(); ++slot) {
      if (slot_op_[slot] == kNone || !has(c, slot)) continue;
      text += "; has taken effect: " + name(slot_op_[slot]);
    }
    violation.dead_ends.push_back(text + "; then nothing in flight leads to " + name(x));
  }
  if (layer.size() > 8) {
    violation.dead_ends.push_back("and " + std::to_string(layer.size() - 8) + " more like these");
  }
  return violation;
}

}  // namespace

SearchResult search_model(const Trace& trace, std::span<const Item> items,
                          const SequentialModel& model, const Limits& limits) {
  const Problem problem(trace, items, model);
  if (problem.most_of_a_class > kMostOfAClass) {
    SearchResult unknown;
    unknown.verdict = SearchVerdict::unknown;
    unknown.reason = "more than 65,535 equal operations of unknown outcome";
    return unknown;
  }
  ModelSpace space(trace, problem, model);
  return Competition<ModelSpace>(space, limits).run();
}

}  // namespace holdfast::checkers
