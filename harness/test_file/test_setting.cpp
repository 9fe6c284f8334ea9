#include "harness/test_file/test_setting.h"

#include <charconv>

#include "node/base/spelling.h"
#include "node/core/settings.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

using Text = std::string_view;
using Set = std::function<Result<>(TestFile&, Text)>;

Result<std::uint64_t> parse_number(Text name, Text text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) {
    return value;
  }
  return fail(std::string(name) + " is " + std::string(text) + ", expected a whole number from " +
              std::to_string(low) + " to " + std::to_string(high));
}

// A number anywhere in the test: `field` gives the place, of a constant test too.
template <class Field>
TestSetting number(Text path, std::uint64_t low, std::uint64_t high, Text doc, Field field) {
  const auto set = [=](TestFile& test, Text text) -> Result<> {
    auto value = parse_number(path, text, low, high);
    if (!value) return value.error();
    auto& place = field(test);
    place = static_cast<std::remove_reference_t<decltype(place)>>(*value);
    return {};
  };
  const auto get = [=](const TestFile& test) { return std::to_string(field(test)); };
  return {std::string(path), "integer", std::string(doc), set, get};
}

// A duration, counted in `unit`.
template <class Unit, class Field>
TestSetting duration(Text path, Text doc, Field field) {
  constexpr std::uint64_t kMost = 100ULL * 366 * 24 * 3600 * 1000;  // a century of milliseconds
  const auto set = [=](TestFile& test, Text text) -> Result<> {
    auto value = parse_number(path, text, 0, kMost);
    if (!value) return value.error();
    field(test) = Unit(static_cast<std::int64_t>(*value));
    return {};
  };
  const auto get = [=](const TestFile& test) {
    return std::to_string(std::chrono::duration_cast<Unit>(field(test)).count());
  };
  return {std::string(path), "integer", std::string(doc), set, get};
}

template <class Field>
TestSetting boolean(Text path, Text doc, Field field) {
  const auto set = [=](TestFile& test, Text text) -> Result<> {
    if (text != "true" && text != "false") {
      return fail(std::string(path) + " is " + std::string(text) + ", expected true or false");
    }
    field(test) = text == "true";
    return {};
  };
  const auto get = [=](const TestFile& test) -> std::string {
    return field(test) ? "true" : "false";
  };
  return {std::string(path), "boolean", std::string(doc), set, get};
}

Result<> set_name(TestFile& test, Text text) {
  const Text allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (text.empty() || text.size() > 100 || text.front() == '.' ||
      text.find_first_not_of(allowed) != Text::npos) {
    return fail("name is \"" + std::string(text) +
                "\", expected letters, digits, '-', '_' and '.': it names a folder too");
  }
  test.name = text;
  return {};
}

Result<> set_workload(TestFile& test, Text text) {
  if (workloads::find_workload(text) == nullptr) {
    std::vector<Text> names;
    for (const auto& kind : workloads::all_workloads()) names.push_back(kind.name);
    return fail("there is no workload \"" + std::string(text) + "\"; " + known_names(text, names));
  }
  test.workload = text;
  return {};
}

void add_top(std::vector<TestSetting>& all) {
  all.push_back({"name", "text", "names the test and its folder of results", set_name,
                 [](const TestFile& test) { return test.name; }});
  all.push_back({"description", "text", "what it shows, in a sentence or two",
                 [](TestFile& test, Text text) -> Result<> {
                   test.description = text;
                   return {};
                 },
                 [](const TestFile& test) { return test.description; }});
  all.push_back(number(
      "nodes", 1, 64, "how many nodes the cluster has",
      [](auto& test) -> auto& { return test.nodes; }));
  all.push_back({"seed", "integer", "fixes everything that is random; --seed wins over it",
                 [](TestFile& test, Text text) -> Result<> {
                   auto value = parse_number("seed", text, 0, UINT64_MAX);
                   if (!value) return value.error();
                   test.seed = *value;
                   return {};
                 },
                 [](const TestFile& test) {
                   return test.seed ? std::to_string(*test.seed) : std::string();
                 }});
  all.push_back(boolean(
      "protect", "never destroy data on more than one node",
      [](auto& test) -> auto& { return test.protect; }));
  all.push_back(boolean(
      "strict", "what the configuration allows makes the run invalid too",
      [](auto& test) -> auto& { return test.strict; }));
}

void add_node(std::vector<TestSetting>& all) {
  for (const node::Setting& setting : node::all_settings()) {
    std::string type(setting.values);
    if (type == "true | false") type = "boolean";
    all.push_back({"node." + std::string(setting.name), type, std::string(setting.help),
                   [&setting](TestFile& test, Text text) { return setting.set(test.config, text); },
                   [&setting](const TestFile& test) { return setting.get(test.config); }});
  }
}

void add_workload(std::vector<TestSetting>& all) {
  all.push_back({"workload.name", "text", "what clients do", set_workload,
                 [](const TestFile& test) { return test.workload; }});
  for (const workloads::ParameterDoc& doc : workloads::parameter_docs()) {
    all.push_back({"workload." + std::string(doc.name), std::string(doc.type), std::string(doc.doc),
                   [name = doc.name](TestFile& test, Text text) {
                     return workloads::set_parameter(test.parameters, name, text);
                   },
                   [name = doc.name](const TestFile& test) {
                     return workloads::parameter(test.parameters, name);
                   }});
  }
}

void add_sections(std::vector<TestSetting>& all) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  all.push_back(duration<microseconds>(
      "network.delay_us", "simulator: a message between nodes takes at least this long, one way",
      [](auto& test) -> auto& { return test.network.delay; }));
  all.push_back(duration<microseconds>(
      "network.jitter_us", "simulator: added at random, up to this",
      [](auto& test) -> auto& { return test.network.jitter; }));
  all.push_back(boolean(
      "network.streams", "simulator: messages travel as bytes, split at random, as over TCP",
      [](auto& test) -> auto& { return test.network.streams; }));
  all.push_back(duration<milliseconds>(
      "phases.load_ms", "how long the load lasts; 0: until its operations are done",
      [](auto& test) -> auto& { return test.phases.load; }));
  all.push_back(duration<milliseconds>(
      "phases.drain_most_ms",
      "how long to wait for the hints to be delivered; 0: as long as backlog and throttles need",
      [](auto& test) -> auto& { return test.phases.drain_most; }));
  all.push_back(number(
      "phases.anti_entropy_rounds_most", 0, 1000,
      "rounds of all nodes to wait for until repair is silent",
      [](auto& test) -> auto& { return test.phases.anti_entropy_rounds_most; }));
  all.push_back(boolean(
      "phases.anti_entropy_by_period",
      "with periodic anti-entropy: start no rounds in the end, the period alone must repair",
      [](auto& test) -> auto& { return test.phases.anti_entropy_by_period; }));
}

}  // namespace

const std::vector<TestSetting>& test_settings() {
  static const std::vector<TestSetting> settings = [] {
    std::vector<TestSetting> all;
    add_top(all);
    add_node(all);
    add_sections(all);
    add_workload(all);
    return all;
  }();
  return settings;
}

const TestSetting* find_test_setting(std::string_view path) {
  for (const TestSetting& setting : test_settings()) {
    if (setting.path == path) return &setting;
  }
  return nullptr;
}

}  // namespace holdfast::harness
