// The connections of RESP clients. Bounded: in number, in what one may have under way, in what one
// leaves unread, and in the memory of all together. Who exceeds a bound is closed; the others are
// not harmed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/codec/resp_command.h"
#include "node/daemon/loop.h"
#include "node/daemon/request_router.h"
#include "node/daemon/session.h"

namespace holdfast::node {

struct ClientLimits {
  std::size_t clients = 10000;
  std::size_t paused_at = std::size_t{1} << 20;    // unread bytes: its commands wait
  std::size_t closed_at = std::size_t{256} << 20;  // unread bytes: it is closed
  std::size_t memory = std::size_t{1} << 30;       // of all: the largest is closed
};

class Clients : public Backend {
 public:
  Clients(Loop& loop, Driver& driver, RequestRouter& router, std::string secret,
          std::function<ServerFacts()> facts, const ClientLimits& limits = {});
  ~Clients() override;

  Result<std::uint16_t> listen(const Endpoint& endpoint);
  // Sends the replies that are there.
  void flush();
  // Goes on with clients that had to wait. Hands requests to the node.
  void go_on();
  // Whether flush() has something to do.
  bool has_output() const { return !touched_.empty(); }
  // Call it now and then.
  void keep(SteadyTime now);
  const ClientCounters& counters() const { return counters_; }

  bool submit(Session& session, std::uint64_t command, std::uint32_t part,
              Message&& request) override;
  const Config& config() const override { return driver_.config(); }
  ServerFacts facts() const override { return facts_(); }
  const std::string& secret() const override { return secret_; }

 private:
  struct Client {
    Client(std::uint64_t number, Backend& backend, StreamPtr connection)
        : stream(std::move(connection)), session(number, backend) {}
    StreamPtr stream;
    CommandReader reader;
    Session session;
    std::size_t memory = 0;  // counted in memory_
    bool touched = false;    // is in touched_
    bool waiting = false;    // has input that could not be executed yet
    bool closing = false;    // only its output is left
    SteadyTime closing_since;
  };
  using ClientPtr = std::shared_ptr<Client>;

  void accept(StreamPtr stream);
  void on_data(Client& client, std::string_view bytes);
  void execute(Client& client);
  void on_reply(std::uint64_t number, std::uint64_t command, std::uint32_t part, Message* reply);
  void touch(Client& client);
  void send(Client& client);
  void account(Client& client);
  void evict_largest();
  // The client is gone; what it has under way goes on.
  void remove(Client& client);

  Loop& loop_;
  Driver& driver_;
  RequestRouter& router_;
  std::string secret_;
  std::function<ServerFacts()> facts_;
  ClientLimits limits_;
  std::unordered_map<std::uint64_t, ClientPtr> clients_;
  std::vector<ClientPtr> touched_;
  std::vector<ClientPtr> may_go_on_;
  std::uint64_t last_number_ = 0;
  std::size_t memory_ = 0;
  ClientCounters counters_;
  std::vector<std::string_view> arguments_;  // of the command being executed
};

}  // namespace holdfast::node
