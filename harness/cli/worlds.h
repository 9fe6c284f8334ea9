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
#include "harness/proc/place.h"
#include "harness/ssh/hosts_file.h"
#include "harness/test_file/test_file.h"
#include "nemesis/linux/sandbox.h"

namespace holdfast::harness {

struct WorldOptions {
  std::string on;  // one of kWorlds
  std::uint64_t seed = 1;
  std::filesystem::path folder;        // of the run
  std::filesystem::path node_program;  // empty: beside this program
  bool keep_data = false;
  const Janitor* janitor = nullptr;
  std::optional<nemesis::Sandbox> sandbox;  // for "netns": the one that this program is in
  HostsFile hosts;                          // for "ssh"
};

// The names of --on.
inline const std::vector<std::string> kWorlds = {"sim", "loopback", "netns", "ssh"};

// Reads the hosts file that --hosts names, which goes with --on ssh.
Result<> take_hosts(WorldOptions& world, const std::filesystem::path& file);
// Where the nodes of a world of real processes live.
std::unique_ptr<Place> make_place(const WorldOptions& options);

// Nothing is started yet. REQUIRES: validate(test) is ok.
std::unique_ptr<Cluster> make_world(const TestFile& test, const WorldOptions& options);

}  // namespace holdfast::harness
