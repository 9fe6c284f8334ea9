// holdfast cluster up: real processes in the foreground, to play with by hand.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/cli/worlds.h"
#include "harness/proc/proc_cluster.h"
#include "harness/test_file/test_file.h"
#include "nemesis/linux/temporary_folder.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

void print_welcome(const ProcCluster& cluster, const std::string& on) {
  fmt::print("{} nodes are up. Ctrl-C stops them.\n\n", cluster.size());
  const NodeAddress first = cluster.address(0);
  const NodeAddress last = cluster.address(static_cast<NodeId>(cluster.size() - 1));
  const bool elsewhere = !cluster.enter_command(0).empty();
  const auto client = [&](const NodeAddress& address) {
    return fmt::format("redis-cli {}-p {}", elsewhere ? "-h " + address.ip + " " : "",
                       address.client);
  };
  for (NodeId node = 0; node < cluster.size(); ++node) {
    const NodeAddress address = cluster.address(node);
    fmt::print("  {:<4}{:<32}http://{}:{}/status\n", node_name(node), client(address), address.ip,
               address.http);
  }
  if (elsewhere) {
    fmt::print("\nTo be where a node is, from another shell{}:\n",
               on == "netns" ? "; each has a network of its own" : "");
    for (NodeId node = 0; node < cluster.size(); ++node) {
      fmt::print("  {:<4}{}\n", node_name(node), cluster.enter_command(node));
    }
  }
  if (!cluster.secret().empty()) {
    fmt::print(
        "\nClients must show the cluster's secret. For redis-cli:\n  export REDISCLI_AUTH={}\n",
        cluster.secret());
  }
  fmt::print("\nTry{}:\n  {} SET fruit apple\n  {} GET fruit\n  {} HF.HELP\n",
             on == "netns" ? " there" : "", client(first), client(last), client(first));
  std::fflush(stdout);
}

Result<node::Config> resolve_config(const ClusterUpCommand& command) {
  TestFile test;
  test.name = "cluster";
  test.nodes = command.nodes;
  test.config.n = std::min<std::uint32_t>(test.config.n, command.nodes);
  test.config.r = std::min(test.config.r, test.config.n);
  test.config.w = std::min(test.config.w, test.config.n);
  for (const std::string& setting : command.settings) {
    const Result<> applied = apply_setting(test, setting);
    if (!applied) return fail("--set " + setting + ": " + applied.error().message);
  }
  const Result<> valid = validate(test);
  if (!valid) return valid.error();
  return test.config;
}

}  // namespace

int cluster_up(const ClusterUpCommand& command) {
  const Result<node::Config> config = resolve_config(command);
  if (!config) return complain(config.error().message, kExitBadArguments);
  const Result<Janitor> janitor = Janitor::start();
  if (!janitor) return complain(janitor.error().message, kExitHarnessError);
  WorldOptions world;
  world.on = command.on;
  world.keep_data = !command.data.empty();
  const Result<> hosts = take_hosts(world, command.hosts);
  if (!hosts) return complain(hosts.error().message, kExitBadArguments);
  if (command.on == "netns") {
    const Result<nemesis::Sandbox> entered = nemesis::enter_sandbox();
    if (!entered) return complain(entered.error().message, kExitHarnessError);
    world.sandbox = *entered;
  }
  const auto temporary = nemesis::TemporaryFolder::make(fs::temp_directory_path());
  if (!temporary) return complain(temporary.error().message, kExitHarnessError);

  janitor->mind(temporary->path());
  ProcOptions options;
  options.janitor = &*janitor;
  options.nodes = command.nodes;
  options.config = *config;
  options.folder = command.data.empty() ? temporary->path() : fs::absolute(command.data);
  options.node_program = command.node_program;
  options.keep_data = !command.data.empty();
  const std::unique_ptr<ProcCluster> cluster =
      make_proc_cluster(std::move(options), make_place(world));
  const Interruption interruption("\n", [&cluster] { cluster->interrupt(); });
  const Result<> started = cluster->start();
  if (!started) return complain(started.error().message, kExitHarnessError);
  print_welcome(*cluster, command.on);

  std::size_t told[] = {0, 0};  // of the nodes that ended by themselves, of hosts lost
  const auto tell = [](const std::vector<std::string>& lines, std::size_t& count) {
    for (; count < lines.size(); ++count) complain(lines[count], kExitHarnessError);
  };
  cluster->run([&] {
    const Cluster::Statistics statistics = cluster->statistics();
    tell(statistics.incidents, told[0]);
    tell(statistics.failures, told[1]);
    return false;
  });
  cluster->stop();
  return kExitValid;
}

}  // namespace holdfast::harness
