#include "node/daemon/daemon.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "node/base/clock_page.h"
#include "node/base/disk_page.h"
#include "node/daemon/clients.h"
#include "node/daemon/clock.h"
#include "node/daemon/failing_disk.h"
#include "node/daemon/http_server.h"
#include "node/daemon/incarnation.h"
#include "node/daemon/log.h"
#include "node/daemon/peers.h"
#include "node/daemon/posix_disk.h"
#include "node/daemon/revertible_disk.h"
#include "node/daemon/shared_page.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kDescriptorsForOthers = 1500;  // peers, HTTP, files

// As many descriptors as the system grants; what is left of them for clients.
ClientLimits client_limits() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  ClientLimits limits;
  const auto granted = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t others = std::min(kDescriptorsForOthers, granted / 2);
  limits.clients = std::min(limits.clients, granted - others);
  return limits;
}

// The real disk, and above it what a harness wants of it.
struct Disks {
  std::unique_ptr<PosixDisk> real;
  std::unique_ptr<RevertibleDisk> revertible;
  std::unique_ptr<FailingDisk> failing;

  Disk& middle() { return revertible ? static_cast<Disk&>(*revertible) : *real; }
  Disk& top() { return failing ? static_cast<Disk&>(*failing) : middle(); }
};

Result<Disks> open_disks(const Options& options) {
  auto real = PosixDisk::open(options.data);
  if (!real) return real.error();
  Disks disks;
  disks.real = std::move(*real);
  if (options.revertible || options.power_loss) {
    disks.revertible = std::make_unique<RevertibleDisk>(*disks.real, options.power_loss);
  }
  if (options.disk_fd >= 0) {
    const auto page = map_page<DiskPage>(options.disk_fd, "disk_fd");
    if (!page) return page.error();
    disks.failing = std::make_unique<FailingDisk>(disks.middle(), **page, options.id);
  }
  return disks;
}

Result<> set_clock(const Options& options) {
  if (options.clock_fd < 0) return {};
  const auto page = map_page<ClockPage>(options.clock_fd, "clock_fd");
  if (!page) return page.error();
  use_clock_page(*page, options.id);
  return {};
}

}  // namespace

// Everything, in the order in which it is made; destroyed in the reverse.
struct Daemon::Parts : Delivery {
  Parts(const Options& chosen, Disks opened, EventLog events)
      : options(chosen),
        disks(std::move(opened)),
        driver(
            disks.top(), options.id, static_cast<std::uint16_t>(options.members.size()),
            options.config, [this](WallTime now) { return next_incarnation(options.data, now); },
            std::move(events), *this),
        router(driver, options.id) {}

  void to_peer(const Envelope& envelope) override { peers->send(envelope); }
  void to_client(std::uint64_t number, Message&& reply) override {
    router.complete(number, std::move(reply));
  }
  void flush() override {
    peers->flush();
    clients->flush();
  }
  void requests_lost() override { router.lose_all(); }

  ServerFacts facts() const;
  Result<> listen();
  void keep();
  void watch_for_the_end();
  void begin_end();
  bool has_ended() const;
  void say_ready();

  Options options;
  Disks disks;
  Loop loop;
  Driver driver;
  RequestRouter router;
  PeerIdentity identity;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<Clients> clients;
  std::unique_ptr<HttpServer> http;
  std::uint16_t client_port = 0;
  std::uint16_t http_port = 0;
  std::uint16_t peer_port = 0;
  SteadyTime started = steady_now();
  bool stopping = false;       // at once
  SteadyTime end_by = kNever;  // asked to end: when the requests under way have, by then at most
};

ServerFacts Daemon::Parts::facts() const {
  ServerFacts facts;
  facts.node = options.id;
  facts.incarnation = driver.incarnation();
  facts.store_open = driver.is_open();
  facts.process_id = static_cast<std::uint64_t>(::getpid());
  facts.client_port = client_port;
  facts.uptime_us = to_us(steady_now() - started);
  facts.clients = clients->counters();
  facts.driver = driver.counters();
  for (NodeId peer = 0; peer < options.members.size(); ++peer) {
    if (peer == options.id) continue;
    facts.peers.push_back({peer, peers->is_connected(peer), peers->counters(peer)});
  }
  return facts;
}

