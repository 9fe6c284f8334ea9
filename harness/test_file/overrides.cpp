// What the command line changes of a test: settings, and the numbers that are expected.

#include <algorithm>
#include <charconv>

#include "harness/test_file/test_file.h"
#include "harness/test_file/test_setting.h"

namespace holdfast::harness {
namespace {

// No number of a run depends on these; and a planted bug is to be seen by them.
constexpr std::string_view kIdle[] = {"name", "description", "seed", "strict", "node.bugs"};

std::string range_text(const Expectation::Range& range) {
  if (range.min && range.max && *range.min == *range.max) return std::to_string(*range.min);
  return (range.min ? std::to_string(*range.min) : "") + ".." +
         (range.max ? std::to_string(*range.max) : "");
}

std::vector<std::string> changed_settings(const TestFile& before, const TestFile& after) {
  std::vector<std::string> changed;
  for (const TestSetting& setting : test_settings()) {
    const bool idle = std::ranges::find(kIdle, setting.path) != std::end(kIdle);
    if (!idle && setting.get(before) != setting.get(after)) changed.push_back(setting.path);
  }
  return changed;
}

void drop_expectations(const std::vector<std::string>& changed, Expectation& expect) {
  if (changed.empty() || expect.results.empty()) return;
  std::string names;
  for (const std::string& path : changed) names += (names.empty() ? "" : ", ") + path;
  for (const auto& [path, range] : expect.results) {
    expect.dropped +=
        (expect.dropped.empty() ? "not expected, since --set changed " + names + ": " : ", ") +
        path + "=" + range_text(range);
  }
  expect.results.clear();
}

bool parse_bound(std::string_view text, std::optional<std::int64_t>& bound) {
  if (text.empty()) return true;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, bound.emplace());
  return error == std::errc{} && end == last;
}

Result<> add_expectation(std::string_view text, Expectation& expect) {
  const std::size_t equals = text.find('=');
  Expectation::Range range;
  range.where = "--expect";
  if (equals != text.npos && equals > 0) {
    const std::string_view wanted = text.substr(equals + 1);
    const std::size_t dots = wanted.find("..");
    const bool one = dots == wanted.npos;
    const bool parsed = parse_bound(wanted.substr(0, dots), range.min) &&
                        parse_bound(one ? wanted : wanted.substr(dots + 2), range.max);
    const bool ordered = !range.min || !range.max || *range.min <= *range.max;
    if (parsed && ordered && (range.min || range.max)) {
      expect.results[std::string(text.substr(0, equals))] = std::move(range);
      return {};
    }
  }
  return fail("--expect " + std::string(text) +
              ": expected a path of results.json and a range of whole numbers, as in "
              "checkers/hint-ledger/created=5..10, =5.., =..10 or =7");
}

}  // namespace

Result<> apply_overrides(TestFile& test, const std::vector<std::string>& settings,
                         const std::vector<std::string>& expectations) {
  if (!settings.empty()) {
    const TestFile before = test;
    for (const std::string& setting : settings) {
      const Result<> applied = apply_setting(test, setting);
      if (!applied) return fail("--set " + setting + ": " + applied.error().message);
    }
    drop_expectations(changed_settings(before, test), test.expect);
  }
  for (const std::string& expectation : expectations) {
    if (auto added = add_expectation(expectation, test.expect); !added) return added;
  }
  return {};
}

}  // namespace holdfast::harness
