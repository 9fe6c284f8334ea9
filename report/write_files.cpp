#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "report/report.h"

namespace holdfast::report {
namespace {

Result<> write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail("cannot write " + path.string());
  return {};
}

}  // namespace

TextStyle style_of_standard_output() {
  const char* const no_colour = std::getenv("NO_COLOR");
  TextStyle style;
  style.colour = ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
  return style;
}

Result<> write_files(const RunRecord& run, const std::filesystem::path& folder) {
  const Result<> written = write_file(folder / "report.html", html(run));
  if (!written) return written;
  return write_file(folder / "junit.xml", junit(run));
}

}  // namespace holdfast::report
