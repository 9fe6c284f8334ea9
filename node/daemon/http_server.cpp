#include "node/daemon/http_server.h"

#include <utility>

#include "node/daemon/clock.h"
#include "node/daemon/http.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kMaxConnections = 256;
constexpr Duration kMaxAge = std::chrono::seconds(5);
constexpr const char* kText = "text/plain; charset=utf-8";

}  // namespace

HttpServer::~HttpServer() {
  for (const ConnectionPtr& connection : connections_) connection->stream->close();
}

Result<std::uint16_t> HttpServer::listen(const Endpoint& endpoint) {
  return loop_.listen(endpoint, [this](StreamPtr stream) { accept(std::move(stream)); });
}

void HttpServer::accept(StreamPtr stream) {
  if (connections_.size() >= kMaxConnections) return stream->close();
  auto connection = std::make_shared<Connection>();
  connection->stream = std::move(stream);
  connection->since = steady_now();
  connections_.push_back(connection);
  const std::weak_ptr<Connection> weak = connection;
  Stream::Handlers handlers;
  handlers.on_data = [this, weak](std::string_view bytes) {
    if (const ConnectionPtr one = weak.lock()) on_data(one, bytes);
  };
  handlers.on_closed = [this, weak](const std::string&) {
    if (const ConnectionPtr one = weak.lock()) connections_.remove(one);
  };
  connection->stream->start(std::move(handlers));
}

void HttpServer::on_data(const ConnectionPtr& connection, std::string_view bytes) {
  if (connection->asked) return;
  connection->received += bytes;
  HttpRequest request;
  switch (read_http(connection->received, request)) {
    case HttpState::incomplete:
      return;
    case HttpState::damaged:
      connection->asked = true;
      return answer(*connection, http_response(400, kText, "not a request\n"));
    case HttpState::complete:
      break;
  }
  connection->asked = true;
  if (!request.is_get) return answer(*connection, http_response(405, kText, "only GET\n"));
  answer_target(connection, request.target.substr(0, request.target.find('?')));
}

void HttpServer::answer_target(const ConnectionPtr& connection, const std::string& target) {
  if (target != "/metrics" && target != "/status") {
    return answer(*connection, http_response(404, kText, "/metrics and /status are here\n"));
  }
  const bool metrics = target == "/metrics";
  const std::weak_ptr<Connection> weak = connection;
  const auto done = [this, weak, metrics](Message* reply) {
    const ConnectionPtr one = weak.lock();
    if (!one) return;
    const StatusReply* status = reply == nullptr ? nullptr : std::get_if<StatusReply>(reply);
    const ServerFacts facts = facts_();
    answer(*one, metrics
                     ? http_response(200, "text/plain; version=0.0.4", metrics_text(facts, status))
                     : http_response(status != nullptr ? 200 : 503, "application/json",
                                     status_json(facts, status)));
  };
  if (!router_.submit(StatusRequest{}, done)) done(nullptr);
}

void HttpServer::answer(Connection& connection, std::string response) {
  connection.answered = true;
  connection.stream->send(response);
  connection.stream->close_when_sent();
}

void HttpServer::keep(SteadyTime now) {
  connections_.remove_if([now](const ConnectionPtr& connection) {
    const bool sent = connection->answered && connection->stream->unsent() == 0;
    if (!sent && now - connection->since < kMaxAge) return false;
    if (!sent) connection->stream->close();
    return true;
  });
}

}  // namespace holdfast::node
