#include <fmt/format.h>

#include "checkers/picture/escape.h"
#include "report/number.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

using checkers::escape;

using checkers::Verdict;

std::string example_of(const RunRecord& run, const CheckerRecord& checker, const Example& example) {
  std::string text = example.kind + ": " + example.text + "\n";
  if (!example.reason.empty()) {
    text += fmt::format("  {}: {}\n", reason_label(run, checker, example), example.reason);
  }
  if (!example.autopsy.empty()) text += "  fate: " + example.autopsy + "\n";
  return text;
}

// What a person needs to see first, when the case is red.
std::string evidence(const RunRecord& run, const CheckerRecord& checker) {
  std::string text;
  for (const Example& example : checker.examples) {
    if (example.allowed == checker.allowed_is_evidence()) text += example_of(run, checker, example);
  }
  for (const std::string& note : checker.notes) text += note + "\n";
  return text;
}

// What the configuration allowed: it is no failure, and should not go unseen.
std::string allowed(const RunRecord& run, const CheckerRecord& checker) {
  if (checker.anomalies_allowed == 0 || checker.allowed_is_evidence()) return "";
  std::string text = "allowed by this configuration: " +
                     counted(checker.anomalies_allowed, "anomaly", "anomalies") + "\n";
  for (const Example& example : checker.examples) {
    if (example.allowed) text += example_of(run, checker, example);
  }
  return text;
}

struct Case {
  std::string name;
  Verdict verdict = Verdict::valid;
  double time_s = 0;
  std::string evidence;
  std::string output;
};

std::string to_xml(const RunRecord& run, const Case& one) {
  std::string xml = fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                                escape(run.test), escape(one.name), one.time_s);
  if (one.verdict != Verdict::valid) {
    const bool invalid = one.verdict == Verdict::invalid;
    xml += fmt::format("<{0} message=\"{1} (repeat with: {2})\">{3}</{0}>",
                       invalid ? "failure" : "error", to_string(one.verdict), escape(run.command),
                       escape(one.evidence));
  }
  if (!one.output.empty()) xml += "<system-out>" + escape(one.output) + "</system-out>";
  return xml + "</testcase>\n";
}

// The run as a whole: its time, and what no checker says: nodes that died, numbers that were
// expected otherwise, a run that was cut short.
Case whole(const RunRecord& run, Verdict worst) {
  Case one;
  one.name = "run";
  one.time_s = run.wall_s;
  const bool worse = checkers::worst(run.verdict, worst) != worst;
  if (worse || !run.findings.empty()) one.verdict = run.verdict;
  for (const std::string& finding : run.findings) one.evidence += finding + "\n";
  for (const std::string& note : run.notes) one.evidence += note + "\n";
  return one;
}

}  // namespace

std::string junit(const RunRecord& run) {
  std::vector<Case> cases;
  Verdict worst = Verdict::valid;
  for (const CheckerRecord& checker : run.checkers) {
    cases.push_back(
        {checker.name, checker.verdict, 0, evidence(run, checker), allowed(run, checker)});
    worst = checkers::worst(worst, checker.verdict);
  }
  cases.push_back(whole(run, worst));
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::string xml;
  for (const Case& one : cases) {
    failures += one.verdict == Verdict::invalid ? 1 : 0;
    errors += one.verdict == Verdict::unknown ? 1 : 0;
    xml += to_xml(run, one);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n"
      "{}</testsuite>\n",
      escape(run.test), cases.size(), failures, errors, run.wall_s, xml);
}

}  // namespace holdfast::report
