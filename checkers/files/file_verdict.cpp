#include "checkers/files/file_verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkers/formats/datum_parser.h"

namespace holdfast::checkers {
namespace {

std::string names(auto&& entries) {
  std::string all;
  for (const auto& entry : entries) all += (all.empty() ? "" : ", ") + std::string(entry.name);
  return all;
}

std::vector<std::string> in_words(const Trace& trace, const std::vector<std::uint32_t>& ops) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < ops.size() && i < 30; ++i) {
    words.push_back(describe(trace, trace.ops[ops[i]]));
  }
  if (ops.size() > 30) words.push_back("and " + std::to_string(ops.size() - 30) + " more");
  return words;
}

void set_model(FileVerdict& verdict, const CheckPlan& plan, Trace& trace, LinearOptions& options) {
  verdict.model = plan.model ? plan.model : guess_model(trace);
  options.model.kind = verdict.model.value_or(ModelKind::reg);
  options.limits = plan.limits;
  const bool edn = verdict.format == Format::edn;
  options.model.nil_read_matches_any = plan.nil_reads_match_any.value_or(edn);
  if (plan.initial.empty()) return;
  DatumParser parser(plan.initial, Notation::edn, trace.data);
  parser.value(options.model.initial);
}

constexpr const char* kStopped = "stopped before it was judged";

FileVerdict not_judged(FileVerdict verdict) {
  verdict.verdict = Verdict::unknown;
  verdict.warnings.push_back(kStopped);
  return verdict;
}

}  // namespace

Result<CheckPlan> plan_of(const CheckOptions& options) {
  CheckPlan plan;
  if (!options.format.empty()) {
    const std::optional<Format> format = parse_format(options.format);
    if (!format) {
      return fail("no format \"" + options.format + "\": expected " + names(all_formats()));
    }
    plan.format = *format;
  }
  if (!options.model.empty()) {
    plan.model = parse_model(options.model);
    if (!plan.model) {
      return fail("no model \"" + options.model + "\": expected " + names(all_models()));
    }
  }
  for (const std::string& name : options.checkers) {
    const TraceChecker* checker = find_trace_checker(name);
    if (checker == nullptr) {
      return fail("no checker \"" + name + "\": expected " + names(all_trace_checkers()));
    }
    plan.checkers.push_back(checker);
  }
  if (!options.nil_reads.empty() && options.nil_reads != "any" && options.nil_reads != "value") {
    return fail("nil reads \"" + options.nil_reads + "\": expected any or value");
  }
  if (!options.nil_reads.empty()) plan.nil_reads_match_any = options.nil_reads == "any";
  plan.initial = options.initial;
  Data data;
  Datum initial;
  DatumParser parser(plan.initial, Notation::edn, data);
  if (!plan.initial.empty() && !parser.value(initial)) {
    return fail("initial value \"" + plan.initial + "\": expected " + parser.expected());
  }
  if (options.most_configurations > 0) plan.limits.configurations = options.most_configurations;
  if (options.most_bytes > 0) plan.limits.bytes = options.most_bytes;
  return plan;
}

FileVerdict judge_file(const std::string& path, const CheckPlan& plan, unsigned threads) {
  FileVerdict verdict;
  verdict.path = path;
  // Versions cost memory: only those who need them pay.
  const bool versions =
      plan.checkers.empty() ||
      std::any_of(plan.checkers.begin(), plan.checkers.end(), [](const TraceChecker* checker) {
        return checker->name != "linearizable" && !checker->name.starts_with("set");
      });
  if (plan.limits.stopped()) return not_judged(std::move(verdict));
  Result<TraceFile> file = read_trace(path, {plan.format, versions, plan.limits.stop});
  if (!file) {
    verdict.error = file.error().message;
    return verdict;
  }
  verdict.format = file->format;
  verdict.warnings = std::move(file->warnings);
  Trace& trace = file->trace;
  verdict.operations = trace.ops.size();
  if (plan.limits.stopped()) return not_judged(std::move(verdict));
  LinearOptions options;
  options.threads = threads;
  set_model(verdict, plan, trace, options);
  for (const TraceChecker* checker :
       plan.checkers.empty() ? fitting_checkers(trace) : plan.checkers) {
    if (checker->name == "linearizable" && !verdict.model && !trace.ops.empty()) {
      verdict.judgements.push_back({"linearizable", Verdict::unknown, {}, {}, {}, {}});
      verdict.judgements.back().notes.push_back("the operations fit no model: name one");
    } else if (plan.limits.stopped()) {
      verdict.judgements.push_back({std::string(checker->name), {}, {}, {}, {}, {}});
      verdict.judgements.back().unknown(kStopped);
    } else {
      verdict.judgements.push_back(checker->check(trace, options));
    }
    const Judgement& judgement = verdict.judgements.back();
    verdict.verdict = worst(verdict.verdict, judgement.verdict);
    auto& evidence = verdict.evidence.emplace_back();
    for (const Finding& finding : judgement.findings) {
      evidence.push_back(
          in_words(trace, finding.smallest.empty() ? finding.ops : finding.smallest));
    }
  }
  return verdict;
}

