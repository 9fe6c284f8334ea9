#include "checkers/linear/testing/random_trace.h"

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast::checkers::testing {
namespace {

// Runs an object of the model: each operation takes effect at one random point of its interval.
class Source {
 public:
  Source(const Shape& shape, Random& random) : shape_(shape), random_(random) {}

  Trace make() {
    trace_.axis = Axis::time_ns;
    trace_.keys = {""};
    const std::uint64_t n = 1 + shape_.operations / 2 + random_.below(shape_.operations / 2);
    for (std::uint64_t i = 0; i < n; ++i) invoke();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < trace_.ops.size(); ++i) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return points_[a] < points_[b]; });
    start();
    for (const std::size_t i : order) take_effect(trace_.ops[i]);
    for (Op& op : trace_.ops) lose_reply(op);
    if (random_.below(100) < shape_.damage_percent) {
      for (std::uint64_t times = 1 + random_.below(4); times > 0; --times) damage();
    }
    std::stable_sort(trace_.ops.begin(), trace_.ops.end(),
                     [](const Op& a, const Op& b) { return a.call < b.call; });
    return std::move(trace_);
  }

 private:
  Datum fresh() {
    if (shape_.unique) return Datum::of(++last_);
    return Datum::of(static_cast<std::int64_t>(1 + random_.below(shape_.values)));
  }

  void invoke() {
    Op op;
    op.process = static_cast<std::uint32_t>(random_.below(shape_.processes));
    while (free_.size() <= op.process) free_.push_back(0);
    // Touching intervals are wanted: they are concurrent.
    op.call = free_[op.process] + static_cast<std::int64_t>(random_.below(4));
    op.ret = op.call + static_cast<std::int64_t>(random_.below(6));
    free_[op.process] = op.ret + 1;
    points_.push_back(op.call * 1000 +
                      static_cast<std::int64_t>(
                          random_.below(static_cast<std::uint64_t>(op.ret - op.call) * 1000 + 1)));
    op.outcome = Outcome::ok;
    op.action = action();
    op.input = fresh();
    if (shape_.model.kind == ModelKind::append) {
      const auto text = "\"" + std::to_string(op.input.number()) + "\"";
      op.input = trace_.data.atom(text);
    }
    trace_.ops.push_back(op);
  }

  Action action() {
    const std::uint64_t draw = random_.below(6);
    switch (shape_.model.kind) {
      case ModelKind::reg:
        if (shape_.cas && draw >= 4) return Action::cas;
        return draw < 2 ? Action::write : Action::read;
      case ModelKind::counter:
        return draw < 3 ? Action::add : Action::read;
      case ModelKind::set:
        if (shape_.removals && draw == 5) return Action::remove;
        return draw < 3 ? Action::add : Action::read;
      case ModelKind::fifo_queue:
        return draw < 3 ? Action::enqueue : Action::dequeue;
      case ModelKind::mutex:
        return draw < 3 ? Action::acquire : Action::release;
      case ModelKind::list_append:
        return draw < 3 ? Action::append : Action::read;
      default:
        return draw == 0 ? Action::write : draw < 3 ? Action::append : Action::read;
    }
  }

  void start() {
    value_ = shape_.model.initial;
    elements_.clear();
    string_.clear();
    held_ = false;
  }

  void take_effect(Op& op) {
    switch (op.action) {
      case Action::write:
        value_ = op.input;
        if (shape_.model.kind == ModelKind::append)
          string_ = std::string(unquoted(trace_.data.text(op.input)));
        break;
      case Action::append:
        if (shape_.model.kind == ModelKind::list_append) {
          elements_.push_back(op.input);
        } else {
          string_ += unquoted(trace_.data.text(op.input));
        }
        break;
      case Action::cas:
        op.output = op.input;
        op.input = random_.chance(2, 3)
                       ? value_
                       : Datum::of(static_cast<std::int64_t>(1 + random_.below(3)));
        if (op.input == value_) {
          value_ = op.output;
        } else {
          op.outcome = Outcome::fail;
        }
        break;
      case Action::add:
        if (shape_.model.kind == ModelKind::counter) {
          sum_ += op.input.number();
        } else if (std::find(elements_.begin(), elements_.end(), op.input) == elements_.end()) {
          elements_.push_back(op.input);
        }
        break;
      case Action::remove:
        std::erase(elements_, op.input);
        break;
      case Action::enqueue:
        elements_.push_back(op.input);
        break;
      case Action::dequeue:
        op.output = elements_.empty() ? kNilDatum : elements_.front();
        if (!elements_.empty()) elements_.erase(elements_.begin());
        break;
      case Action::acquire:
      case Action::release:
        if (held_ == (op.action == Action::acquire)) {
          op.outcome = Outcome::fail;
        } else {
          held_ = !held_;
        }
        break;
      default:
        answer(op);
    }
  }

  void answer(Op& op) {
    switch (shape_.model.kind) {
      case ModelKind::counter:
        op.output = Datum::of(sum_);
        break;
      case ModelKind::set:
      case ModelKind::list_append:
        op.output = trace_.data.list(elements_);
        break;
      case ModelKind::append:
        op.output = trace_.data.atom("\"" + string_ + "\"");
        break;
      default:
        op.output = value_;
    }
  }

  // An unknown outcome: it may or may not have happened (the state says it did: some did not).
  void lose_reply(Op& op) {
    if (random_.below(100) >= shape_.unknown_percent) return;
    op.outcome = Outcome::info;
    op.ret = kNever_ns;
    const bool reply = op.action == Action::read || op.action == Action::dequeue;
    if (reply) op.output = kNilDatum;
  }

  void damage() {
    Op& op = trace_.ops[random_.below(trace_.ops.size())];
    if (op.outcome != Outcome::ok) return;
    const std::uint64_t way = random_.below(3);
    if (shape_.model.kind == ModelKind::mutex && way != 0) {
      op.action = op.action == Action::acquire ? Action::release : Action::acquire;
    } else if (way == 0) {  // move it in time
      const std::int64_t by = random_.between(-6, 6);
      op.call += by;
      op.ret += by;
    } else if (op.action == Action::read && (shape_.model.kind == ModelKind::set ||
                                             shape_.model.kind == ModelKind::list_append)) {
      std::vector<Datum> other(trace_.data.elements(op.output).begin(),
                               trace_.data.elements(op.output).end());
      if (other.size() > 1 && random_.chance(1, 4)) {
        std::swap(other.front(), other.back());
      } else if (!other.empty() && random_.chance(1, 2)) {
        other.erase(other.begin() + static_cast<std::ptrdiff_t>(random_.below(other.size())));
      } else {
        other.push_back(Datum::of(static_cast<std::int64_t>(1 + random_.below(4))));
      }
      op.output = trace_.data.list(other);
    } else if (op.action == Action::read && shape_.model.kind == ModelKind::append) {
      op.output = trace_.data.atom("\"" + string_ + "\"");
    } else if (op.action == Action::read || op.action == Action::dequeue) {
      op.output = Datum::of(static_cast<std::int64_t>(1 + random_.below(4)));
    } else if (op.action == Action::cas) {
      op.input = Datum::of(static_cast<std::int64_t>(1 + random_.below(3)));
    } else {
      op.call += 3;
      op.ret += 3;
    }
  }

  const Shape& shape_;
  Random& random_;
  Trace trace_;
  std::vector<std::int64_t> free_;
  std::vector<std::int64_t> points_;
  std::int64_t last_ = 0;
  Datum value_;
  std::vector<Datum> elements_;
  std::string string_;
  std::int64_t sum_ = 0;
  bool held_ = false;
};

}  // namespace

Trace random_trace(const Shape& shape, Random& random) { return Source(shape, random).make(); }

}  // namespace holdfast::checkers::testing