Result<> Daemon::Parts::listen() {
  identity.cluster = options.cluster;
  identity.secret = options.secret;
  identity.members = static_cast<std::uint16_t>(options.members.size());
  identity.ring = ring_fingerprint(options.config, identity.members);
  identity.node = options.id;
  const auto facts_now = [this] { return facts(); };
  peers = std::make_unique<Peers>(loop, identity, options.members, [this](Envelope envelope) {
    driver.receive(read_clocks(), std::move(envelope));
  });
  clients =
      std::make_unique<Clients>(loop, driver, router, options.secret, facts_now, client_limits());
  http = std::make_unique<HttpServer>(loop, router, facts_now);

  Result<std::uint16_t> port = peers->listen(options.peer);
  if (!port) return fail("peers: " + port.error().message);
  peer_port = *port;
  port = clients->listen({options.bind, options.client_port});
  if (!port) return fail("clients: " + port.error().message);
  client_port = *port;
  port = http->listen({options.bind, options.http_port});
  if (!port) return fail("http: " + port.error().message);
  http_port = *port;
  return {};
}

void Daemon::Parts::keep() {
  const SteadyTime now = steady_now();
  peers->keep(now);
  clients->keep(now);
  http->keep(now);
}

void Daemon::Parts::watch_for_the_end() {
  loop.on_signals({SIGTERM, SIGINT}, [this](int) { begin_end(); });
  if (options.parent_fd >= 0) {
    loop.on_hangup(options.parent_fd, [this] {
      log_info("the parent is gone");
      stopping = true;
    });
  }
}

// In good order: what was acknowledged has its hints before the process is gone.
void Daemon::Parts::begin_end() {
  constexpr Duration kMost = std::chrono::seconds(20);
  const Duration requests = 5 * options.config.request_timeout;
  driver.begin_end();
  end_by = steady_now() + std::min(requests, kMost);
}

bool Daemon::Parts::has_ended() const {
  return stopping ||
         (end_by != kNever && (driver.requests_in_flight() == 0 || steady_now() >= end_by));
}

// One line: what a harness needs to know, in this form (node/daemon/README.md).
void Daemon::Parts::say_ready() {
  const std::string line = "ready client=" + to_string(Endpoint{options.bind, client_port}) +
                           " http=" + to_string(Endpoint{options.bind, http_port}) +
                           " peer=" + to_string(Endpoint{options.peer.address, peer_port}) +
                           " pid=" + std::to_string(::getpid()) + "\n";
  log_info(line.substr(0, line.size() - 1));
  if (options.ready_fd < 0) return;
  if (::write(options.ready_fd, line.data(), line.size()) < 0) log_warn("nobody reads ready_fd");
  ::close(options.ready_fd);
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  if (const Result<> set = set_clock(options); !set) return set.error();
  auto disks = open_disks(options);
  if (!disks) return disks.error();
  EventLog events;
  if (!options.events.empty()) {
    auto opened = EventLog::open(options.events);
    if (!opened) return opened.error();
    events = std::move(*opened);
  }
  if (options.config.bugs.any()) {
    log_warn("THIS NODE HAS PLANTED BUGS: it will lose or damage data, on purpose");
  }
  auto parts = std::make_unique<Parts>(options, std::move(*disks), std::move(events));
  if (const Result<> opened = parts->driver.open(read_clocks()); !opened) {
    return fail("data directory " + options.data + ": " + opened.error().message);
  }
  if (const Result<> listening = parts->listen(); !listening) return listening.error();
  Parts* running = parts.get();
  parts->loop.every(Peers::kPeriod, [running] { running->keep(); });
  parts->watch_for_the_end();
  parts->keep();
  parts->say_ready();
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

void Daemon::run() {
  Parts& parts = *parts_;
  while (!parts.has_ended()) {
    const bool busy = parts.driver.has_input() || parts.clients->has_output();
    const SteadyTime next = std::min(parts.driver.next_wakeup(), parts.end_by);
    parts.loop.run_once(busy ? SteadyTime() : next);
    parts.driver.turn(read_clocks());
    parts.flush();  // what needed no node: errors, PING
    parts.clients->go_on();
  }
  parts.driver.close();
  log_info("stopped");
}

}  // namespace holdfast::node
