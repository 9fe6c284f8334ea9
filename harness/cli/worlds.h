// The clusters that a test can run on, by the names of --on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/cluster.h"
#include "harness/test_file.h"

namespace holdfast::harness {

struct WorldOptions {
  std::string on;  // "sim" or "loopback"
  std::uint64_t seed = 1;
  std::filesystem::path folder;        // of the run
  std::filesystem::path node_program;  // empty: beside this program
  bool keep_data = false;
};

// Nothing is started yet. REQUIRES: validate(test) is ok.
std::unique_ptr<Cluster> make_world(const TestFile& test, const WorldOptions& options);

}  // namespace holdfast::harness
