#include "checkers/linear/register_problem.h"

#include <algorithm>
#include <utility>

#include "node/base/random.h"

namespace holdfast::checkers {

RegisterProblem::RegisterProblem(const Trace& trace, std::span<const Item> items,
                                 const Model& model)
    : items_(items) {
  numbers_.assign(64, {0, kNone});
  number(model.initial);
  read_items(trace);
  drop_unobserved();
  give_deadlines();
  assign_places();
  note_needs();
  numbers_ = {};
}

std::uint32_t RegisterProblem::number(Datum value) {
  const std::size_t mask = numbers_.size() - 1;
  std::size_t at = mix64(value.bits()) & mask;
  while (numbers_[at].second != kNone && numbers_[at].first != value.bits()) at = (at + 1) & mask;
  if (numbers_[at].second != kNone) return numbers_[at].second;
  const auto known = static_cast<std::uint32_t>(values.size());
  numbers_[at] = {value.bits(), known};
  values.push_back(value);
  if (values.size() * 2 > numbers_.size()) grow_numbers();
  return known;
}

void RegisterProblem::grow_numbers() {
  numbers_.assign(numbers_.size() * 2, {0, kNone});
  const std::size_t mask = numbers_.size() - 1;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    std::size_t at = mix64(values[i].bits()) & mask;
    while (numbers_[at].second != kNone) at = (at + 1) & mask;
    numbers_[at] = {values[i].bits(), i};
  }
}

void RegisterProblem::read_items(const Trace& trace) {
  ops.reserve(items_.size());
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    Op op;
    op.item = i;
    op.action = item.action == Action::del ? Action::write : item.action;
    op.to = number(item.value);
    if (op.is_cas()) {
      op.from = number(trace.ops[item.op].input);
      if (op.from == op.to) {
        if (!item.ok) continue;
        op.action = Action::read;
      }
    }
    ops.push_back(op);
    ret_.push_back(item.ret);
  }
}

void RegisterProblem::drop_unobserved() {
  std::vector<bool> needed(values.size(), false);
  std::vector<bool> kept(ops.size());
  std::vector<std::uint32_t> unknown_cas;
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    kept[i] = ret_[i] != kNever_ns;
    if (!kept[i] && ops[i].is_cas()) unknown_cas.push_back(i);
    if (!kept[i]) continue;
    if (ops[i].is_read()) needed[ops[i].to] = true;
    if (ops[i].is_cas()) needed[ops[i].from] = true;
  }
  // A cas of unknown outcome needs its expected value only if somebody needs its new one.
  for (bool grew = true; grew;) {
    grew = false;
    for (const std::uint32_t i : unknown_cas) {
      if (needed[ops[i].to] && !needed[ops[i].from]) grew = needed[ops[i].from] = true;
    }
  }
  std::size_t out = 0;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (!kept[i] && !needed[ops[i].to]) {
      ++dropped;
      continue;
    }
    ops[out] = ops[i];
    ret_[out++] = ret_[i];
  }
  ops.resize(out);
  ret_.resize(out);
}

void RegisterProblem::give_deadlines() {
  std::vector<std::uint32_t> writers(values.size(), 0);
  std::vector<std::int64_t> first_seen(values.size(), kNever_ns);
  writers[0] = 2;  // the initial value needs nobody
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (!op.is_read()) ++writers[op.to];
    if (op.is_read()) first_seen[op.to] = std::min(first_seen[op.to], ret_[i]);
    if (op.is_cas()) first_seen[op.from] = std::min(first_seen[op.from], ret_[i]);
  }
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (ret_[i] != kNever_ns || writers[op.to] != 1) continue;
    if (first_seen[op.to] >= items_[op.item].call) ret_[i] = first_seen[op.to];
  }
}

void RegisterProblem::assign_places() {
  std::vector<std::int64_t> calls(ops.size());
  std::vector<std::pair<std::uint64_t, std::uint32_t>> unknown;
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    calls[i] = items_[ops[i].item].call;
    if (ret_[i] == kNever_ns) unknown.emplace_back(std::uint64_t{ops[i].from} << 32 | ops[i].to, i);
  }
  Timeline timeline(calls, ret_);
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    ops[i].slot = timeline.slot[i];
    ops[i].ret_rank = timeline.ret_rank[i];
  }
  slots = timeline.slots;
  events = std::move(timeline.events);
  std::sort(unknown.begin(), unknown.end());
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    Op& op = ops[unknown[i].second];
    if (i == 0 || unknown[i].first != unknown[i - 1].first) {
      classes.push_back({op.from, op.to});
      class_members.push_back(0);
    }
    op.cls = static_cast<std::uint32_t>(classes.size() - 1);
    ++class_members.back();
  }
}

void RegisterProblem::note_needs() {
  last_need.assign(values.size(), 0);
  for (std::uint32_t e = 0; e < events.size(); ++e) {
    const Op& op = ops[events[e].op];
    if (!events[e].is_return) continue;
    if (op.is_read()) last_need[op.to] = e;
    if (op.is_cas()) last_need[op.from] = e;
  }
  // A cas of unknown outcome may be used as long as its new value is needed.
  for (bool grew = true; grew;) {
    grew = false;
    for (const Class& one : classes) {
      if (one.from == kNone || last_need[one.from] >= last_need[one.to]) continue;
      last_need[one.from] = last_need[one.to];
      grew = true;
    }
  }
}

}  // namespace holdfast::checkers
