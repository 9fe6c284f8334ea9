#include "workloads/script.h"

#include <algorithm>
#include <charconv>

#include "node/base/spelling.h"

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

// "operation 3, \"1s write k1\"", counted from 1.
std::string operation_name(std::size_t index, std::string_view text) {
  return "operation " + std::to_string(index + 1) + ", \"" + std::string(text) + "\"";
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<> parse_time(std::string_view text, ScriptedOperation& operation) {
  if (text == "end") {
    operation.at_end = true;
    return {};
  }
  constexpr std::int64_t kMost = 1'000'000'000'000;
  struct Unit {
    std::string_view name;
    std::int64_t us;
  };
  for (const Unit unit : {Unit{"us", 1}, Unit{"ms", 1000}, Unit{"s", 1'000'000}}) {
    std::int64_t number = 0;
    if (!text.ends_with(unit.name)) continue;
    if (!parse_number(text.substr(0, text.size() - unit.name.size()), number)) break;
    if (number < 0 || number >= kMost) break;
    operation.at = Duration(number * unit.us);
    return {};
  }
  return fail("\"" + std::string(text) + "\" is no time; expected one as in 3s, 1500ms or end");
}

Result<> parse_function(std::string_view text, Function& function) {
  if (text == "read") {
    function = Function::read;
  } else if (text == "write") {
    function = Function::write;
  } else if (text == "delete") {
    function = Function::del;
  } else {
    return fail("there is no \"" + std::string(text) + "\"; " +
                known_names(text, {"read", "write", "delete"}));
  }
  return {};
}

Result<ScriptedOperation> parse_words(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() != 3 && words.size() != 5) {
    return fail("expected a time, a word, a key and perhaps a node, as in 1500ms write k17 on n2");
  }
  ScriptedOperation operation;
  if (auto parsed = parse_time(words[0], operation); !parsed) return parsed.error();
  if (auto parsed = parse_function(words[1], operation.function); !parsed) return parsed.error();
  if (!words[2].starts_with('k') || !parse_number(words[2].substr(1), operation.key)) {
    return fail("\"" + std::string(words[2]) + "\" is no key; expected one as in k17");
  }
  if (words.size() == 3) return operation;
  const auto node = parse_node_name(words[4]);
  if (words[3] != "on" || !node) {
    return fail("\"" + std::string(words[3]) + " " + std::string(words[4]) +
                "\" is no node; expected one as in on n2");
  }
  operation.node = *node;
  return operation;
}

std::unique_ptr<Workload> make(const Parameters& parameters, Duration, std::uint64_t) {
  return std::make_unique<Script>(parameters.script);
}

OperationCounts count(const Parameters& parameters, Duration) {
  OperationCounts counts;
  for (const ScriptedOperation& operation : parameters.script) {
    ++(operation.function == Function::read ? counts.reads : counts.writes);
  }
  return counts;
}

}  // namespace

Result<ScriptedOperation> parse_operation(std::size_t index, std::string_view text) {
  auto operation = parse_words(text);
  if (operation) return operation;
  return fail(operation_name(index, trimmed(text)) + ": " + operation.error().message);
}

Result<std::vector<ScriptedOperation>> parse_script(std::string_view text) {
  std::vector<ScriptedOperation> script;
  for (const std::string_view part : split(text, ';')) {
    auto operation = parse_operation(script.size(), part);
    if (!operation) return operation.error();
    script.push_back(*operation);
  }
  return script;
}

Result<> check_node(std::size_t index, const ScriptedOperation& operation, std::uint16_t nodes) {
  if (operation.node == kNoNode || operation.node < nodes) return {};
  return fail(operation_name(index, to_string(operation)) + ": there is no " +
              node_name(operation.node) + ", there are only " + std::to_string(nodes) + " nodes");
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
          make,
          count};
}

}  // namespace holdfast::workloads
