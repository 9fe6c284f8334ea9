// Processor time that processes have used.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace holdfast::bench {

// Of other processes, user and system together.
inline double seconds_used_by(const std::vector<int>& processes) {
  double ticks = 0;
  for (const int process : processes) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    std::getline(file, line);
    // The name may hold anything; what follows it are state and numbers.
    std::size_t at = line.rfind(')') + 2;
    for (int field = 3; field < 14; ++field) at = line.find(' ', at) + 1;
    std::size_t size = 0;
    ticks += std::stod(line.substr(at), &size);
    ticks += std::stod(line.substr(at + size));
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Of this one.
inline double own_seconds_used() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace holdfast::bench
