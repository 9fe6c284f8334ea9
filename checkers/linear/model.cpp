#include "checkers/linear/model.h"

#include <algorithm>
#include <array>

#include "checkers/linear/list_steps.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<ModelEntry, 9> kModels = {{
    {"register", ModelKind::reg, "reads and writes of one value"},
    {"cas-register", ModelKind::reg, "reads, writes and compare-and-sets of one value"},
    {"counter", ModelKind::counter, "additions, and reads of the sum"},
    {"set", ModelKind::set, "additions and removals of elements, and reads of all of them"},
    {"fifo-queue", ModelKind::fifo_queue, "a queue: first in, first out"},
    {"mutex", ModelKind::mutex, "a lock: acquire and release by turns"},
    {"append", ModelKind::append, "a string: writes, appends and reads"},
    {"list-append", ModelKind::list_append,
     "a list: appends to its end and reads of the whole, alone or in transactions"},
    {"multi-register", ModelKind::multi_register, "transactions that read and write registers"},
}};

// A register as a SequentialModel: for histories that no special algorithm takes, and as a check
// on those algorithms.
class Register : public SequentialModel {
 public:
  Register(const Model& model, const Trace& trace) : model_(model), trace_(trace) {}
  ModelState initial() const override { return {model_.initial.bits()}; }
  bool step(ModelState& state, const Op& op) const override {
    switch (op.action) {
      case Action::write:
        state[0] = op.input.bits();
        return true;
      case Action::del:
        state[0] = op.input.bits();
        return true;
      case Action::cas:
        if (state[0] != op.input.bits()) return op.outcome == Outcome::info;
        state[0] = op.output.bits();
        return true;
      case Action::read:
        return op.outcome == Outcome::info || state[0] == op.output.bits() ||
               (model_.nil_read_matches_any && op.output.is_nil());
      default:
        return false;
    }
  }
  std::string text(const ModelState& state) const override {
    return trace_.data.text(Datum::of_bits(state[0]));
  }

 private:
  Model model_;
  const Trace& trace_;
};

class Counter : public SequentialModel {
 public:
  explicit Counter(std::int64_t initial) : initial_(initial) {}
  ModelState initial() const override { return {static_cast<std::uint64_t>(initial_)}; }
  bool step(ModelState& state, const Op& op) const override {
    if (op.action == Action::add) {
      if (!op.input.is_number()) return false;
      state[0] += static_cast<std::uint64_t>(op.input.number());
      return true;
    }
    if (op.action != Action::read) return false;
    return op.outcome == Outcome::info ||
           (op.output.is_number() && static_cast<std::uint64_t>(op.output.number()) == state[0]);
  }
  std::string text(const ModelState& state) const override {
    return std::to_string(static_cast<std::int64_t>(state[0]));
  }

 private:
  std::int64_t initial_;
};

class Set : public SequentialModel {
 public:
  explicit Set(const Trace& trace) : trace_(trace) {}
  ModelState initial() const override { return {}; }
  bool step(ModelState& state, const Op& op) const override {
    const auto at = std::lower_bound(state.begin(), state.end(), op.input.bits());
    const bool present = at != state.end() && *at == op.input.bits();
    switch (op.action) {
      case Action::add:
        if (!present) state.insert(at, op.input.bits());
        return true;
      case Action::remove:
        if (present) state.erase(at);
        return true;
      case Action::read: {
        if (op.outcome == Outcome::info) return true;
        ModelState read;
        for (const Datum element : sees(op)) read.push_back(element.bits());
        std::sort(read.begin(), read.end());
        read.erase(std::unique(read.begin(), read.end()), read.end());
        return read == state;
      }
      default:
        return false;
    }
  }
  std::string text(const ModelState& state) const override {
    return "a set of " + std::to_string(state.size());
  }
  std::optional<Datum> inserts(const Op& op) const override {
    if (op.action != Action::add) return std::nullopt;
    return op.input;
  }
  std::vector<Datum> sees(const Op& op) const override {
    if (op.action != Action::read || !op.output.is_list()) return {};
    const auto elements = trace_.data.elements(op.output);
    return {elements.begin(), elements.end()};
  }

 private:
  const Trace& trace_;
};

