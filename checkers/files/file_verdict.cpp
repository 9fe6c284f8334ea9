#include "checkers/files/file_verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkers/formats/byte_source.h"
#include "checkers/formats/datum_parser.h"
#include "node/base/wrap.h"

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

// The name of the model that the operations suggest; empty if they fit none.
std::string suggested_model(const Trace& trace) {
  const std::optional<ModelKind> kind = guess_model(trace);
  if (!kind) return "";
  const bool has_cas = std::any_of(trace.ops.begin(), trace.ops.end(),
                                   [](const Op& op) { return op.action == Action::cas; });
  return has_cas ? "cas-register" : std::string(name_of(*kind));
}

void set_model(FileVerdict& verdict, const CheckPlan& plan, Trace& trace, LinearOptions& options) {
  verdict.model = plan.model.empty() ? suggested_model(trace) : plan.model;
  options.model.kind = parse_model(verdict.model).value_or(ModelKind::reg);
  options.limits = plan.limits;
  const bool edn = verdict.format == Format::edn;
  options.model.nil_read_matches_any = plan.nil_reads_match_any.value_or(edn);
  if (plan.initial.empty()) return;
  DatumParser parser(plan.initial, Notation::edn, trace.data);
  parser.value(options.model.initial);
}

constexpr const char* kStopped = "stopped before it was judged";

FileVerdict not_judged(FileVerdict verdict, const CheckPlan& plan) {
  if (!plan.write.empty()) verdict.not_written = plan.write + ": not written: stopped before";
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
    plan.model = options.model;
    if (!parse_model(options.model)) {
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
  if (!options.write.empty() && !format_of_name(options.write)) {
    return fail(
        options.write +
        ": expected a name that ends in .jsonl, .edn, .log or .txt, with .gz or .zst behind "
        "it or not");
  }
  plan.write = options.write;
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
  if (plan.limits.stopped()) return not_judged(std::move(verdict), plan);
  Result<TraceFile> file = read_trace(path, {plan.format, versions, plan.limits.stop});
  if (!file) {
    verdict.error = file.error().message;
    return verdict;
  }
  verdict.format = file->format;
  verdict.warnings = std::move(file->warnings);
  Trace& trace = file->trace;
  verdict.operations = trace.ops.size();
  if (plan.limits.stopped()) return not_judged(std::move(verdict), plan);
  if (!plan.write.empty()) {
    const Format format = *format_of_name(plan.write);
    if (const Result<> possible = can_print(trace, format); !possible) {
      verdict.error = plan.write + ": " + possible.error().message;
      return verdict;
    }
    const Result<> written = write_file(plan.write, print_trace(trace, format));
    if (!written) verdict.not_written = written.error().message;
  }
  LinearOptions options;
  options.threads = threads;
  set_model(verdict, plan, trace, options);
  for (const TraceChecker* checker :
       plan.checkers.empty() ? fitting_checkers(trace) : plan.checkers) {
    if (checker->name == "linearizable" && verdict.model.empty() && !trace.ops.empty()) {
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

std::string as_text(const FileVerdict& verdict, bool quiet, std::size_t columns) {
  const std::string word(to_string(verdict.verdict));
  std::string text = word + std::string(9 - std::min<std::size_t>(8, word.size()), ' ');
  text += name_of_source(verdict.path) + " (" + std::string(name_of(verdict.format)) + ", ";
  if (!verdict.model.empty()) text += verdict.model + ", ";
  text += std::to_string(verdict.operations) + " operations)\n";
  if (quiet) return text;
  const auto put = [&](std::size_t indent, const std::string& line) {
    const std::string first(indent, ' ');
    const bool fits = indent + width(line) <= columns;
    text += fits ? first + line + "\n" : wrap(line, columns, first, first + "  ");
  };
  for (const std::string& warning : verdict.warnings) put(2, "warning: " + warning);
  for (std::size_t j = 0; j < verdict.judgements.size(); ++j) {
    const Judgement& judgement = verdict.judgements[j];
    const bool dull = judgement.verdict == Verdict::valid && judgement.notes.empty();
    if (verdict.judgements.size() == 1 && dull) continue;
    std::string head = judgement.checker + ": " + std::string(to_string(judgement.verdict));
    for (const auto& [name, number] : judgement.counts) {
      head += ", " + name + " " + std::to_string(number);
    }
    put(2, head);
    for (const std::string& note : judgement.notes) put(4, note);
    for (std::size_t f = 0; f < judgement.findings.size(); ++f) {
      const Finding& finding = judgement.findings[f];
      put(4, finding.kind + ": " + finding.text);
      for (const std::string& line : finding.details) put(6, line);
      put(6, finding.smallest.empty() ? "concerned:" : "a smallest part that is wrong by itself:");
      for (const std::string& op : verdict.evidence[j][f]) put(8, op);
    }
  }
  return text;
}

std::string as_json(const std::vector<FileVerdict>& verdicts) {
  using nlohmann::ordered_json;
  ordered_json files = ordered_json::array();
  for (const FileVerdict& verdict : verdicts) {
    ordered_json file = {{"file", name_of_source(verdict.path)}};
    if (!verdict.error.empty()) {
      file["error"] = verdict.error;
      files.push_back(std::move(file));
      continue;
    }
    file["verdict"] = to_string(verdict.verdict);
    file["format"] = name_of(verdict.format);
    if (!verdict.model.empty()) file["model"] = verdict.model;
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
