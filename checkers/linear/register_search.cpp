#include "checkers/linear/register_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "checkers/linear/competition.h"
#include "checkers/linear/configurations.h"
#include "checkers/linear/register_problem.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = RegisterProblem::kNone;
constexpr std::uint64_t kMostOfAClass = 0xffff;

using Words = std::uint64_t*;

// The search for up to 64*W operations in flight. A configuration is
// [value][done: W words][used: W words][used of each class: 16 bits each].
template <std::size_t W>
class RegisterSpace {
 public:
  RegisterSpace(const Trace& trace, std::span<const Item> items, const RegisterProblem& problem)
      : trace_(trace),
        items_(items),
        p_(problem),
        words_(1 + 2 * W + (problem.classes.size() + 3) / 4),
        reads_(problem.values.size()),
        writes_(problem.values.size()),
        cas_from_(problem.values.size()),
        classes_to_(problem.values.size()),
        class_cas_from_(problem.values.size()),
        called_(problem.classes.size(), 0),
        slot_op_(64 * W, kNone),
        scratch_(words_),
        current_(words_),
        next_(words_) {
    for (std::uint32_t c = 0; c < p_.classes.size(); ++c) {
      if (p_.classes[c].from == kNone) {
        classes_to_[p_.classes[c].to].push_back(c);
      } else {
        class_cas_from_[p_.classes[c].from].push_back(c);
      }
    }
  }

  // ---- The space of a Competition ----

  std::size_t words() const { return words_; }
  std::uint32_t events() const { return static_cast<std::uint32_t>(p_.events.size()); }
  bool is_return(std::uint32_t e) const { return p_.events[e].is_return; }
  std::int64_t point(std::uint32_t e) const {
    const Item& item = items_[op_at(e).item];
    return item.ret == kNever_ns ? item.call : item.ret;
  }

  void rewind() {
    for (auto* masks : {&reads_, &writes_, &cas_from_}) {
      std::fill(masks->begin(), masks->end(), Mask());
    }
    all_writes_ = Mask();
    std::fill(called_.begin(), called_.end(), 0);
    std::fill(slot_op_.begin(), slot_op_.end(), kNone);
  }
  void forward(std::uint32_t e) {
    const RegisterProblem::Op& op = op_at(e);
    if (op.cls != kNone) {
      ++called_[op.cls];
    } else if (is_return(e)) {
      remove(op);
    } else {
      insert(p_.events[e].op);
    }
  }
  void backward(std::uint32_t e) {
    const RegisterProblem::Op& op = op_at(e);
    if (op.cls != kNone) {
      --called_[op.cls];
    } else if (is_return(e)) {
      insert(p_.events[e].op);
    } else {
      remove(op);
    }
  }
  void call(std::uint32_t e, Words c) const {
    const RegisterProblem::Op& op = op_at(e);
    if (op.is_read() && value(c) == op.to) put(done(c), op.slot);
  }

  template <class Emit>
  void pass(const std::uint64_t* start, std::uint32_t e, Configurations& seen, Meter& meter,
            Emit&& emit) {
    const RegisterProblem::Op& x = op_at(e);
    if (has(done(start), x.slot)) {
      emit_without(start, x, emit);
      const bool again =
          !x.is_read() && !x.is_cas() && !has(used(start), x.slot) && p_.last_need[x.to] > e;
      if (!again) return;  // hidden, and its value can serve nobody any more
    }
    if (seen.insert(start)) expand(x, seen, meter, emit);
  }

  std::uint64_t cost(const std::uint64_t* c) const {
    std::uint64_t unknown = 0;
    for (std::uint32_t cls = 0; cls < p_.classes.size(); ++cls) unknown += used_of(c, cls);
    std::uint64_t in_flight = 128;
    for (std::size_t w = 0; w < W; ++w) {
      in_flight += static_cast<std::uint64_t>(std::popcount(used(c)[w])) * 2;
      in_flight -= std::min(in_flight, static_cast<std::uint64_t>(std::popcount(done(c)[w])));
    }
    return unknown * 1024 + in_flight;
  }
  void keep_best(Configurations& layer);
  void note(std::uint32_t e, const Configurations& layer) {
    for (std::size_t i = 1; i < layer.size(); ++i) {
      if (value(layer.at(i)) != value(layer.at(0))) return;
    }
    agreed_event_ = e;
    agreed_value_ = value(layer.at(0));
  }
  Violation explain(std::uint32_t e, const Configurations& layer) const;

 private:
  struct Mask : std::array<std::uint64_t, W> {
    Mask() { this->fill(0); }
    void set(std::uint32_t bit) { (*this)[bit / 64] |= std::uint64_t{1} << (bit % 64); }
    void clear(std::uint32_t bit) { (*this)[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }
  };

