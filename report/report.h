// The reports of a finished run: text for a terminal, HTML for a browser, JUnit for CI.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "node/base/result.h"
#include "report/run_record.h"

namespace holdfast::report {

struct TextStyle {
  std::size_t columns = 100;
  bool colour = false;
};
// As wide as a terminal that is narrower. Colours only on a terminal, and not if NO_COLOR is set.
TextStyle style_of_standard_output();

// The verdict first, then the evidence, then the numbers.
std::string text(const RunRecord& run, const TextStyle& style);
// One self-contained page.
std::string html(const RunRecord& run);
// A test case for each checker.
std::string junit(const RunRecord& run);

// "missed 120 writes: 90 came by hints, the last 2 s after its end, 30 by repair; equal after 4 s".
std::string sentence(const AbsenceRecord& absence);

// Writes report.html and junit.xml into the folder. The error names the file.
Result<> write_files(const RunRecord& run, const std::filesystem::path& folder);

}  // namespace holdfast::report