class FifoQueue : public SequentialModel {
 public:
  ModelState initial() const override { return {}; }
  bool step(ModelState& state, const Op& op) const override {
    if (op.action == Action::enqueue) {
      state.push_back(op.input.bits());
      return true;
    }
    if (op.action != Action::dequeue) return false;
    if (op.outcome == Outcome::info) {
      if (!state.empty()) state.erase(state.begin());
      return true;
    }
    if (op.output.is_nil()) return state.empty();
    if (state.empty() || state.front() != op.output.bits()) return false;
    state.erase(state.begin());
    return true;
  }
  std::string text(const ModelState& state) const override {
    return "a queue of " + std::to_string(state.size());
  }
  std::optional<Datum> inserts(const Op& op) const override {
    if (op.action != Action::enqueue) return std::nullopt;
    return op.input;
  }
  std::vector<Datum> sees(const Op& op) const override {
    if (op.action != Action::dequeue || op.output.is_nil()) return {};
    return {op.output};
  }
};

class Mutex : public SequentialModel {
 public:
  ModelState initial() const override { return {0}; }
  bool step(ModelState& state, const Op& op) const override {
    if (op.action != Action::acquire && op.action != Action::release) return false;
    const std::uint64_t before = op.action == Action::acquire ? 0 : 1;
    if (state[0] != before) return op.outcome == Outcome::info;
    state[0] = 1 - before;
    return true;
  }
  std::string text(const ModelState& state) const override {
    return state[0] == 0 ? "free" : "held";
  }
};

// The state is the string's length and two polynomial hashes modulo 2^61-1: equal strings have
// equal states, and unequal ones differ but for a chance of about 2^-100.
class Append : public SequentialModel {
 public:
  explicit Append(const Trace& trace) : trace_(trace) {}
  ModelState initial() const override { return {0, 0, 0}; }
  bool step(ModelState& state, const Op& op) const override {
    switch (op.action) {
      case Action::write:
        state = initial();
        extend(state, op.input);
        return true;
      case Action::append:
        extend(state, op.input);
        return true;
      case Action::read: {
        if (op.outcome == Outcome::info) return true;
        ModelState read = initial();
        if (!op.output.is_nil()) extend(read, op.output);
        return read == state;
      }
      default:
        return false;
    }
  }
  std::string text(const ModelState& state) const override {
    return "a string of " + std::to_string(state[0]) + " bytes";
  }

 private:
  static constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
  static std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % kPrime);
  }
  void extend(ModelState& state, Datum value) const {
    const std::string text = trace_.data.text(value);
    if (value.is_nil()) return;
    for (const char c : unquoted(text)) {
      const auto byte = static_cast<unsigned char>(c) + std::uint64_t{1};
      state[1] = (times(state[1], 0x1234567887654321) + byte) % kPrime;
      state[2] = (times(state[2], 0x0bad5eed0ddba115) + byte) % kPrime;
      ++state[0];
    }
  }
  const Trace& trace_;
};

class ListAppend : public SequentialModel {
 public:
  explicit ListAppend(const Trace& trace) : trace_(trace) {}
  ModelState initial() const override { return {}; }
  bool step(ModelState& state, const Op& op) const override {
    for (const ListStep& step : list_steps(trace_, op, op.outcome == Outcome::ok)) {
      if (!step.is_read) {
        state.push_back(step.value.bits());
      } else if (step.value.is_nil()) {
        if (!state.empty()) return false;
      } else if (!step.value.is_list() ||
                 !std::ranges::equal(trace_.data.elements(step.value), state, {}, &Datum::bits)) {
        return false;
      }
    }
    return true;
  }
  std::string text(const ModelState& state) const override {
    return "a list of " + std::to_string(state.size());
  }

 private:
  const Trace& trace_;
};