  const RegisterProblem::Op& op_at(std::uint32_t e) const { return p_.ops[p_.events[e].op]; }

  // ---- Configurations ----

  static std::uint32_t value(const std::uint64_t* c) { return static_cast<std::uint32_t>(c[0]); }
  static Words done(Words c) { return c + 1; }
  static const std::uint64_t* done(const std::uint64_t* c) { return c + 1; }
  static Words used(Words c) { return c + 1 + W; }
  static const std::uint64_t* used(const std::uint64_t* c) { return c + 1 + W; }
  static bool has(const std::uint64_t* mask, std::uint32_t bit) {
    return (mask[bit / 64] >> (bit % 64) & 1) != 0;
  }
  static void put(Words mask, std::uint32_t bit) {
    mask[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  static void take(Words mask, std::uint32_t bit) {
    mask[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
  }
  static std::uint64_t used_of(const std::uint64_t* c, std::uint32_t cls) {
    return c[1 + 2 * W + cls / 4] >> (cls % 4 * 16) & kMostOfAClass;
  }
  static void use_of(Words c, std::uint32_t cls) {
    c[1 + 2 * W + cls / 4] += std::uint64_t{1} << (cls % 4 * 16);
  }
  bool available(const std::uint64_t* c, std::uint32_t cls) const {
    return used_of(c, cls) < called_[cls];
  }

  void set_value(Words c, std::uint32_t v) const {
    c[0] = v;
    for (std::size_t w = 0; w < W; ++w) done(c)[w] |= reads_[v][w];
  }
  // A plain write takes effect, seen: all other writes in flight may have come just before.
  void write(Words c, std::uint32_t v) const {
    for (std::size_t w = 0; w < W; ++w) done(c)[w] |= all_writes_[w];
    set_value(c, v);
  }

  // Whether anything in flight needs the register to be `v`.
  bool is_useful(const std::uint64_t* c, std::uint32_t v) const {
    for (std::size_t w = 0; w < W; ++w) {
      if ((reads_[v][w] & ~done(c)[w]) != 0 || (cas_from_[v][w] & ~used(c)[w]) != 0) return true;
    }
    for (const std::uint32_t cls : class_cas_from_[v]) {
      if (available(c, cls)) return true;
    }
    return false;
  }

  // ---- What is in flight at the current event ----

  void insert(std::uint32_t at) {
    const RegisterProblem::Op& op = p_.ops[at];
    slot_op_[op.slot] = at;
    if (op.is_read()) {
      reads_[op.to].set(op.slot);
    } else if (op.is_cas()) {
      cas_from_[op.from].set(op.slot);
    } else {
      writes_[op.to].set(op.slot);
      all_writes_.set(op.slot);
    }
  }
  void remove(const RegisterProblem::Op& op) {
    slot_op_[op.slot] = kNone;
    if (op.is_read()) {
      reads_[op.to].clear(op.slot);
    } else if (op.is_cas()) {
      cas_from_[op.from].clear(op.slot);
    } else {
      writes_[op.to].clear(op.slot);
      all_writes_.clear(op.slot);
    }
  }

  // ---- One return ----

  template <class Emit>
  void emit_without(const std::uint64_t* c, const RegisterProblem::Op& x, Emit&& emit) {
    std::copy(c, c + words_, scratch_.begin());
    take(done(scratch_.data()), x.slot);
    take(used(scratch_.data()), x.slot);
    emit(scratch_.data());
  }

  // From the configuration that `seen` took in last.
  template <class Emit>
  void expand(const RegisterProblem::Op& x, Configurations& seen, Meter& meter, Emit&& emit) {
    std::vector<std::uint64_t>& current = current_;
    std::vector<std::uint64_t>& next = next_;
    const std::size_t first = seen.size() - 1;
    for (std::size_t i = first; i < seen.size() && !meter.over(seen); ++i) {
      if (i - first >= meter.most_expansions) {
        meter.cut = true;
        return;
      }
      ++meter.explored;
      std::copy(seen.at(i), seen.at(i) + words_, current.begin());
      const auto move = [&](auto&& change) {
        next = current;
        change(next.data());
        if (x.is_read() && has(done(next.data()), x.slot)) {
          emit_without(next.data(), x, emit);
        } else {
          seen.insert(next.data());
        }
      };
      finish(current.data(), next.data(), x, emit);
      slot_moves(current.data(), x, move);
      class_moves(current.data(), x, move);
    }
  }

  // The return's own operation takes effect, last.
  template <class Emit>
  void finish(const std::uint64_t* c, Words next, const RegisterProblem::Op& x, Emit&& emit) {
    if (x.is_read() || (x.is_cas() && value(c) != x.from)) return;
    std::copy(c, c + words_, next);
    if (x.is_cas()) {
      set_value(next, x.to);
    } else {
      write(next, x.to);
    }
    emit_without(next, x, emit);
  }

  template <class Move>
  void slot_moves(const std::uint64_t* c, const RegisterProblem::Op& x, Move&& move) {
    for (std::size_t w = 0; w < W; ++w) {
      std::uint64_t bits = (all_writes_[w] | cas_from_[value(c)][w]) & ~used(c)[w];
      for (; bits != 0; bits &= bits - 1) {
        const auto slot = static_cast<std::uint32_t>(w * 64 + std::countr_zero(bits));
        if (slot == x.slot) continue;
        const RegisterProblem::Op& op = p_.ops[slot_op_[slot]];
        if (!is_first_of_its_kind(c, op)) continue;
        if (op.is_cas()) {
          move([&](Words n) {
            put(done(n), slot);
            put(used(n), slot);
            set_value(n, op.to);
          });
        } else if (is_useful(c, op.to)) {
          move([&](Words n) {
            put(used(n), slot);
            write(n, op.to);
          });
        }
      }
    }
  }

  // Of equal operations in flight, the one that must return first goes first.
  bool is_first_of_its_kind(const std::uint64_t* c, const RegisterProblem::Op& op) const {
    const Mask& same = op.is_cas() ? cas_from_[op.from] : writes_[op.to];
    for (std::size_t w = 0; w < W; ++w) {
      for (std::uint64_t bits = same[w] & ~used(c)[w]; bits != 0; bits &= bits - 1) {
        const RegisterProblem::Op& other =
            p_.ops[slot_op_[w * 64 + static_cast<std::size_t>(std::countr_zero(bits))]];
        if (other.to == op.to && other.ret_rank < op.ret_rank) return false;
      }
    }
    return true;
  }

  // Operations of unknown outcome, where no equal one in flight could serve.
  template <class Move>
  void class_moves(const std::uint64_t* c, const RegisterProblem::Op& x, Move&& move) {
    if (p_.classes.empty()) return;
    for (const std::uint32_t cls : class_cas_from_[value(c)]) {
      const std::uint32_t to = p_.classes[cls].to;
      if (!available(c, cls) || !is_useful(c, to) || slot_has_cas(c, value(c), to)) continue;
      move([&](Words n) {
        use_of(n, cls);
        set_value(n, to);
      });
    }
    for_useful_values(x, [&](std::uint32_t v) {
      for (const std::uint32_t cls : classes_to_[v]) {
        if (!available(c, cls) || !is_useful(c, v) || slot_has_write(c, v)) continue;
        move([&](Words n) {
          use_of(n, cls);
          write(n, v);
        });
      }
    });
  }

  // Values that have a class of plain writes. Histories have few of them.
  template <class F>
  void for_useful_values(const RegisterProblem::Op&, F&& f) const {
    std::uint32_t last = kNone;
    for (const RegisterProblem::Class& one : p_.classes) {
      if (one.from == kNone && one.to != last) f(last = one.to);
    }
  }

  bool slot_has_write(const std::uint64_t* c, std::uint32_t v) const {
    for (std::size_t w = 0; w < W; ++w) {
      if ((writes_[v][w] & ~used(c)[w]) != 0) return true;
    }
    return false;
  }
  bool slot_has_cas(const std::uint64_t* c, std::uint32_t from, std::uint32_t to) const {
    for (std::size_t w = 0; w < W; ++w) {
      for (std::uint64_t bits = cas_from_[from][w] & ~used(c)[w]; bits != 0; bits &= bits - 1) {
        const std::size_t slot = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        if (p_.ops[slot_op_[slot]].to == to) return true;
      }
    }
    return false;
  }

  // Whether `a` can do whatever `b` can.
  bool dominates(const std::uint64_t* a, const std::uint64_t* b) const {
    for (std::size_t w = 0; w < W; ++w) {
      if ((done(b)[w] & ~done(a)[w]) != 0 || (used(a)[w] & ~used(b)[w]) != 0) return false;
    }
    for (std::uint32_t cls = 0; cls < p_.classes.size(); ++cls) {
      if (used_of(a, cls) > used_of(b, cls)) return false;
    }
    return true;
  }

  // ---- Evidence ----

  std::string name(const RegisterProblem::Op& op) const {
    return describe(trace_, trace_.ops[items_[op.item].op]);
  }

  std::string dead_end(const std::uint64_t* c, const RegisterProblem::Op& x) const {
    const std::uint32_t wanted = x.is_cas() ? x.from : x.to;
    std::string text = "the register is " + trace_.data.text(p_.values[value(c)]);
    std::string gone;
    for (std::uint32_t slot = 0; slot < slot_op_.size(); ++slot) {
      if (slot_op_[slot] == kNone || !has(used(c), slot)) continue;
      gone += (gone.empty() ? "" : "; ") + name(p_.ops[slot_op_[slot]]);
    }
    if (!gone.empty()) text += " and these in flight have taken effect: " + gone;
    text += "; then nothing in flight makes it " + trace_.data.text(p_.values[wanted]);
    return text;
  }

  const Trace& trace_;
  std::span<const Item> items_;
  const RegisterProblem& p_;
  const std::size_t words_;
  // In flight, by value.
  std::vector<Mask> reads_;
  std::vector<Mask> writes_;
  std::vector<Mask> cas_from_;
  Mask all_writes_;
  std::vector<std::vector<std::uint32_t>> classes_to_;
  std::vector<std::vector<std::uint32_t>> class_cas_from_;
  std::vector<std::uint64_t> called_;  // of each class
  std::vector<std::uint32_t> slot_op_;
  std::vector<std::uint64_t> scratch_;
  std::vector<std::uint64_t> current_;
  std::vector<std::uint64_t> next_;
  std::vector<std::uint32_t> order_;
  std::vector<bool> bad_;
  std::uint32_t agreed_event_ = kNone;
  std::uint32_t agreed_value_ = 0;
};

template <std::size_t W>
void RegisterSpace<W>::keep_best(Configurations& layer) {
  const std::size_t n = layer.size();
  if (n < 2) return;
  order_.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) order_[i] = i;
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto rank = [&](std::uint32_t i) { return std::make_pair(value(layer.at(i)), i); };
    return rank(a) < rank(b);
  });
  // Pairwise where groups are small; in large ones only against the nearest.
  constexpr std::size_t kNear = 128;
  bad_.assign(n, false);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t* a = layer.at(order_[i]);
    if (bad_[i]) continue;
    for (std::size_t j = i + 1; j < n && j < i + kNear; ++j) {
      const std::uint64_t* b = layer.at(order_[j]);
      if (value(a) != value(b)) break;
      if (bad_[j]) continue;
      if (dominates(a, b)) {
        bad_[j] = true;
      } else if (dominates(b, a)) {
        bad_[i] = true;
        break;
      }
    }
  }
  if (std::find(bad_.begin(), bad_.end(), true) == bad_.end()) return;
  Configurations best(words_);
  for (std::size_t i = 0; i < n; ++i) {
    if (!bad_[i]) best.insert(layer.at(order_[i]));
  }
  std::swap(layer, best);
}

