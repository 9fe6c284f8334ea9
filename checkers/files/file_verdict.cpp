#include "checkers/files/file_verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkers/formats/byte_source.h"
#include "checkers/formats/datum_parser.h"
#include "checkers/picture/history_page.h"
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
  verdict.model_guessed = plan.model.empty();
  verdict.model = verdict.model_guessed ? suggested_model(trace) : plan.model;
  options.model.kind = parse_model(verdict.model).value_or(ModelKind::reg);
  options.limits = plan.limits;
  options.model.nil_read_matches_any = plan.nil_reads_match_any.value_or(!trace.nil_is_value);
  if (plan.initial.empty()) return;
  DatumParser parser(plan.initial, Notation::edn, trace.data);
  parser.value(options.model.initial);
}

// A judgement by a model that nobody named is none where the model fits badly.
Judgement judge(const TraceChecker& checker, const FileVerdict& verdict, const Trace& trace,
                const LinearOptions& options) {
  if (checker.name == "linearizable" && verdict.model_guessed) {
    const std::string why =
        verdict.model.empty() ? "the operations fit no model" : misfit(trace, options.model);
    if (!why.empty()) {
      Judgement judgement;
      judgement.checker = checker.name;
      const std::string guess =
          verdict.model.empty() ? ""
                                : "the model " + verdict.model + " was guessed and fits badly: ";
      judgement.unknown(guess + why + "; --model NAME decides (holdfast list models)");
      return judgement;
    }
  }
  return checker.check(trace, options);
}

// Whether a read of what nobody had written then can be of what a register held at first.
std::optional<Datum> read_at_first(const Trace& trace, std::uint32_t key) {
  const auto seen = [](const Op& op) { return op.action == Action::cas ? op.input : op.output; };
  for (const Op& read : trace.ops) {
    const bool reads = read.action == Action::read || read.action == Action::cas;
    if (read.key != key || !reads || read.outcome != Outcome::ok || seen(read).is_nil()) continue;
    const bool written = std::any_of(trace.ops.begin(), trace.ops.end(), [&](const Op& op) {
      const Datum value = op.action == Action::cas ? op.output : op.input;
      return op.key == key && op.action != Action::read && op.outcome != Outcome::fail &&
             op.call <= read.ret && (value == seen(read) || op.ret < read.call);
    });
    if (!written) return seen(read);
    return std::nullopt;
  }
  return std::nullopt;
}

void mention_initial(const CheckPlan& plan, const Trace& trace, const Model& model,
                     Judgement& judgement) {
  if (!plan.initial.empty() || judgement.checker != "linearizable") return;
  if (model.kind != ModelKind::reg) return;
  for (Finding& finding : judgement.findings) {
    if (finding.ops.empty()) continue;
    const auto first = read_at_first(trace, trace.ops[finding.ops.front()].key);
    if (!first) continue;
    const std::string text = trace.data.text(*first);
    finding.details.push_back("the first read returned " + text +
                              ": if that was there before, --initial " + text + " says so");
  }
}

constexpr const char* kStopped = "stopped before it was judged";

FileVerdict not_judged(FileVerdict verdict, const CheckPlan& plan) {
  if (!plan.write.empty()) verdict.not_written = plan.write + ": not written: stopped before";
  verdict.verdict = Verdict::unknown;
  verdict.warnings.push_back(kStopped);
  return verdict;
}

// How files are read, but for their format.
Result<> set_reading(const CheckOptions& options, ReadOptions& read) {
  if (!options.keys.empty() && options.keys != "none" && options.keys != "pairs") {
    return fail("keys \"" + options.keys + "\": expected none or pairs");
  }
  if (!options.keys.empty()) read.keys = options.keys == "none" ? KeyRule::none : KeyRule::pairs;
  if (!options.order.empty() && options.order != "file" && options.order != "time") {
    return fail("order \"" + options.order + "\": expected file or time");
  }
  if (!options.order.empty()) read.order = options.order == "file" ? Order::file : Order::time;
  for (const std::string& name : options.names) {
    const std::size_t equals = name.find('=');
    if (equals == 0 || equals == name.npos || equals + 1 == name.size()) {
      return fail("map \"" + name + "\": expected OURS=THEIRS, such as process=client");
    }
    read.names.emplace_back(name.substr(0, equals), name.substr(equals + 1));
  }
  read.text_numbers = options.text_numbers;
  return {};
}

void write_history(FileVerdict& verdict, const Trace& trace, const std::string& path) {
  Format format = *format_of_name(path);
  // A name that ends in .txt is of Porcupine's log or of Jepsen's table.
  if (format == Format::porcupine_kv && !can_print(trace, format)) format = Format::jepsen_table;
  if (const Result<> possible = can_print(trace, format); !possible) {
    verdict.cannot_write = path + ": " + possible.error().message;
    return;
  }
  const Result<> written = write_file(path, print_trace(trace, format));
  if (!written) verdict.not_written = written.error().message;
}

