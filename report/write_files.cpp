#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "report/report.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kNarrowest = 40;

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
  if (::isatty(STDOUT_FILENO) != 1) return style;
  style.colour = no_colour == nullptr || *no_colour == '\0';
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.columns = std::clamp<std::size_t>(size.ws_col, kNarrowest, style.columns);
  }
  return style;
}

Result<> write_files(const RunRecord& run, const std::filesystem::path& folder) {
  Result<> written = write_file(folder / "report.html", html(run));
  if (!written) return written;
  return write_file(folder / "junit.xml", junit(run));
}

}  // namespace holdfast::report