class MultiRegister : public SequentialModel {
 public:
  MultiRegister(const Model& model, const Trace& trace) : model_(model), trace_(trace) {
    for (const Op& op : trace.ops) {
      for (const Datum list : {op.input, op.output}) note_registers(list);
    }
    std::sort(registers_.begin(), registers_.end());
    registers_.erase(std::unique(registers_.begin(), registers_.end()), registers_.end());
  }
  ModelState initial() const override {
    return ModelState(registers_.size(), model_.initial.bits());
  }
  bool step(ModelState& state, const Op& op) const override {
    if (op.action != Action::txn) return false;
    const Datum list = op.outcome == Outcome::ok ? op.output : op.input;
    if (!list.is_list()) return false;
    for (const Datum part : trace_.data.elements(list)) {
      if (!part.is_list()) return false;
      const auto words = trace_.data.elements(part);
      if (words.size() != 3) return false;
      std::uint64_t& value = state[place(words[1])];
      const std::string f = trace_.data.text(words[0]);
      if (is(f, "write") || is(f, "w")) {
        value = words[2].bits();
      } else if (is(f, "read") || is(f, "r")) {
        const bool any =
            op.outcome == Outcome::info || (words[2].is_nil() && model_.nil_read_matches_any);
        if (!any && value != words[2].bits()) return false;
      } else {
        return false;
      }
    }
    return true;
  }
  std::string text(const ModelState& state) const override {
    constexpr std::size_t kShown = 20;
    std::string out;
    for (std::size_t i = 0; i < state.size() && i < kShown; ++i) {
      out += (i > 0 ? ", " : "") + trace_.data.text(Datum::of_bits(registers_[i])) + " = " +
             trace_.data.text(Datum::of_bits(state[i]));
    }
    return state.size() > kShown ? out + ", …" : out;
  }

 private:
  static bool is(std::string_view f, std::string_view name) {
    std::string_view word = unquoted(f);  // in JSON a keyword is a string that begins with a colon
    if (word.starts_with(':')) word.remove_prefix(1);
    return word == name;
  }
  void note_registers(Datum list) {
    if (!list.is_list()) return;
    for (const Datum part : trace_.data.elements(list)) {
      if (!part.is_list()) continue;
      const auto words = trace_.data.elements(part);
      if (words.size() == 3) registers_.push_back(words[1].bits());
    }
  }
  std::size_t place(Datum name) const {
    return static_cast<std::size_t>(
        std::lower_bound(registers_.begin(), registers_.end(), name.bits()) - registers_.begin());
  }
  Model model_;
  const Trace& trace_;
  std::vector<std::uint64_t> registers_;
};

}  // namespace

std::span<const ModelEntry> all_models() { return kModels; }

std::optional<ModelKind> parse_model(std::string_view name) {
  for (const ModelEntry& entry : kModels) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::string_view name_of(ModelKind kind) {
  for (const ModelEntry& entry : kModels) {
    if (entry.kind == kind) return entry.name;
  }
  return "own";
}

std::unique_ptr<SequentialModel> make_sequential(const Model& model, const Trace& trace) {
  switch (model.kind) {
    case ModelKind::reg:
      return std::make_unique<Register>(model, trace);
    case ModelKind::counter:
      return std::make_unique<Counter>(model.initial.is_number() ? model.initial.number() : 0);
    case ModelKind::set:
      return std::make_unique<Set>(trace);
    case ModelKind::fifo_queue:
      return std::make_unique<FifoQueue>();
    case ModelKind::mutex:
      return std::make_unique<Mutex>();
    case ModelKind::append:
      return std::make_unique<Append>(trace);
    case ModelKind::list_append:
      return std::make_unique<ListAppend>(trace);
    case ModelKind::multi_register:
      return std::make_unique<MultiRegister>(model, trace);
    case ModelKind::own:
      break;
  }
  return nullptr;
}

bool knows(ModelKind kind, Action action) {
  const auto any = [&](std::initializer_list<Action> actions) {
    return std::find(actions.begin(), actions.end(), action) != actions.end();
  };
  switch (kind) {
    case ModelKind::reg:
      return any({Action::read, Action::write, Action::del, Action::cas});
    case ModelKind::counter:
      return any({Action::read, Action::add});
    case ModelKind::set:
      return any({Action::read, Action::add, Action::remove});
    case ModelKind::fifo_queue:
      return any({Action::enqueue, Action::dequeue});
    case ModelKind::mutex:
      return any({Action::acquire, Action::release});
    case ModelKind::append:
      return any({Action::read, Action::write, Action::append});
    case ModelKind::list_append:
      return any({Action::read, Action::append, Action::txn});
    case ModelKind::multi_register:
      return action == Action::txn;
    case ModelKind::own:
      return true;
  }
  return false;
}

}  // namespace holdfast::checkers
