#include "harness/cli/worlds.h"

#include "harness/campaign/simulate.h"
#include "harness/proc/proc_cluster.h"
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
  options.sandbox = world.sandbox;
  options.janitor = world.janitor;
  return make_proc_cluster(std::move(options));
}

}  // namespace

std::unique_ptr<Cluster> make_world(const TestFile& test, const WorldOptions& options) {
  CHECK(options.sandbox.has_value() == (options.on == "netns"));
  if (options.on == "sim") return simulate(test, options.seed);
  return make_real(test, options);
}

}  // namespace holdfast::harness
