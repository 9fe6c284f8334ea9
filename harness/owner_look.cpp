#include "harness/owner_look.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::harness {
namespace {

class Look : public std::enable_shared_from_this<Look> {
 public:
  Look(Cluster& cluster, const node::Ring& ring, std::function<void(bool)> done)
      : cluster_(cluster), ring_(ring), done_(std::move(done)) {}

  void begin() {
    versions_.assign(cluster_.size(), {});
    next(0, {});
  }

 private:
  // Asks for a node's rows page by page, then for the next one's.
  void next(NodeId node, node::DumpRequest request) {
    if (node == cluster_.size()) return compare();
    cluster_.dump(node, std::move(request),
                  [self = shared_from_this(), node](const Result<node::DumpReply>& reply) {
                    self->take(node, reply);
                  });
  }

  void take(NodeId node, const Result<node::DumpReply>& reply) {
    if (!reply) return done_(false);
    for (const node::DumpedRow& row : reply->rows) versions_[node][row.key] = row.row.version;
    if (reply->done) return next(node + 1, {});
    node::DumpRequest request;
    request.token = reply->token;
    request.after_key = reply->after_key;
    next(node, std::move(request));
  }

  void compare() {
    if (second_) return done_(all_have(wanted_));
    for (const auto& of_node : versions_) {
      for (const auto& [key, version] : of_node) {
        Version& newest = wanted_[key];
        if (version > newest) newest = version;
      }
    }
    if (all_have(wanted_)) return done_(true);
    second_ = true;
    begin();
  }

  bool all_have(const std::map<std::string, Version>& wanted) const {
    for (const auto& [key, version] : wanted) {
      for (const NodeId owner : ring_.home_replicas_of(key)) {
        const auto found = versions_[owner].find(key);
        if (found == versions_[owner].end() || found->second < version) return false;
      }
    }
    return true;
  }

  Cluster& cluster_;
  const node::Ring& ring_;
  std::function<void(bool)> done_;
  std::vector<std::map<std::string, Version>> versions_;  // by node
  std::map<std::string, Version> wanted_;                 // the newest of the first look
  bool second_ = false;
};

}  // namespace

void look_at_owners(Cluster& cluster, const node::Ring& ring, std::function<void(bool)> done) {
  std::make_shared<Look>(cluster, ring, std::move(done))->begin();
}

}  // namespace holdfast::harness
