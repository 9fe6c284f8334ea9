// The verdict on one file, and how it is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkers/files/check_files.h"
#include "checkers/files/history_path.h"
#include "checkers/formats/trace_file.h"
#include "checkers/models/judgement.h"

namespace holdfast::checkers {

struct FileVerdict {
  std::string path;
  std::string error;  // set: the file cannot be read, and there is no verdict
  Format format = Format::automatic;
  std::string model;           // its name; empty: the operations fit none
  bool model_guessed = false;  // nobody named it
  std::size_t keys = 0;        // that the history has; 0: it has none
  std::size_t operations = 0;
  Verdict verdict = Verdict::valid;
  std::vector<Judgement> judgements;
  std::vector<std::string> warnings;
  std::string cannot_write;  // set: the format has no words for this history
  std::string not_written;   // set: why it could not be written to CheckPlan::write or html
  // Each finding's operations in words, by judgement and finding.
  std::vector<std::vector<std::vector<std::string>>> evidence;
};

// What the options ask for, understood. An error is what is wrong with them.
struct CheckPlan {
  ReadOptions read;
  std::string model;  // a name; empty: what the operations suggest
  std::vector<const TraceChecker*> checkers;
  std::optional<bool> nil_reads_match_any;
  std::string initial;
  std::string write;
  std::string html;
  Limits limits;
};
Result<CheckPlan> plan_of(const CheckOptions& options);

FileVerdict judge_file(const HistoryPath& path, const CheckPlan& plan, unsigned threads);

// In lines of so many columns. REQUIRES: the file could be read.
std::string as_text(const FileVerdict& verdict, bool quiet, std::size_t columns);
// All verdicts as one JSON document.
std::string as_json(const std::vector<FileVerdict>& verdicts);

}  // namespace holdfast::checkers
