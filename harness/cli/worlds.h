// The clusters that a test can run on, by the names of --on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster.h"
#include "harness/proc/janitor.h"
#include "harness/test_file.h"
#include "nemesis/linux/sandbox.h"

namespace holdfast::harness {

struct WorldOptions {
  std::string on;  // "sim", "loopback" or "netns"
  std::uint64_t seed = 1;
  std::filesystem::path folder;        // of the run
  std::filesystem::path node_program;  // empty: beside this program
  bool keep_data = false;
  const Janitor* janitor = nullptr;
  std::optional<nemesis::Sandbox> sandbox;  // for "netns": the one that this program is in
};

// The names of --on.
inline const std::vector<std::string> kWorlds = {"sim", "loopback", "netns"};

// Nothing is started yet. REQUIRES: validate(test) is ok.
std::unique_ptr<Cluster> make_world(const TestFile& test, const WorldOptions& options);

}  // namespace holdfast::harness
