// Serves /metrics and /status: one request a connection.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "node/daemon/info.h"
#include "node/daemon/loop.h"
#include "node/daemon/request_router.h"

namespace holdfast::node {

class HttpServer {
 public:
  HttpServer(Loop& loop, RequestRouter& router, std::function<ServerFacts()> facts)
      : loop_(loop), router_(router), facts_(std::move(facts)) {}
  ~HttpServer();

  Result<std::uint16_t> listen(const Endpoint& endpoint);
  // Call it now and then: closes connections that take too long.
  void keep(SteadyTime now);

 private:
  struct Connection {
    StreamPtr stream;
    std::string received;
    SteadyTime since;
    bool asked = false;  // reads no more
    bool answered = false;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  void accept(StreamPtr stream);
  void on_data(const ConnectionPtr& connection, std::string_view bytes);
  void answer(Connection& connection, std::string response);
  void answer_target(const ConnectionPtr& connection, const std::string& target);

  Loop& loop_;
  RequestRouter& router_;
  std::function<ServerFacts()> facts_;
  std::list<ConnectionPtr> connections_;
};

}  // namespace holdfast::node