// The first file that can be read to its end; else the one with most operations.
Result<TraceFile> read_best(const HistoryPath& path, const ReadOptions& options,
                            std::string& chosen) {
  std::optional<Result<TraceFile>> best;
  for (const std::string& file : path) {
    Result<TraceFile> read = read_trace(file, options);
    const bool better =
        !best || (read && (!*best || read->trace.ops.size() > (*best)->trace.ops.size()));
    const bool complete = read && read->complete;
    if (better || complete) {
      best = std::move(read);
      chosen = file;
    }
    if (complete) break;
  }
  return std::move(*best);
}

}  // namespace

Result<CheckPlan> plan_of(const CheckOptions& options) {
  CheckPlan plan;
  if (!options.format.empty()) {
    const std::optional<Format> format = parse_format(options.format);
    if (!format) {
      return fail("no format \"" + options.format + "\": expected " + names(all_formats()));
    }
    plan.read.format = *format;
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
  const Result<> read = set_reading(options, plan.read);
  if (!read) return read.error();
  if (!options.nil_reads.empty()) plan.nil_reads_match_any = options.nil_reads == "any";
  if (!options.write.empty() && !format_of_name(options.write)) {
    return fail(
        options.write +
        ": expected a name that ends in .jsonl, .edn, .log or .txt, with .gz or .zst behind "
        "it or not");
  }
  plan.write = options.write;
  plan.html = options.html;
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

FileVerdict judge_file(const HistoryPath& path, const CheckPlan& plan, unsigned threads) {
  FileVerdict verdict;
  verdict.path = path.front();
  // Versions cost memory: only those who need them pay.
  const bool versions =
      plan.checkers.empty() ||
      std::any_of(plan.checkers.begin(), plan.checkers.end(), [](const TraceChecker* checker) {
        return checker->name != "linearizable" && !checker->name.starts_with("set");
      });
  if (plan.limits.stopped()) return not_judged(std::move(verdict), plan);
  ReadOptions reading = plan.read;
  reading.versions = versions;
  reading.stop = plan.limits.stop;
  Result<TraceFile> file = read_best(path, reading, verdict.path);
  if (!file) {
    verdict.error = file.error().message;
    return verdict;
  }
  verdict.format = file->format;
  verdict.warnings = std::move(file->warnings);
  Trace& trace = file->trace;
  verdict.operations = trace.ops.size();
  verdict.keys = trace.keys.size() == 1 && trace.keys[0].empty() ? 0 : trace.keys.size();
  if (plan.limits.stopped()) return not_judged(std::move(verdict), plan);
  if (!plan.write.empty()) {
    write_history(verdict, trace, plan.write);
  }
  LinearOptions options;
  options.threads = threads;
  set_model(verdict, plan, trace, options);
  for (const TraceChecker* checker :
       plan.checkers.empty() ? fitting_checkers(trace) : plan.checkers) {
    if (plan.limits.stopped()) {
      verdict.judgements.push_back({std::string(checker->name), {}, {}, {}, {}, {}});
      verdict.judgements.back().unknown(kStopped);
    } else {
      verdict.judgements.push_back(judge(*checker, verdict, trace, options));
    }
    Judgement& judgement = verdict.judgements.back();
    mention_initial(plan, trace, options.model, judgement);
    verdict.verdict = worst(verdict.verdict, judgement.verdict);
    auto& evidence = verdict.evidence.emplace_back();
    for (const Finding& finding : judgement.findings) {
      evidence.push_back(
          in_words(trace, finding.smallest.empty() ? finding.ops : finding.smallest));
    }
  }
  if (!plan.html.empty()) {
    const Result<> written = write_file(
        plan.html,
        history_page(trace, name_of_source(verdict.path), verdict.verdict, verdict.judgements));
    if (!written) verdict.not_written = written.error().message;
  }
  return verdict;
}

namespace {

std::string counted(std::size_t number, const char* noun) {
  return (number == 0 ? "no" : std::to_string(number)) + ' ' + noun + (number == 1 ? "" : "s");
}

}  // namespace

std::string as_text(const FileVerdict& verdict, bool quiet, std::size_t columns) {
  const std::string word(to_string(verdict.verdict));
  std::string text = word + std::string(9 - std::min<std::size_t>(8, word.size()), ' ');
  text += name_of_source(verdict.path) + " (" + std::string(name_of(verdict.format)) + ", ";
  if (!verdict.model.empty()) {
    text += "model " + verdict.model + (verdict.model_guessed ? " (guessed), " : ", ");
  }
  text += counted(verdict.keys, "key") + ", " + counted(verdict.operations, "operation") + ")\n";
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
      const bool time = name.ends_with("_ns");
      head += ", " + (time ? name.substr(0, name.size() - 3) + ' ' + length_text(number)
                           : name + ' ' + std::to_string(number));
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
    if (!verdict.model.empty()) {
      file["model"] = verdict.model;
      file["model_guessed"] = verdict.model_guessed;
    }
    file["keys"] = verdict.keys;
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
