// A closed load on one store: each connection sends a batch of requests, waits for all replies, and
// sends the next. Prints one line of JSON: what was measured after a second of warming up.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>

#include "bench/stores/connection.h"
#include "bench/stores/processor_time.h"
#include "node/base/random.h"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Load {
  std::string protocol = "resp";  // resp, resp-wait, etcd
  std::vector<int> ports;         // the connections take turns
  bool write = true;
  std::size_t connections = 50;
  std::size_t pipeline = 1;  // requests in a batch
  int seconds = 5;
  std::uint64_t keys = 100000;
  std::size_t value_bytes = 64;
  std::vector<int> servers;  // process ids
};

struct Client {
  int fd = -1;
  std::unique_ptr<Connection> connection;
  Clock::time_point asked;
};

class StoreLoad {
 public:
  explicit StoreLoad(const Load& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    requests_.write = load.write;
    requests_.value.assign(load.value_bytes, 'x');
    requests_.keys.resize(load.pipeline);
    for (std::size_t i = 0; i < load.connections; ++i) {
      clients_.push_back(connect(load.ports.at(i % load.ports.size())));
    }
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      epoll_event event = {};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].fd, &event);
    }
  }
  ~StoreLoad() {
    for (const Client& client : clients_) ::close(client.fd);
    ::close(epoll_);
  }
  StoreLoad(const StoreLoad&) = delete;

  void run() {
    for (Client& client : clients_) ask(client);
    run_for(std::chrono::seconds(1));
    batch_us_.clear();
    const auto begin = Clock::now();
    const double servers = seconds_used_by(load_.servers), own = own_seconds_used();
    run_for(std::chrono::seconds(load_.seconds));
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    print(seconds, seconds_used_by(load_.servers) - servers, own_seconds_used() - own);
  }

 private:
  Client connect(int port) const {
    Client client;
    client.connection =
        load_.protocol == "etcd" ? make_etcd() : make_resp(load_.protocol == "resp-wait");
    client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("nobody listens on port " + std::to_string(port));
    }
    return client;
  }

  void ask(Client& client) {
    for (std::string& key : requests_.keys) {
      char text[24];
      key.assign(text, static_cast<std::size_t>(std::snprintf(
                           text, sizeof text, "key:%012llu",
                           static_cast<unsigned long long>(random_.below(load_.keys)))));
    }
    client.asked = Clock::now();
    client.connection->ask(requests_);
    send(client);
  }

  // A batch fits into the kernel's buffer, so that waiting is the rare case.
  static void send(Client& client) {
    std::string& output = client.connection->output();
    for (std::size_t sent = 0; sent < output.size();) {
      const ssize_t size =
          ::send(client.fd, output.data() + sent, output.size() - sent, MSG_NOSIGNAL);
      if (size < 0) throw std::runtime_error("the store has closed a connection");
      sent += static_cast<std::size_t>(size);
    }
    output.clear();
  }

  void run_for(Clock::duration span) {
    const auto end = Clock::now() + span;
    epoll_event events[64];
    while (Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events, std::size(events), 10);
      for (int i = 0; i < ready; ++i) receive(clients_[events[i].data.u64]);
    }
  }

  void receive(Client& client) {
    const ssize_t size = ::recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) throw std::runtime_error("the store has closed a connection");
    client.connection->take(std::string_view(buffer_).substr(0, static_cast<std::size_t>(size)));
    if (!client.connection->is_answered()) return send(client);
    const auto took = Clock::now() - client.asked;
    batch_us_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    ask(client);
  }

  void print(double seconds, double servers, double own) {
    std::uint64_t errors = 0;
    std::string first_error;
    for (const Client& client : clients_) {
      errors += client.connection->errors();
      if (first_error.empty()) first_error = client.connection->first_error();
    }
    if (errors > 0) std::fprintf(stderr, "%s\n", first_error.c_str());
    std::sort(batch_us_.begin(), batch_us_.end());
    const auto quantile = [this](double share) {
      if (batch_us_.empty()) return 0u;
      return batch_us_[static_cast<std::size_t>(share * static_cast<double>(batch_us_.size() - 1))];
    };
    const double operations = static_cast<double>(batch_us_.size() * load_.pipeline);
    std::printf(
        "{\"operations_per_s\": %.0f, \"p50_us\": %u, \"p99_us\": %u, \"errors\": %llu, "
        "\"server_us\": %.2f, \"load_us\": %.2f}\n",
        operations / seconds, quantile(0.5), quantile(0.99),
        static_cast<unsigned long long>(errors), 1e6 * servers / operations,
        1e6 * own / operations);
  }

  const Load& load_;
  int epoll_;
  std::vector<Client> clients_;
  Requests requests_;
  Random random_{1};
  std::string buffer_ = std::string(std::size_t{1} << 18, '\0');
  std::vector<std::uint32_t> batch_us_;
};

// Numbers with commas between them.
std::vector<int> numbers(const std::string& list) {
  std::vector<int> found;
  std::istringstream text(list);
  for (std::string one; std::getline(text, one, ',');) found.push_back(std::stoi(one));
  return found;
}

// "name=value" each: protocol ports write connections pipeline seconds keys value_bytes servers
Load parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    if (equals == text.npos) throw std::runtime_error("expected name=value, got '" + text + "'");
    given[text.substr(0, equals)] = text.substr(equals + 1);
  }
  Load load;
  const auto number = [&given](const char* name, auto& to) {
    if (given.contains(name)) to = static_cast<std::decay_t<decltype(to)>>(std::stoul(given[name]));
  };
  if (given.contains("protocol")) load.protocol = given["protocol"];
  number("write", load.write);
  number("connections", load.connections);
  number("pipeline", load.pipeline);
  number("seconds", load.seconds);
  number("keys", load.keys);
  number("value_bytes", load.value_bytes);
  load.ports = numbers(given["ports"]);
  if (load.ports.empty()) throw std::runtime_error("expected ports=number[,number…]");
  load.servers = numbers(given["servers"]);
  return load;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  try {
    const holdfast::bench::Load load = holdfast::bench::parse(argc, argv);
    holdfast::bench::StoreLoad(load).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "store_load: %s\n", error.what());
    return 255;
  }
  return 0;
}
