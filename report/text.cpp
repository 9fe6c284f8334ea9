#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "node/base/wrap.h"
#include "report/number.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

using checkers::Verdict;

constexpr std::size_t kFaultsShown = 6;    // of those by which something was missed
constexpr std::size_t kExamplesShown = 3;  // of each checker; report.html has the rest

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return result;
}

class Writer {
 public:
  Writer(const RunRecord& run, const TextStyle& style) : run_(run), style_(style) {}

  std::string write() {
    headline();
    evidence();
    numbers();
    absences();
    allowed();
    settings();
    footer();
    return std::move(out_);
  }

 private:
  std::string painted(std::string_view text, std::string_view code) const {
    if (!style_.colour) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
  }
  std::string painted(Verdict verdict, const std::string& text) const {
    const char* const codes[] = {"1;32", "1;33", "1;31"};  // valid, unknown, invalid
    return painted(text, codes[static_cast<std::size_t>(verdict)]);
  }
  void paragraph(std::string_view text, std::string_view first, std::string_view rest) {
    out_ += wrap(bind_units(text), style_.columns, first, rest);
  }
  void heading(std::string_view text) { out_ += "\n" + painted(text, "1") + "\n"; }

  void headline() {
    std::string times = duration(run_.wall_s);
    if (run_.cluster == "sim") times = duration(run_.simulated_s) + " simulated in " + times;
    out_ += painted(run_.verdict, upper(to_string(run_.verdict))) + "  " + run_.test;
    if (!run_.cluster.empty()) {
      out_ += fmt::format(" on {}, seed {}; {}", run_.cluster, run_.seed, times);
    }
    out_ += "\n";
    if (run_.interrupted) out_ += "Interrupted: this judges what was recorded until then.\n";
    for (const std::string& finding : run_.findings) paragraph(finding, "  ", "    ");
    for (const std::string& note : run_.notes) paragraph("note: " + note, "  ", "    ");
  }

  void example(const CheckerRecord& checker, const Example& example) {
    paragraph(example.kind + ": " + example.text, "  ", "    ");
    why_and_fate(checker, example);
  }

  void why_and_fate(const CheckerRecord& checker, const Example& example) {
    if (!example.reason.empty()) {
      paragraph(example.reason, fmt::format("    {}: ", reason_label(run_, checker, example)),
                "      ");
    }
    if (!example.autopsy.empty()) paragraph(example.autopsy, "    fate: ", "      ");
  }

  void examples(const CheckerRecord& checker) {
    std::size_t found = 0;
    for (const Example& one : checker.examples) {
      if (one.allowed != checker.allowed_is_evidence()) continue;
      if (++found <= kExamplesShown) example(checker, one);
    }
    if (found > kExamplesShown) {
      out_ += fmt::format("  {} more examples in report.html\n", found - kExamplesShown);
    }
  }

  // What made the verdict worse than valid.
  void evidence() {
    for (const CheckerRecord& checker : run_.checkers) {
      if (checker.verdict == Verdict::valid) continue;
      heading(checker.name + ": " + std::string(to_string(checker.verdict)));
      if (checker.evidence() > 0) {
        out_ += "  " + counted(checker.evidence(), "anomaly", "anomalies") + "\n";
      }
      examples(checker);
      for (const std::string& note : checker.notes) paragraph(note, "  ", "  ");
    }
  }

  void numbers() {
    heading("Numbers");
    std::size_t widest = 0;
    for (const CheckerRecord& checker : run_.checkers) {
      widest = std::max(widest, checker.name.size());
    }
    for (const CheckerRecord& checker : run_.checkers) {
      std::string values;
      for (const auto& [name, value] : checker.values) {
        values += (values.empty() ? "" : ", ") + name + "\u00a0";  // not broken between
        values += bind_units(value);
      }
      const std::string indent(widest + 4, ' ');
      const std::string first = fmt::format("  {:<{}}  ", checker.name, widest);
      out_ += wrap(values, style_.columns, first, indent);
    }
  }

  // What faults kept from their nodes, and when it reached them.
  void absences() {
    if (run_.absences.empty()) return;
    heading("What nodes missed");
    for (std::size_t i = 0; i < run_.absences.size() && i < kFaultsShown; ++i) {
      const AbsenceRecord& absence = run_.absences[i];
      paragraph(
          absence.fault + ", " + absence.from + " to " + absence.to + ": " + sentence(absence),
          "  ", "    ");
    }
    if (run_.absences.size() > kFaultsShown) {
      out_ += fmt::format("  {} more faults in report.html\n", run_.absences.size() - kFaultsShown);
    }
  }

  // Anomalies that the configuration allows: counted, with one example of each kind.
  void allowed() {
    bool any = false;
    for (const CheckerRecord& checker : run_.checkers) {
      if (checker.anomalies_allowed == 0 || checker.allowed_is_evidence()) continue;
      if (!any) heading("Allowed by this configuration (--strict makes them invalid)");
      any = true;
      out_ += fmt::format("  {}: {}\n", checker.name,
                          counted(checker.anomalies_allowed, "anomaly", "anomalies"));
      std::set<std::string> kinds;
      for (const Example& one : checker.examples) {
        if (!one.allowed || !kinds.insert(one.kind).second) continue;
        paragraph(one.kind + ", for example: " + one.text, "  ", "    ");
        why_and_fate(checker, one);
      }
    }
  }

  void settings() {
    if (run_.settings.empty()) return;
    std::string all;
    for (const auto& [name, value] : run_.settings) {
      all += (all.empty() ? "" : ", ") + name + "\u00a0" + bind_units(value);
    }
    heading("Test");
    out_ += wrap(all, style_.columns, "  ", "  ");
  }

  void footer() {
    if (!run_.command.empty()) {
      heading("Repeat with");
      out_ += "  " + run_.command + "\n";
      if (!run_.trace_hash.empty()) out_ += fmt::format("  trace hash {}\n", run_.trace_hash);
    }
    if (!run_.folder.empty()) {
      heading("Results");
      out_ +=
          fmt::format("  {}\n  {}\n", run_.folder.string(), (run_.folder / "report.html").string());
    }
  }

  const RunRecord& run_;
  TextStyle style_;
  std::string out_;
};

}  // namespace

std::string text(const RunRecord& run, const TextStyle& style) {
  return Writer(run, style).write();
}

}  // namespace holdfast::report
