#include "harness/proc/node_client.h"

#include <limits>
#include <utility>

#include "harness/proc/connection.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kNoLook_ns = std::numeric_limits<std::int64_t>::max();

}  // namespace

NodeClient::NodeClient(boost::asio::io_context& context, Timers& timers,
                       std::function<std::int64_t()> now_ns, std::string ip, std::uint16_t port,
                       std::string secret)
    : context_(context),
      timers_(timers),
      now_ns_(std::move(now_ns)),
      ip_(std::move(ip)),
      port_(port),
      secret_(std::move(secret)),
      look_ns_(kNoLook_ns) {}

NodeClient::~NodeClient() {
  if (connection_) connection_->finish([](const std::function<void()>&) {});
}

bool NodeClient::connect() {
  const boost::asio::ip::tcp::endpoint node(boost::asio::ip::make_address_v4(ip_), port_);
  auto fresh =
      Connection::open(context_, node, secret_, [this](Connection&) { connection_.reset(); });
  if (fresh->is_open()) connection_ = std::move(fresh);
  return is_connected();
}

void NodeClient::send(std::string_view request, Duration timeout, Done done) {
  const std::int64_t now = now_ns_();
  if (!is_connected() && !connect()) {
    timers_.add(now, [done = std::move(done)] { done(ErrorCode::refused, {}); });
    return;
  }
  const std::int64_t deadline = now + std::chrono::nanoseconds(timeout).count();
  connection_->send(request, deadline, std::move(done));
  if (deadline < look_ns_) look_at(deadline);
}

// One timer for all requests: most are answered long before.
void NodeClient::look_at(std::int64_t ns) {
  look_ns_ = ns;
  timers_.add(ns, [this, ns] {
    if (ns != look_ns_) return;  // an earlier one took its place
    look_ns_ = kNoLook_ns;
    const std::shared_ptr<Connection> connection = connection_;
    if (!connection) return;
    const auto next_ns = connection->expire(now_ns_());
    if (next_ns && *next_ns < look_ns_) look_at(*next_ns);
  });
}

void NodeClient::disconnect() {
  const std::shared_ptr<Connection> dead = std::exchange(connection_, nullptr);
  if (!dead) return;
  const std::int64_t now = now_ns_();
  dead->finish([&](std::function<void()> end) { timers_.add(now, std::move(end)); });
}

}  // namespace holdfast::harness
