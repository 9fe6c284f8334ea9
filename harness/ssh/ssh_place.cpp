#include "harness/ssh/ssh_place.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "harness/proc/child.h"
#include "harness/ssh/bundle.h"
#include "harness/ssh/clock_difference.h"
#include "harness/ssh/host_connection.h"
#include "harness/ssh/program.h"
#include "harness/ssh/remote_host.h"
#include "harness/ssh/ssh_command.h"
#include "nemesis/linux/temporary_folder.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using nemesis::FaultKind;

// What is injected into a node's clock; the rest of its offset is the host's own.
struct InjectedClock {
  Duration offset{0};
  std::int32_t drift_ppm = 0;
  WallTime since;

  Duration at(WallTime now) const {
    return offset + Duration((now - since).count() / 1'000'000 * drift_ppm);
  }
};

// Nobody can guess it. It is no part of what a seed decides.
std::string draw_secret() {
  std::random_device device;
  char text[33];
  for (std::size_t at = 0; at < 32; at += 8) std::snprintf(text + at, 9, "%08x", device());
  return text;
}

class SshPlace final : public Place {
 public:
  SshPlace(HostsFile hosts, std::uint64_t seed) : file_(std::move(hosts)), seed_(seed) {}

  Result<> prepare(const PlaceSetup& setup) override;
  Host& host(NodeId node) override { return *hosts_[node]; }
  NodeAddress address(NodeId node) const override {
    return {file_.hosts[node].address, file_.client_port, file_.peer_port, file_.http_port};
  }
  std::string secret() const override { return secret_; }
  std::string enter_command(NodeId node) const override {
    return login_command(file_.hosts[node], file_.ssh_config);
  }

  bool supports(FaultKind kind) const override { return !refused_.contains(kind); }
  std::string why_unsupported(FaultKind kind) const override {
    const auto refused = refused_.find(kind);
    return refused == refused_.end() ? "" : refused->second;
  }
  Result<> cut(const std::vector<nemesis::Direction>& directions) override {
    return tell_destinations("cut", directions);
  }
  Result<> mend(const std::vector<nemesis::Direction>& directions) override {
    return tell_destinations("mend", directions);
  }
  Result<std::uint64_t> dropped(NodeId from, NodeId to) const override;
  Result<> set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) override;

  Result<> pass(Duration span) override;
  Result<> set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) override;
  Duration clock_offset(NodeId node) const override { return injected_[node].at(now()); }
  Duration clock_difference() override;
  Result<> set_disk(NodeId node, DiskMode mode) override {
    return tell(node, {{"do", "set_disk"}, {"mode", static_cast<int>(mode)}});
  }

  std::vector<Cluster::HostRecord> records() const override { return records_; }

 private:
  // As nodes' clocks without a fault show it.
  WallTime now() const {
    return WallTime(std::chrono::duration_cast<Duration>(
               std::chrono::system_clock::now().time_since_epoch())) +
           passed_;
  }

  Result<> connect(const PlaceSetup& setup, const fs::path& scratch);
  Result<> prepare_agents();
  Result<> measure_clocks();
  Result<> tell(NodeId node, const Json& request) {
    const auto answer = connections_[node]->call(request);
    if (!answer) return answer.error();
    return {};
  }
  Result<> tell_destinations(const char* word, const std::vector<nemesis::Direction>& directions);

  HostsFile file_;
  std::uint64_t seed_;
  std::string secret_;  // of the run's nodes; the way to them may be open to others
  std::optional<nemesis::TemporaryFolder> scratch_;  // ssh's sockets and logs
  std::vector<std::unique_ptr<HostConnection>> connections_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<FaultKind, std::string> refused_;
  std::vector<Cluster::HostRecord> records_;
  std::vector<InjectedClock> injected_;
  Duration passed_{0};
};

Result<> SshPlace::prepare(const PlaceSetup& setup) {
  if (setup.nodes > file_.hosts.size()) {
    return fail("the test has " + std::to_string(setup.nodes) + " nodes, the hosts file lists " +
                std::to_string(file_.hosts.size()) +
                "; --set nodes=" + std::to_string(file_.hosts.size()) + " makes it fit");
  }
  file_.hosts.resize(setup.nodes);
  auto scratch = nemesis::TemporaryFolder::make(fs::temp_directory_path());
  if (!scratch) return scratch.error();
  if (setup.janitor != nullptr) setup.janitor->mind(scratch->path());
  scratch_.emplace(std::move(*scratch));
  secret_ = draw_secret();
  if (auto connected = connect(setup, scratch_->path()); !connected) return connected;
  if (auto prepared = prepare_agents(); !prepared) return prepared;
  if (auto measured = measure_clocks(); !measured) return measured;
  for (NodeId node = 0; node < setup.nodes; ++node) {
    hosts_.push_back(std::make_unique<RemoteHost>(*connections_[node],
                                                  setup.folder / "nodes" / node_name(node)));
  }
  return {};
}

