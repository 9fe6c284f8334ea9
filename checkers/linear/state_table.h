// The states of a sequential model by number, and the steps between them, each computed once.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/linear/model.h"

namespace holdfast::checkers {

class StateTable {
 public:
  static constexpr std::uint32_t kImpossible = 0xffffffff;

  explicit StateTable(const SequentialModel& model) : model_(model) { intern(model.initial()); }

  // The state after operations of kind `kind`, of which `op` is one, or kImpossible.
  std::uint32_t step(std::uint32_t state, std::uint32_t kind, const Op& op) {
    const auto [at, is_new] = steps_.try_emplace(std::uint64_t{state} << 32 | kind, kImpossible);
    if (is_new) {
      ModelState next = states_[state];
      if (model_.step(next, op)) at->second = intern(std::move(next));
    }
    return at->second;
  }
  std::string text(std::uint32_t state) const { return model_.text(states_[state]); }
  std::size_t bytes() const { return bytes_ + steps_.size() * 48; }

 private:
  static std::string_view words(const ModelState& state) {
    return {reinterpret_cast<const char*>(state.data()), state.size() * sizeof(std::uint64_t)};
  }
  std::uint32_t intern(ModelState state) {
    const auto known = ids_.find(words(state));
    if (known != ids_.end()) return known->second;
    bytes_ += state.size() * sizeof(std::uint64_t) + 96;
    states_.push_back(std::move(state));
    const auto id = static_cast<std::uint32_t>(states_.size() - 1);
    ids_.emplace(words(states_.back()), id);
    return id;
  }

  const SequentialModel& model_;
  std::deque<ModelState> states_;  // whose words do not move
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::unordered_map<std::uint64_t, std::uint32_t> steps_;
  std::size_t bytes_ = 0;
};

}  // namespace holdfast::checkers
