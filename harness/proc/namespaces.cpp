#include <optional>

#include "harness/proc/local_place.h"
#include "nemesis/linux/bridge_paths.h"
#include "nemesis/linux/network.h"
#include "nemesis/linux/partitions.h"
#include "nemesis/linux/shaper.h"

namespace holdfast::harness {
namespace {

using nemesis::FaultKind;

// The same in every namespace: there the ports are all free.
constexpr std::uint16_t kClientPort = 6379;
constexpr std::uint16_t kPeerPort = 7101;
constexpr std::uint16_t kHttpPort = 9101;

class Namespaces final : public LocalPlace {
 public:
  Namespaces(nemesis::Sandbox sandbox, std::uint64_t seed) : sandbox_(sandbox), seed_(seed) {}

  NodeAddress address(NodeId node) const override {
    return {network_->address(node), kClientPort, kPeerPort, kHttpPort};
  }
  std::string enter_command(NodeId node) const override {
    return network_->enter_command(sandbox_, node);
  }

  bool supports(FaultKind kind) const override { return why_unsupported(kind).empty(); }
  std::string why_unsupported(FaultKind kind) const override {
    if (kind != FaultKind::link || !network_) return "";
    if (!links_) links_ = nemesis::BridgePaths::try_out();
    return *links_ ? "" : links_->error().message;
  }
  Result<> cut(const std::vector<nemesis::Direction>& directions) override {
    return partitions_->cut(directions);
  }
  Result<> mend(const std::vector<nemesis::Direction>& directions) override {
    return partitions_->mend(directions);
  }
  Result<std::uint64_t> dropped(NodeId from, NodeId to) const override {
    const auto dropped = partitions_->dropped(from, to);
    if (!dropped) return dropped.error();
    return dropped.value().packets;
  }
  Result<> set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) override {
    if (!shaper_) {
      auto shaper = nemesis::BridgePaths::make_shaper(*network_, seed_);
      if (!shaper) return shaper.error();
      shaper_ = std::move(shaper.value());
    }
    return shaper_->set(from, to, quality);
  }

 private:
  Result<> prepare_network(std::uint16_t nodes) override {
    auto network = nemesis::Network::make(nodes);
    if (!network) return with_way_out(network.error());
    network_.emplace(std::move(network.value()));
    auto partitions = nemesis::Partitions::make(*network_, kPeerPort);
    if (!partitions) return with_way_out(partitions.error());
    partitions_.emplace(std::move(partitions.value()));
    return {};
  }
  static Error with_way_out(const Error& error) {
    return fail(error.message + "; --on loopback needs none of this");
  }
  int network_fd(NodeId node) const override { return network_->node_namespace(node).fd(); }

  nemesis::Sandbox sandbox_;
  std::uint64_t seed_;
  std::optional<nemesis::Network> network_;
  std::optional<nemesis::Partitions> partitions_;
  mutable std::optional<Result<>> links_;  // whether they can be shaped; once asked, it takes 30 ms
  std::unique_ptr<nemesis::Shaper> shaper_;  // once a link has been shaped
};

}  // namespace

std::unique_ptr<Place> make_namespaces(nemesis::Sandbox sandbox, std::uint64_t seed) {
  return std::make_unique<Namespaces>(sandbox, seed);
}

}  // namespace holdfast::harness
