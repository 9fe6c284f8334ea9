// holdfast cluster up: real processes in the foreground, to play with by hand.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/proc/proc_cluster.h"
#include "harness/test_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// A folder of this program's own, removed when it ends.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    const char* const parent = std::getenv("TMPDIR");
    std::string name = std::string(parent != nullptr ? parent : "/tmp") + "/holdfast-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      return fail("cannot make " + name + ": " +
                  std::error_code(errno, std::system_category()).message());
    }
    return TemporaryFolder(name);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept { std::swap(path_, other.path_); }
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }

  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}

  fs::path path_;
};

void print_welcome(const ProcCluster& cluster) {
  fmt::print("{} nodes are up. Ctrl-C stops them.\n\n", cluster.size());
  for (NodeId node = 0; node < cluster.size(); ++node) {
    const ProcCluster::Ports ports = cluster.ports(node);
    fmt::print("  {:<4}redis-cli -p {:<8}http://127.0.0.1:{}/status\n", node_name(node),
               ports.client, ports.http);
  }
  const std::uint16_t port = cluster.ports(0).client;
  fmt::print(
      "\nTry:\n  redis-cli -p {0} SET fruit apple\n  redis-cli -p {1} GET fruit\n"
      "  redis-cli -p {0} HF.HELP\n",
      port, cluster.ports(static_cast<NodeId>(cluster.size() - 1)).client);
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
  Result<TemporaryFolder> temporary = TemporaryFolder::make();
  if (!temporary) return complain(temporary.error().message, kExitHarnessError);

  ProcOptions options;
  options.nodes = command.nodes;
  options.config = *config;
  options.folder = command.data.empty() ? temporary->path() : fs::absolute(command.data);
  options.node_program = command.node_program;
  options.keep_data = !command.data.empty();
  const std::unique_ptr<ProcCluster> cluster = make_proc_cluster(std::move(options));
  const Interruption interruption("\n", [&cluster] { cluster->interrupt(); });
  const Result<> started = cluster->start();
  if (!started) return complain(started.error().message, kExitHarnessError);
  print_welcome(*cluster);

  std::size_t told = 0;  // of the nodes that ended by themselves
  cluster->run([&] {
    const auto incidents = cluster->statistics().incidents;
    for (; told < incidents.size(); ++told) complain(incidents[told], kExitHarnessError);
    return false;
  });
  cluster->stop();
  return kExitValid;
}

}  // namespace holdfast::harness
