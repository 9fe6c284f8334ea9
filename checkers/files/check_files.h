// Judges history files of any known format: what `holdfast check FILE…` does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::checkers {

struct CheckOptions {
  std::vector<std::string> paths;         // files, folders to be walked, "-": standard input
  std::string format;                     // as in all_formats(); empty: by content
  std::string model;                      // as in all_models(); empty: what the operations suggest
  std::vector<std::string> checkers;      // as in all_trace_checkers(); empty: what fits
  std::string initial;                    // of a register or counter; empty: nil, or 0
  std::string nil_reads;                  // "any", "value", or empty: as the history's events tell
  std::string keys;                       // "none", "pairs", or empty: as all operations tell
  std::string order;                      // "file", "time", or empty: by index, else of the file
  std::vector<std::string> names;         // "process=client": our name of a field, and the file's
  bool text_numbers = false;              // "3" is 3
  std::string json;                       // a file for the verdicts; "-" is standard output
  std::uint64_t most_configurations = 0;  // of a search, per key; 0: the default
  std::uint64_t most_bytes = 0;
  std::string write;        // the one history, as a file in the format of this name's ending
  std::string html;         // the one history, as a page with a picture of it
  unsigned threads = 0;     // 0: as many as there are cores
  double time_limit_s = 0;  // past it what is not judged is unknown; 0: none
  // Set from outside to the same effect; then check_files sets it itself past the time limit.
  std::atomic<bool>* stop = nullptr;
  bool quiet = false;         // only the summary
  std::size_t columns = 100;  // of the text
};

// Prints a verdict a file with its evidence, and a summary; what is wrong with files and options, a
// line each, to standard error. Returns 0 if all are valid, 1 if one is invalid, 2 if one is
// unknown, 254 for wrong options or a file that cannot be read (that wins), 255 if a result cannot
// be written.
int check_files(const CheckOptions& options);

}  // namespace holdfast::checkers
