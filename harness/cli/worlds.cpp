#include "harness/cli/worlds.h"

#include "harness/campaign/simulate.h"
#include "harness/proc/proc_cluster.h"
#include "harness/ssh/ssh_place.h"
#include "node/base/check.h"

namespace holdfast::harness {
namespace {

std::unique_ptr<Cluster> make_real(const TestFile& test, const WorldOptions& world) {
  ProcOptions options;
  options.nodes = test.nodes;
  options.config = test.config;
  options.seed = world.seed;
  options.folder = world.folder;
  options.node_program = world.node_program;
  options.keep_data = world.keep_data;
  options.janitor = world.janitor;
  return make_proc_cluster(std::move(options), make_place(world));
}

}  // namespace

Result<> take_hosts(WorldOptions& world, const std::filesystem::path& file) {
  const bool wanted = world.on == "ssh";
  if (wanted == file.empty()) {
    return fail(wanted ? "--on ssh needs --hosts FILE (docs/real-clusters.md says what is in it)"
                       : "--hosts goes with --on ssh only");
  }
  if (!wanted) return {};
  if (world.keep_data) return fail("--on ssh keeps no disks: they are on other machines");
  auto hosts = read_hosts_file(file);
  if (!hosts) return hosts.error();
  world.hosts = std::move(*hosts);
  return {};
}

std::unique_ptr<Place> make_place(const WorldOptions& options) {
  if (options.on == "netns") return make_namespaces(*options.sandbox, options.seed);
  if (options.on == "ssh") return make_ssh_place(options.hosts, options.seed);
  return make_loopback();
}

std::unique_ptr<Cluster> make_world(const TestFile& test, const WorldOptions& options) {
  CHECK(options.sandbox.has_value() == (options.on == "netns"));
  if (options.on == "sim") return simulate(test, options.seed);
  return make_real(test, options);
}

}  // namespace holdfast::harness
