// Fuzzing of the HTTP port: how requests are read, however they are cut, and what the server of a
// real node answers to those that can be read, over a real connection.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzzed_node.h"
#include "node/daemon/clock.h"
#include "node/daemon/http.h"
#include "node/daemon/http_server.h"

namespace holdfast::node {
namespace {

// What has been decided about a beginning is not changed by what follows it.
HttpState read_in_pieces(std::string_view bytes) {
  HttpRequest whole;
  const HttpState all = read_http(bytes, whole);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 2) {
    HttpRequest part;
    const HttpState state = read_http(bytes.substr(0, size), part);
    if (state == HttpState::incomplete || bytes.size() > kMaxHttpRequest) continue;
    CHECK(state == all);
    CHECK(part.target == whole.target && part.is_get == whole.is_get);
  }
  return all;
}

class FuzzedServer {
 public:
  FuzzedServer() : server_(loop_, router_, [] { return ServerFacts{}; }) {
    const Result<std::uint16_t> port = server_.listen({"127.0.0.1", 0});
    CHECK(port.has_value());
    port_ = *port;
  }

  // Everything the server says until it closes; at most a few turns of its loop.
  std::string ask(std::string_view request) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      // The ports of earlier connections are not free again yet; or the fuzzer's alarm.
      CHECK(errno == EADDRNOTAVAIL || errno == EINTR);
      ::close(fd);
      return "HTTP/1.1 none";
    }
    // Closed by a reset, so that thousands a second leave no ports waiting.
    const linger reset{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    (void)!::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::string said;
    for (int turn = 0; turn < 200; ++turn) {
      loop_.run_once(turn < 20 ? SteadyTime() : steady_now() + std::chrono::milliseconds(1));
      node_.pass(std::chrono::milliseconds(1));
      for (auto& [number, reply] : node_.delivery.replies)
        router_.complete(number, std::move(reply));
      node_.delivery.replies.clear();
      char bytes[65536];
      const ssize_t got = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) said.append(bytes, static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && errno != EAGAIN)) break;
    }
    ::close(fd);
    loop_.run_once(SteadyTime());
    server_.keep(steady_now() + std::chrono::hours(1));
    return said;
  }

 private:
  Loop loop_;
  FuzzedNode node_{1};
  RequestRouter router_{*node_.driver, 0};
  HttpServer server_;
  std::uint16_t port_ = 0;
};

}  // namespace
}  // namespace holdfast::node

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::node;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (read_in_pieces(bytes) != HttpState::complete) return 0;
  static FuzzedServer server;
  CHECK(server.ask(bytes).substr(0, 9) == "HTTP/1.1 ");
  return 0;
}