std::string as_text(const FileVerdict& verdict, bool quiet) {
  if (!verdict.error.empty()) return "error    " + verdict.error + "\n";
  const std::string word(to_string(verdict.verdict));
  std::string text = word + std::string(9 - std::min<std::size_t>(8, word.size()), ' ');
  text += verdict.path + " (" + std::string(name_of(verdict.format)) + ", ";
  if (verdict.model) text += std::string(name_of(*verdict.model)) + ", ";
  text += std::to_string(verdict.operations) + " operations)\n";
  if (quiet) return text;
  for (const std::string& warning : verdict.warnings) text += "  warning: " + warning + "\n";
  for (std::size_t j = 0; j < verdict.judgements.size(); ++j) {
    const Judgement& judgement = verdict.judgements[j];
    const bool dull = judgement.verdict == Verdict::valid && judgement.notes.empty();
    if (verdict.judgements.size() == 1 && dull) continue;
    text += "  " + judgement.checker + ": " + std::string(to_string(judgement.verdict));
    for (const auto& [name, number] : judgement.counts) {
      text += ", " + name + " " + std::to_string(number);
    }
    text += "\n";
    for (const std::string& note : judgement.notes) text += "    " + note + "\n";
    for (std::size_t f = 0; f < judgement.findings.size(); ++f) {
      const Finding& finding = judgement.findings[f];
      text += "    " + finding.kind + ": " + finding.text + "\n";
      for (const std::string& line : finding.details) text += "      " + line + "\n";
      text += finding.smallest.empty() ? "      concerned:\n"
                                       : "      a smallest part that is wrong by itself:\n";
      for (const std::string& op : verdict.evidence[j][f]) text += "        " + op + "\n";
    }
  }
  return text;
}

std::string as_json(const std::vector<FileVerdict>& verdicts) {
  using nlohmann::ordered_json;
  ordered_json files = ordered_json::array();
  for (const FileVerdict& verdict : verdicts) {
    ordered_json file = {{"file", verdict.path}};
    if (!verdict.error.empty()) {
      file["error"] = verdict.error;
      files.push_back(std::move(file));
      continue;
    }
    file["verdict"] = to_string(verdict.verdict);
    file["format"] = name_of(verdict.format);
    if (verdict.model) file["model"] = name_of(*verdict.model);
    file["operations"] = verdict.operations;
    if (!verdict.warnings.empty()) file["warnings"] = verdict.warnings;
    ordered_json& checkers = file["checkers"] = ordered_json::object();
    for (std::size_t j = 0; j < verdict.judgements.size(); ++j) {
      const Judgement& judgement = verdict.judgements[j];
      ordered_json& one = checkers[judgement.checker];
      one["verdict"] = to_string(judgement.verdict);
      for (const auto& [name, number] : judgement.counts) one[name] = number;
      if (!judgement.notes.empty()) one["notes"] = judgement.notes;
      for (const Table& table : judgement.tables) {
        ordered_json& rows = one["tables"][table.name];
        rows = {{"columns", table.columns}, {"rows", ordered_json::array()}};
        for (const Table::Row& row : table.rows) {
          ordered_json cells = {row.label};
          for (const std::int64_t number : row.numbers) cells.push_back(number);
          rows["rows"].push_back(std::move(cells));
        }
      }
      for (std::size_t f = 0; f < judgement.findings.size(); ++f) {
        const Finding& finding = judgement.findings[f];
        one["findings"].push_back({{"kind", finding.kind},
                                   {"text", finding.text},
                                   {"details", finding.details},
                                   {"operations", verdict.evidence[j][f]}});
      }
    }
    files.push_back(std::move(file));
  }
  return files.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::checkers
