// holdfast check: judges recorded runs again, also those that were cut short, and histories of any
// system, in any known format.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "checkers/history_file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/cli/run_folder.h"
#include "harness/evidence.h"
#include "report/report.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// What the run measured of itself: no judgement changes it.
RunFigures figures_of(const fs::path& folder) {
  std::ifstream file(folder / "results.json");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  RunFigures figures;
  if (!json.is_object()) return figures;
  figures.simulated_s = json.value("simulated_s", 0.0);
  figures.wall_s = json.value("wall_s", 0.0);
  figures.trace_hash = std::strtoull(json.value("trace_hash", "0").c_str(), nullptr, 16);
  const auto run = json.value("run", nlohmann::json::object());
  figures.events = run.value("events", std::uint64_t{0});
  figures.messages = run.value("messages", std::uint64_t{0});
  figures.faults = run.value("faults", std::uint64_t{0});
  figures.repair_rounds = run.value("repair_rounds", std::uint32_t{0});
  for (const auto& sample : run.value("hints_pending_by_ms", nlohmann::json::array())) {
    figures.hints_pending.push_back(
        {sample.at(0).get<std::int64_t>() * 1'000'000, sample.at(1).get<std::uint64_t>()});
  }
  return figures;
}

Result<Judgement> check_folder(const fs::path& folder, bool strict) {
  Result<Evidence> evidence = load_evidence(folder);
  if (!evidence) return evidence.error();
  if (strict) evidence->test.strict = true;
  RunFigures figures;
  try {
    figures = figures_of(folder);
  } catch (const nlohmann::json::exception& error) {
    return fail((folder / "results.json").string() + ": " + error.what());
  }
  return judge_evidence(*evidence, figures);
}

// Nothing is known of the configuration: every anomaly counts.
Result<Judgement> judge_history(const fs::path& path, checkers::HistoryFile file) {
  Evidence evidence;
  evidence.test.name = path.filename();
  evidence.test.strict = true;
  evidence.history = std::move(file.history);
  evidence.notes = std::move(file.warnings);
  evidence.notes.push_back(
      "a history on its own: without dumps nobody knows what the nodes held, and without a "
      "configuration every anomaly counts");
  return judge_evidence(evidence, {});
}

int show(const fs::path& path, const Judgement& judgement) {
  std::optional<report::RunRecord> record;
  if (fs::is_directory(path)) {
    std::ofstream file(path / "results.json");
    file << judgement.results_json;
    file.close();
    if (!file) {
      return complain("cannot write " + (path / "results.json").string(), kExitHarnessError);
    }
    Result<report::RunRecord> read = report::read_run(path);
    if (!read) return complain(read.error().message, kExitHarnessError);
    const Result<> written = report::write_files(*read, path);
    if (!written) return complain(written.error().message, kExitHarnessError);
    record = std::move(*read);
  } else {
    record = report::parse_run(judgement.results_json, "");
  }
  fmt::print("{}", report::text(*record, report::style_of_standard_output()));
  return exit_code(judgement.verdict);
}

// How bad an exit code is: what could not be judged is worse than any verdict.
int severity(int code) {
  switch (code) {
    case kExitValid:
      return 0;
    case kExitUnknown:
      return 1;
    case kExitInvalid:
      return 2;
    default:
      return code;
  }
}

// What to make of a path: a run, or files of any format, a history of ours without its run among
// them.
enum class Subject { run, files };

Subject subject_of(const fs::path& path, bool has_options) {
  std::error_code ignored;
  if (has_options) return Subject::files;
  if (fs::is_directory(path, ignored)) {
    return find_run_folder(path) ? Subject::run : Subject::files;
  }
  const bool of_a_run = fs::is_regular_file(path, ignored) &&
                        fs::exists(fs::absolute(path).parent_path() / "run.json", ignored);
  return of_a_run ? Subject::run : Subject::files;
}

// A history that only Holdfast can have recorded, with the ids of its writes.
std::optional<checkers::HistoryFile> our_history(const fs::path& path, bool has_options) {
  if (has_options || path.extension() != ".jsonl") return std::nullopt;
  Result<checkers::HistoryFile> file = checkers::read_history(path);
  if (!file) return std::nullopt;
  // Other tools' events with keys look the same, but for the ids.
  const auto& operations = file->history.operations;
  const bool ours = std::any_of(operations.begin(), operations.end(),
                                [](const auto& operation) { return operation.id.is_set(); });
  if (!ours) return std::nullopt;
  return std::move(*file);
}

int check_run(const fs::path& path, bool strict) {
  std::error_code ignored;
  const Result<fs::path> folder =
      find_run_folder(fs::is_regular_file(path, ignored) ? fs::absolute(path).parent_path() : path);
  if (!folder) return complain(folder.error().message, kExitBadArguments);
  const Result<Judgement> judgement = check_folder(*folder, strict);
  if (!judgement) return complain(judgement.error().message, kExitBadArguments);
  return show(*folder, *judgement);
}

int check_lone_history(const fs::path& path, checkers::HistoryFile file) {
  const Result<Judgement> judgement = judge_history(path, std::move(file));
  if (!judgement) return complain(judgement.error().message, kExitBadArguments);
  return show(path, *judgement);
}

}  // namespace

int check(const CheckCommand& command) {
  int worst = kExitValid;
  const auto take = [&worst](int code) {
    if (severity(code) > severity(worst)) worst = code;
  };
  checkers::CheckOptions files = command.options;
  bool first = true;
  for (const fs::path& path : command.paths) {
    const bool is_run = subject_of(path, command.has_options) == Subject::run;
    std::optional<checkers::HistoryFile> ours;
    if (!is_run) ours = our_history(path, command.has_options);
    if (!is_run && !ours) {
      files.paths.push_back(path);
      continue;
    }
    if (!first) fmt::print("\n");
    first = false;
    take(is_run ? check_run(path, command.strict) : check_lone_history(path, std::move(*ours)));
  }
  if (files.paths.empty()) return worst;
  // Together, so that they are judged in parallel and summed up once.
  std::atomic<bool> stop{false};
  files.stop = &stop;
  files.columns = report::style_of_standard_output().columns;
  const Interruption interruption("\nstopping: what is not judged is unknown; Ctrl-C again ends\n",
                                  [&stop] { stop = true; });
  take(checkers::check_files(files));
  return worst;
}

}  // namespace holdfast::harness
