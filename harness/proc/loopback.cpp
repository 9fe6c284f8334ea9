#include <unistd.h>

#include <optional>

#include "harness/proc/local_place.h"
#include "harness/proc/ports.h"
#include "node/base/check.h"

namespace holdfast::harness {
namespace {

class Loopback final : public LocalPlace {
 public:
  NodeAddress address(NodeId node) const override {
    CHECK(ports_.has_value());
    const std::size_t first = std::size_t{3} * node;
    return {"127.0.0.1", (*ports_)[first], (*ports_)[first + 1], (*ports_)[first + 2]};
  }
  std::string enter_command(NodeId) const override { return {}; }

  bool supports(nemesis::FaultKind) const override { return false; }
  Result<> cut(const std::vector<nemesis::Direction>&) override { return refusal(); }
  Result<> mend(const std::vector<nemesis::Direction>&) override { return refusal(); }
  Result<std::uint64_t> dropped(NodeId, NodeId) const override { return refusal(); }
  Result<> set_link(NodeId, NodeId, const nemesis::LinkQuality&) override { return refusal(); }

 private:
  Result<> prepare_network(std::uint16_t nodes) override {
    auto reserved = Ports::reserve(std::size_t{3} * nodes, static_cast<std::uint32_t>(::getpid()));
    if (!reserved) return reserved.error();
    ports_ = std::move(reserved.value());
    return {};
  }
  int network_fd(NodeId) const override { return -1; }
  static Error refusal() { return fail("the loopback interface has no links between nodes"); }

  std::optional<Ports> ports_;
};

}  // namespace

std::unique_ptr<Place> make_loopback() { return std::make_unique<Loopback>(); }

}  // namespace holdfast::harness
