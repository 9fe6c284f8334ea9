#include "harness/cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "report/number.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kTerminalInterval_ns = kSecond_ns / 10;
constexpr std::int64_t kLogInterval_ns = 5 * kSecond_ns;

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string format_progress(const Progress& progress) {
  const std::int64_t seconds = progress.time_ns / kSecond_ns;
  std::string line = fmt::format("{:<12} {:02}:{:02}:{:02}", progress.phase, seconds / 3600,
                                 seconds / 60 % 60, seconds % 60);
  line += "  " + report::grouped(progress.operations);
  if (progress.operations_planned > 0) {
    line += " of " + report::grouped(progress.operations_planned);
  }
  line += " operations";
  if (progress.faults > 0) {
    line += fmt::format("  {} fault{}", progress.faults, progress.faults == 1 ? "" : "s");
  }
  if (progress.hints_pending > 0) {
    line += "  " + report::grouped(progress.hints_pending) + " hints pending";
  }
  if (!progress.waiting_for.empty()) line += "  waiting for " + progress.waiting_for;
  return line;
}

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(const Progress& progress, std::int64_t wall_ns) {
  const std::int64_t interval_ns = terminal_ ? kTerminalInterval_ns : kLogInterval_ns;
  if (quiet_ || wall_ns - drawn_ns_ < interval_ns) return;
  drawn_ns_ = wall_ns;
  std::string line = format_progress(progress);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  const std::size_t columns = terminal_columns() - 1;
  if (line.size() > columns) line.resize(columns);
  const std::size_t width = line.size();
  if (width < width_) line.append(width_ - width, ' ');
  fmt::print(stderr, "\r{}", line);
  std::fflush(stderr);
  width_ = width;
}

void ProgressLine::clear() {
  if (!terminal_ || width_ == 0) return;
  fmt::print(stderr, "\r{:{}}\r", "", width_);
  std::fflush(stderr);
  width_ = 0;
}

}  // namespace holdfast::harness