Result<> SshPlace::connect(const PlaceSetup& setup, const fs::path& scratch) {
  const auto ssh = find_program("ssh", "openssh-client");
  if (!ssh) return ssh.error();
  const bool deploys = std::any_of(file_.hosts.begin(), file_.hosts.end(),
                                   [](const SshHost& host) { return host.programs.empty(); });
  Bundle bundle;
  if (deploys) {
    auto made =
        make_bundle(setup.context, beside_this_program("holdfast"), setup.node_program, scratch);
    if (!made) return made.error();
    bundle = std::move(*made);
  }
  for (NodeId node = 0; node < setup.nodes; ++node) {
    connections_.push_back(std::make_unique<HostConnection>(
        setup.context,
        HostConnectionSetup{node, file_.hosts[node], *ssh, file_.ssh_config, scratch}));
  }
  using Step = std::function<Result<>(HostConnection&)>;
  const Step steps[] = {[&](HostConnection& each) { return each.open(bundle); },
                        [&](HostConnection& each) { return each.await_shell(bundle); },
                        [](HostConnection& each) { return each.begin_copy(); },
                        [](HostConnection& each) { return each.await_copy(); },
                        [](HostConnection& each) { return each.begin_agent(); },
                        [](HostConnection& each) { return each.await_agent(); }};
  for (const Step& step : steps) {
    for (const auto& connection : connections_) {
      if (auto done = step(*connection); !done) return done;
    }
  }
  return {};
}

// Each host says what it cannot do; a fault that one cannot do is not supported.
Result<> SshPlace::prepare_agents() {
  std::vector<std::string> addresses;
  for (const SshHost& host : file_.hosts) addresses.push_back(host.address);
  for (NodeId node = 0; node < connections_.size(); ++node) {
    const auto answer = connections_[node]->call({{"do", "prepare"},
                                                  {"node", node},
                                                  {"addresses", addresses},
                                                  {"peer_port", file_.peer_port},
                                                  {"seed", seed_},
                                                  {"secret", secret_}});
    if (!answer) return answer.error();
    const Json refused = answer->value("refused", Json::object());
    for (const auto& [kind, why] : refused.items()) {
      const auto known = nemesis::parse_fault_kind(kind);
      if (known && why.is_string()) {
        refused_.emplace(*known, connections_[node]->name() + ": " + why.get<std::string>());
      }
    }
  }
  return {};
}

// Nodes' clocks start right, to the uncertainty of this: in every world it is faults that make
// clocks wrong.
Result<> SshPlace::measure_clocks() {
  injected_.resize(connections_.size());
  for (NodeId node = 0; node < connections_.size(); ++node) {
    const auto difference = measure_clock(*connections_[node]);
    if (!difference) return difference.error();
    records_.push_back({file_.hosts[node].host, file_.hosts[node].address, difference->offset,
                        difference->uncertainty});
    if (auto set = set_clock(node, Duration(0), 0); !set) return set;
  }
  return {};
}

// Nodes go by what was measured before the test; hosts' clocks may have moved since.
Duration SshPlace::clock_difference() {
  std::vector<Duration> errors;
  for (NodeId node = 0; node < records_.size(); ++node) {
    const Cluster::HostRecord& begin = records_[node];
    errors.push_back(begin.clock_uncertainty);
    const auto end = measure_clock(*connections_[node]);
    if (!end) continue;  // the host is lost, which is known by other ways
    const Duration moved = std::chrono::abs(end->offset - begin.clock_offset);
    errors.back() = std::max(errors.back(), moved + end->uncertainty);
  }
  return largest_difference(std::move(errors));
}

Result<> SshPlace::set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) {
  injected_[node] = {offset, drift_ppm, now()};
  return tell(node, {{"do", "set_clock"},
                     {"offset_us", (offset - records_[node].clock_offset).count()},
                     {"drift_ppm", drift_ppm}});
}

// All are asked before the first has answered: clocks jump as close to each other as can be.
Result<> SshPlace::pass(Duration span) {
  for (const auto& connection : connections_) {
    if (auto sent = connection->send({{"do", "pass"}, {"us", span.count()}}); !sent) return sent;
  }
  for (const auto& connection : connections_) {
    if (const auto answer = connection->receive(); !answer) return answer.error();
  }
  passed_ += span;
  return {};
}

// All are told before the first has answered.
Result<> SshPlace::tell_destinations(const char* word,
                                     const std::vector<nemesis::Direction>& directions) {
  std::map<NodeId, std::vector<NodeId>> sources;  // by destination
  for (const auto& [from, to] : directions) sources[to].push_back(from);
  for (const auto& [to, from] : sources) {
    if (auto sent = connections_[to]->send({{"do", word}, {"from", Json(from)}}); !sent)
      return sent;
  }
  for (const auto& [to, from] : sources) {
    if (const auto answer = connections_[to]->receive(); !answer) return answer.error();
  }
  return {};
}

Result<std::uint64_t> SshPlace::dropped(NodeId from, NodeId to) const {
  const auto answer = connections_[to]->call({{"do", "dropped"}, {"from", from}});
  if (!answer) return answer.error();
  return answer->value("packets", std::uint64_t{0});
}

Result<> SshPlace::set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) {
  return tell(from, {{"do", "set_link"},
                     {"to", to},
                     {"delay_us", quality.delay.count()},
                     {"jitter_us", quality.jitter.count()},
                     {"loss_per_mille", quality.loss_per_mille},
                     {"duplicate_per_mille", quality.duplicate_per_mille},
                     {"reorder_per_mille", quality.reorder_per_mille}});
}

}  // namespace

std::unique_ptr<Place> make_ssh_place(HostsFile hosts, std::uint64_t seed) {
  return std::make_unique<SshPlace>(std::move(hosts), seed);
}

}  // namespace holdfast::harness