template <std::size_t W>
Violation RegisterSpace<W>::explain(std::uint32_t e, const Configurations& layer) const {
  Violation violation;
  const RegisterProblem::Op& x = op_at(e);
  violation.kind = "search";
  violation.at = items_[x.item].ret;
  violation.text = name(x) + " cannot be explained: when it returned, no order of the " +
                   "operations begun so far had its result";
  violation.ops.push_back(items_[x.item].op);
  for (const std::uint32_t at : slot_op_) {
    if (at != kNone) violation.ops.push_back(items_[p_.ops[at].item].op);
  }
  std::sort(violation.ops.begin(), violation.ops.end());
  violation.ops.erase(std::unique(violation.ops.begin(), violation.ops.end()), violation.ops.end());
  violation.agreed = trace_.data.text(p_.values[agreed_value_]);
  if (agreed_event_ != kNone) {
    violation.agreed += " after " + name(p_.ops[p_.events[agreed_event_].op]) + " had returned";
  } else {
    violation.agreed += ", the initial value";
  }
  for (std::size_t i = 0; i < layer.size() && i < 8; ++i) {
    violation.dead_ends.push_back(dead_end(layer.at(i), x));
  }
  if (layer.size() > 8) {
    violation.dead_ends.push_back("and " + std::to_string(layer.size() - 8) + " more like these");
  }
  return violation;
}

template <std::size_t W>
SearchResult search(const Trace& trace, std::span<const Item> items, const RegisterProblem& problem,
                    const Limits& limits) {
  RegisterSpace<W> space(trace, items, problem);
  return Competition<RegisterSpace<W>>(space, limits).run();
}

}  // namespace

SearchResult search_register(const Trace& trace, std::span<const Item> items, const Model& model,
                             const Limits& limits) {
  const RegisterProblem problem(trace, items, model);
  SearchResult unknown;
  unknown.verdict = SearchVerdict::unknown;
  for (const std::uint32_t members : problem.class_members) {
    if (members > kMostOfAClass) {
      unknown.reason = "more than 65,535 equal operations of unknown outcome";
      return unknown;
    }
  }
  if (problem.slots <= 64) return search<1>(trace, items, problem, limits);
  if (problem.slots <= 128) return search<2>(trace, items, problem, limits);
  if (problem.slots <= 1024) return search<16>(trace, items, problem, limits);
  unknown.reason = "more than 1,024 operations in flight";
  return unknown;
}

}  // namespace holdfast::checkers
