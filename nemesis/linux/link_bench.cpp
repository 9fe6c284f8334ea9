// What a cluster's network costs: making and ending it, cutting and healing, and the packets of
// links on the kernel's path and on the shaper's. A plain program: it forks into a sandbox.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "nemesis/linux/bridge_paths.h"
#include "nemesis/linux/partitions.h"
#include "nemesis/linux/shaper.h"
#include "nemesis/linux/testing/sockets.h"
#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

double ms_since(Clock::time_point begin) { return Milliseconds(Clock::now() - begin).count(); }

void print(const char* what, double value, const char* unit, const char* limit) {
  std::printf("%-44s %10.2f %-10s %s\n", what, value, unit, limit);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void partitions_of(const Network& network) {
  Partitions partitions = Partitions::make(network, kPort).value();
  std::vector<Direction> halves;
  for (const NodeId a : {0, 1}) {
    for (const NodeId b : {2, 3, 4}) {
      halves.insert(halves.end(), {{a, b}, {b, a}});
    }
  }
  double cut = 1e9;
  double heal = 1e9;
  for (int i = 0; i < 20; ++i) {
    auto begin = Clock::now();
    CHECK(partitions.cut(halves).has_value());
    cut = std::min(cut, ms_since(begin));
    begin = Clock::now();
    CHECK(partitions.mend(halves).has_value());
    heal = std::min(heal, ms_since(begin));
  }
  print("cut five nodes in halves", cut, "ms", "limit 5");
  print("heal them, counters read", heal, "ms", "limit 5");
}

// A byte to and fro, the median.
void round_trips(const Network& network, const char* what) {
  const Connection connection(network, 0, 1);
  std::vector<double> us;
  for (int i = 0; i < 2000; ++i) {
    const auto begin = Clock::now();
    CHECK(Connection::carries(connection.client, connection.server, 1000));
    CHECK(Connection::carries(connection.server, connection.client, 1000));
    us.push_back(ms_since(begin) * 1000);
  }
  std::nth_element(us.begin(), us.begin() + 1000, us.end());
  print(what, us[1000], "us", "");
}

// How much goes through in two seconds, and what it costs this process: sender, receiver, shaper.
void throughput(const Network& network, Shaper& shaper, const char* what, const char* limit) {
  const Connection connection(network, 0, 1);
  const std::uint64_t packets = shaper.counts(0, 1).packets;
  std::atomic<bool> stop = false;
  std::thread sender([&] {
    std::vector<char> chunk(1 << 16);
    while (!stop) (void)::send(connection.client.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    ::shutdown(connection.client.get(), SHUT_RDWR);
  });
  std::vector<char> chunk(1 << 18);
  double bytes = 0;
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  for (ssize_t count = 1; count > 0; bytes += static_cast<double>(count)) {
    count = ::recv(connection.server.get(), chunk.data(), chunk.size(), 0);
    if (ms_since(begin) > 2000) stop = true;
  }
  const double seconds = ms_since(begin) / 1000;
  sender.join();
  print(what, bytes / seconds / 1e6, "MB/s", limit);
  print("  of CPU", (cpu_seconds() - cpu) / seconds, "cores", "");
  const auto carried = static_cast<double>(shaper.counts(0, 1).packets - packets);
  if (carried > 0) print("  packets", carried / seconds, "/s", "or 50,000");
}

void links_of(const Network& network) {
  const auto shaper = BridgePaths::make_shaper(network, 1).value();
  round_trips(network, "round trip, kernel's path");
  throughput(network, *shaper, "one link, kernel's path", "");
  LinkQuality idle;
  idle.loss_per_mille = 0;
  idle.bytes_per_second = 100'000'000'000;  // takes the shaper's path, changes nothing
  CHECK(shaper->set(0, 1, idle).has_value());
  round_trips(network, "round trip, one way through the shaper");
  throughput(network, *shaper, "one link, through the shaper", "limit 100");
  LinkQuality slow = idle;
  slow.delay = std::chrono::milliseconds(5);
  slow.jitter = std::chrono::milliseconds(5);
  CHECK(shaper->set(0, 1, slow).has_value());
  throughput(network, *shaper, "one link, 5 to 10 ms of delay", "");
}

int measure() {
  auto begin = Clock::now();
  const Network network = Network::make(5).value();
  print("make the network of five nodes", ms_since(begin), "ms", "");
  partitions_of(network);
  links_of(network);
  return 0;
}

// The making and the end of it all, as a caller sees them.
void measure_life() {
  double life = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(enter_sandbox() && Network::make(5) ? 0 : 1);
    ::waitpid(pid, nullptr, 0);
    life = std::min(life, ms_since(begin));
  }
  print("sandbox and network, made and ended", life, "ms", "limit 200");
}

}  // namespace
}  // namespace holdfast::nemesis

int main() {
  holdfast::nemesis::measure_life();
  const auto sandbox = holdfast::nemesis::enter_sandbox();
  if (!sandbox) {
    std::fprintf(stderr, "link_bench: %s\n", sandbox.error().message.c_str());
    return 255;
  }
  return holdfast::nemesis::measure();
}
