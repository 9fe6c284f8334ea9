#include "harness/cli/progress_line.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(ProgressLine, ShowsPhaseTimeOperationsFaultsAndHints) {
  Progress progress;
  progress.phase = "load";
  progress.time_ns = 43'203'000'000'000;
  progress.operations = 1'234'567;
  progress.operations_planned = 1'670'000;
  progress.faults = 1;
  progress.hints_pending = 1234;
  EXPECT_EQ(format_progress(progress),
            "load         12:00:03  1,234,567 of 1,670,000 operations  1 fault  "
            "1,234 hints pending");
}

TEST(ProgressLine, SaysWhatTheRunIsWaitingFor) {
  Progress progress;
  progress.phase = "drain";
  progress.operations = 5;
  progress.waiting_for = "hints for n3";
  EXPECT_EQ(format_progress(progress),
            "drain        00:00:00  5 operations  waiting for hints for n3");
}

}  // namespace
}  // namespace holdfast::harness
