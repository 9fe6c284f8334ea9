// The live line of a run: on a terminal one line that is drawn again and again, elsewhere a line
// every few seconds, so that a log shows that the run goes on.
#pragma once

#include <cstdint>
#include <string>

#include "harness/runner.h"

namespace holdfast::harness {

// "load  12:00:03  1,234,567 of 1,670,000 operations  2 faults  1,234 hints pending".
std::string format_progress(const Progress& progress);

class ProgressLine {
 public:
  // Draws to the standard error, if `quiet` is not set.
  explicit ProgressLine(bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cheap if it is not yet time to draw.
  void show(const Progress& progress, std::int64_t wall_ns);
  // Removes the line from a terminal.
  void clear();

 private:
  bool quiet_;
  bool terminal_;
  std::size_t width_ = 0;  // of what is drawn now
  std::int64_t drawn_ns_ = 0;
};

}  // namespace holdfast::harness
