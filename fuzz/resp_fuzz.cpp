// Fuzzing of the clients' port: bytes become commands, commands requests to a real node, its
// answers replies. The first byte says in which pieces the others arrive. Every command has exactly
// one reply, and replies are RESP.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzzed_node.h"
#include "node/codec/resp.h"
#include "node/codec/resp_command.h"
#include "node/daemon/session.h"

namespace holdfast::node {
namespace {

// Makes the node when a command needs one: most inputs end before.
class FuzzedBackend : public Backend {
 public:
  bool submit(Session&, std::uint64_t command, std::uint32_t part, Message&& request) override {
    if (!node_) node_ = std::make_unique<FuzzedNode>(1);
    waiting_.emplace_back(command, part);
    node_->ask(waiting_.size() - 1, std::move(request));
    return true;
  }
  const Config& config() const override { return node_ ? node_->driver->config() : config_; }
  ServerFacts facts() const override { return {}; }
  const std::string& secret() const override { return secret_; }

  // Gives the session what the node has answered; with time everything is answered.
  void answer(Session& session) {
    if (!node_) return;
    Duration patience = std::chrono::milliseconds(200);
    for (int i = 0; i < 50 && session.has_pending(); ++i, patience += patience / 2) {
      node_->pass(patience);
      std::vector<std::pair<std::uint64_t, Message>> replies;
      replies.swap(node_->delivery.replies);
      for (auto& [number, reply] : replies) {
        session.complete(waiting_[number].first, waiting_[number].second, std::move(reply));
      }
    }
    CHECK(!session.has_pending());
  }

 private:
  std::unique_ptr<FuzzedNode> node_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> waiting_;
  Config config_;
  std::string secret_;
};

class FuzzedClient {
 public:
  void send(std::string_view bytes) {
    reader_.append(bytes);
    while (state_ != RespState::damaged) {
      if (!session_.can_execute()) backend_.answer(session_);
      if (!session_.can_execute()) break;  // it has quit
      state_ = reader_.next(arguments_);
      if (state_ == RespState::incomplete) break;
      ++commands_;
      if (state_ == RespState::damaged) {
        session_.refuse(reader_.error());
      } else {
        CHECK(!arguments_.empty());
        session_.execute(arguments_);
      }
    }
    sent_ += bytes.size();
    CHECK(reader_.buffered() <= sent_);
  }

  void expect_replies() {
    backend_.answer(session_);
    RespReader replies;
    replies.append(session_.output());
    for (std::size_t i = 0; i < commands_; ++i) {
      RespValue value;
      CHECK(replies.next(value) == RespState::complete);
    }
    RespValue none;
    CHECK(replies.next(none) == RespState::incomplete);
  }

 private:
  FuzzedBackend backend_;
  Session session_{1, backend_};
  CommandReader reader_;
  std::vector<std::string_view> arguments_;
  std::size_t commands_ = 0;
  std::size_t sent_ = 0;
  RespState state_ = RespState::incomplete;
};

}  // namespace
}  // namespace holdfast::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::node;
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] == 0 ? bytes.size() : data[0];
  FuzzedClient client;
  while (!bytes.empty()) {
    client.send(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  client.expect_replies();
  return 0;
}
