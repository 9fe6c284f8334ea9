#include <fmt/format.h>

#include "report/escape.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

using checkers::Verdict;

// What a person needs to see first, when the case is red.
std::string evidence(const CheckerRecord& checker) {
  std::string text;
  for (const Example& example : checker.examples) {
    text += example.kind + ": " + example.text + "\n";
    if (!example.reason.empty()) text += "  " + example.reason + "\n";
    if (!example.autopsy.empty()) text += "  " + example.autopsy + "\n";
  }
  for (const std::string& note : checker.notes) text += note + "\n";
  return text;
}

std::string test_case(const RunRecord& run, const CheckerRecord& checker) {
  std::string xml = fmt::format("  <testcase classname=\"{}\" name=\"{}\">", escape(run.test),
                                escape(checker.name));
  if (checker.verdict == Verdict::invalid) {
    xml += fmt::format("<failure message=\"invalid (repeat with: {})\">{}</failure>",
                       escape(run.command), escape(evidence(checker)));
  } else if (checker.verdict == Verdict::unknown) {
    xml += fmt::format("<error message=\"unknown (repeat with: {})\">{}</error>",
                       escape(run.command), escape(evidence(checker)));
  }
  return xml + "</testcase>\n";
}

}  // namespace

std::string junit(const RunRecord& run) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::string cases;
  for (const CheckerRecord& checker : run.checkers) {
    failures += checker.verdict == Verdict::invalid ? 1 : 0;
    errors += checker.verdict == Verdict::unknown ? 1 : 0;
    cases += test_case(run, checker);
  }
  // What no checker says: nodes that died, numbers that were expected otherwise.
  if (run.verdict == Verdict::invalid && failures == 0) {
    CheckerRecord whole;
    whole.name = "run";
    whole.verdict = Verdict::invalid;
    whole.notes = run.findings;
    cases += test_case(run, whole);
    ++failures;
  }
  const std::size_t tests = run.checkers.size() + (failures > 0 && run.checkers.empty() ? 1 : 0);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n"
      "{}</testsuite>\n",
      escape(run.test), std::max(tests, failures + errors), failures, errors, run.wall_s, cases);
}

}  // namespace holdfast::report
