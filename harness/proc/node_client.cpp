#include "harness/proc/node_client.h"

#include <algorithm>
#include <utility>

#include "harness/proc/connection.h"

namespace holdfast::harness {

NodeClient::NodeClient(boost::asio::io_context& context, Timers& timers,
                       std::function<std::int64_t()> now_ns, std::string ip, std::uint16_t port)
    : context_(context),
      timers_(timers),
      now_ns_(std::move(now_ns)),
      ip_(std::move(ip)),
      port_(port) {}

NodeClient::~NodeClient() {
  for (const auto& connection : open_) connection->finish([](const std::function<void()>&) {});
}

// The first idle one, so that few stay in use; else a new one; else the least busy.
std::shared_ptr<Connection> NodeClient::choose() {
  std::shared_ptr<Connection> least_busy;
  for (const auto& connection : open_) {
    if (connection->in_flight() == 0) return connection;
    if (!least_busy || connection->in_flight() < least_busy->in_flight()) least_busy = connection;
  }
  if (open_.size() >= kMostConnections) return least_busy;
  const boost::asio::ip::tcp::endpoint node(boost::asio::ip::make_address_v4(ip_), port_);
  auto fresh = Connection::open(context_, node, [this](Connection& lost) {
    std::erase_if(open_, [&](const auto& connection) { return connection.get() == &lost; });
  });
  if (!fresh->is_open()) return nullptr;
  open_.push_back(fresh);
  return fresh;
}

void NodeClient::send(std::string_view request, Duration timeout, Done done) {
  const std::shared_ptr<Connection> connection = choose();
  const std::int64_t now = now_ns_();
  if (!connection) {
    timers_.add(now, [done = std::move(done)] { done(ErrorCode::refused, {}); });
    return;
  }
  const std::uint64_t number = connection->send(request, std::move(done));
  timers_.add(now + std::chrono::nanoseconds(timeout).count(),
              [weak = std::weak_ptr(connection), number] {
                if (const auto alive = weak.lock()) alive->expire(number);
              });
}

void NodeClient::disconnect() {
  const std::int64_t now = now_ns_();
  for (const auto& connection : std::exchange(open_, {})) {
    connection->finish([&](std::function<void()> end) { timers_.add(now, std::move(end)); });
  }
}

}  // namespace holdfast::harness
