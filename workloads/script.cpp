#include "workloads/script.h"

#include <algorithm>
#include <charconv>

namespace holdfast::workloads {
namespace {

using checkers::Function;

class Script : public Workload {
 public:
  explicit Script(const std::vector<ScriptedOperation>& operations) {
    std::int64_t value = 0;
    for (const ScriptedOperation& operation : operations) {
      Request request;
      request.function = operation.function;
      request.key = operation.key;
      request.node = operation.node;
      if (operation.function == Function::write) request.value = ++value;
      (operation.at_end ? last_ : load_).push_back({operation.at, request});
    }
    std::ranges::stable_sort(load_, {}, &Entry::at);
  }

  Step next(std::int64_t now_ns) override {
    Step step;
    if (issued_ == load_.size()) return step;
    const std::int64_t due_ns = to_us(load_[issued_].at) * 1000;
    step.kind = due_ns > now_ns ? Step::Kind::wait : Step::Kind::request;
    step.until_ns = due_ns;
    if (step.kind == Step::Kind::request) step.request = load_[issued_++].request;
    return step;
  }

  std::uint64_t operations() const override { return load_.size(); }

  Step next_final() override {
    Step step;
    if (read_ == last_.size()) return step;
    step.kind = Step::Kind::request;
    step.request = last_[read_++].request;
    return step;
  }

 private:
  struct Entry {
    Duration at{0};
    Request request;
  };
  std::vector<Entry> load_;
  std::vector<Entry> last_;
  std::size_t issued_ = 0;
  std::size_t read_ = 0;
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc{} && end == last;
}

bool parse_time(std::string_view text, ScriptedOperation& operation) {
  if (text == "end") return operation.at_end = true;
  struct Unit {
    std::string_view name;
    std::int64_t us;
  };
  for (const Unit unit : {Unit{"us", 1}, Unit{"ms", 1000}, Unit{"s", 1'000'000}}) {
    std::int64_t number = 0;
    if (!text.ends_with(unit.name)) continue;
    if (!parse_number(text.substr(0, text.size() - unit.name.size()), number)) return false;
    operation.at = Duration(number * unit.us);
    return number >= 0 && number < 1'000'000'000'000;
  }
  return false;
}

bool parse_operation(std::string_view text, ScriptedOperation& operation) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() != 3 && words.size() != 5) return false;
  if (!parse_time(words[0], operation)) return false;
  if (words[1] == "write") {
    operation.function = Function::write;
  } else if (words[1] == "delete") {
    operation.function = Function::del;
  } else if (words[1] != "read") {
    return false;
  }
  if (!words[2].starts_with('k') || !parse_number(words[2].substr(1), operation.key)) return false;
  if (words.size() == 3) return true;
  std::uint16_t node = 0;
  if (words[3] != "on" || !words[4].starts_with('n')) return false;
  if (!parse_number(words[4].substr(1), node) || node == 0) return false;
  operation.node = static_cast<NodeId>(node - 1);
  return true;
}

std::unique_ptr<Workload> make(const Parameters& parameters, Duration, std::uint64_t) {
  return std::make_unique<Script>(parameters.script);
}

}  // namespace

std::optional<std::vector<ScriptedOperation>> parse_script(std::string_view text) {
  std::vector<ScriptedOperation> script;
  for (const std::string_view part : split(text, ';')) {
    if (!parse_operation(part, script.emplace_back())) return std::nullopt;
  }
  return script;
}

std::string to_string(const ScriptedOperation& operation) {
  const std::int64_t us = to_us(operation.at);
  std::string text;
  if (operation.at_end) {
    text = "end";
  } else if (us % 1'000'000 == 0) {
    text = std::to_string(us / 1'000'000) + "s";
  } else if (us % 1000 == 0) {
    text = std::to_string(us / 1000) + "ms";
  } else {
    text = std::to_string(us) + "us";
  }
  text += operation.function == Function::write ? " write k"
          : operation.function == Function::del ? " delete k"
                                                : " read k";
  text += std::to_string(operation.key);
  if (operation.node != kNoNode) text += " on " + node_name(operation.node);
  return text;
}

std::string to_string(const std::vector<ScriptedOperation>& script) {
  std::string text;
  for (const ScriptedOperation& operation : script) {
    text += (text.empty() ? "" : "; ") + to_string(operation);
  }
  return text;
}

WorkloadKind script_kind() {
  return {"script",
          "the operations that the test file lists",
          {"lost-writes", "stale-reads", "convergence", "hint-ledger", "availability"},
          make};
}

}  // namespace holdfast::workloads
