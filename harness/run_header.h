// What the run.json of a run's folder says of the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct RunHeader {
  TestFile test;
  std::uint64_t seed = 1;
  std::string cluster;  // "sim", "loopback"
  std::string version;  // of the program; like the commit empty if it is not there
  std::string commit;
};

Result<RunHeader> read_run_header(const std::filesystem::path& folder);

}  // namespace holdfast::harness
