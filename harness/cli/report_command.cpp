// holdfast report: a finished run's report, again.
#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_folder.h"
#include "report/report.h"

namespace holdfast::harness {

int report(const ReportCommand& command) {
  const Result<std::filesystem::path> folder = find_run_folder(command.folder);
  if (!folder) return complain(folder.error().message, kExitBadArguments);
  const Result<report::RunRecord> record = report::read_run(*folder);
  if (!record) return complain(record.error().message, kExitHarnessError);
  const Result<> written = report::write_files(*record, *folder);
  if (!written) return complain(written.error().message, kExitHarnessError);
  fmt::print("{}", report::text(*record, report::style_of_standard_output()));
  return kExitValid;
}

}  // namespace holdfast::harness
