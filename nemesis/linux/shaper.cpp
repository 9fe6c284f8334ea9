#include "nemesis/linux/shaper.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kBatch = 256;  // packets of a link, before the others have their turn

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

timespec to_timespec(std::int64_t ns) { return {ns / 1'000'000'000, ns % 1'000'000'000}; }

// Whether the node's interface may leave cutting into packets, and their checksums, to others.
Result<> let_offload(const Network& network, NodeId node, bool allowed) {
  const auto set_all = [&] {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const std::uint32_t what : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM}) {
      ethtool_value value{what, allowed};
      ifreq request{};
      std::strcpy(request.ifr_name, Network::interface());
      request.ifr_data = reinterpret_cast<char*>(&value);
      if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return errno;
    }
    return 0;
  };
  const int error = network.node_namespace(node).inside(set_all);
  if (error == 0) return {};
  return fail("cannot set offloads of " + node_name(node) +
              "'s interface: " + std::strerror(error));
}

bool watch(const Descriptor& events, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(events.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// One turn of a link; true if it has more to do at once.
bool forward(DelayLine& line, PacketTap& tap, std::int64_t now, std::size_t most,
             std::vector<DelayLine::Packet>& due) {
  const auto accept = [&](std::span<const std::uint8_t> frame) { line.accept(now, frame); };
  const std::size_t received = tap.receive(kBatch, accept);
  due.clear();
  line.take_due(now, most, due);
  line.count_overflow(tap.send(due));
  return received == kBatch || due.size() == most;
}

}  // namespace

Result<std::unique_ptr<Shaper>> Shaper::make(const Network& network, std::uint64_t seed) {
  auto diversion = Diversion::make();
  if (!diversion) return diversion.error();
  return std::unique_ptr<Shaper>(new Shaper(network, seed, std::move(diversion.value())));
}

Shaper::Shaper(const Network& network, std::uint64_t seed, Diversion diversion)
    : network_(network),
      seed_(seed),
      diversion_(std::move(diversion)),
      events_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  CHECK(watch(events_, stop_.get()));
  // Signals are the business of the thread that made this one, which inherits its mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { carry(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Shaper::~Shaper() {
  while (!taps_.empty()) {
    const auto [from, to] = taps_.begin()->first;
    if (!end(from, to)) break;  // the sandbox's end will do it
  }
  const std::uint64_t one = 1;
  CHECK(::write(stop_.get(), &one, sizeof one) == sizeof one);
  thread_.join();
}

Result<> Shaper::set(NodeId from, NodeId to, const LinkShape& shape) {
  CHECK(from < network_.size() && to < network_.size() && from != to);
  const bool is_shaped = taps_.contains({from, to});
  if (shape == LinkShape{}) return is_shaped ? end(from, to) : Result<>{};
  {
    const std::lock_guard lock(mutex_);
    lines_.try_emplace({from, to}, seed_, from, to).first->second.set_shape(shape);
  }
  return is_shaped ? Result<>{} : begin(from, to);
}

bool Shaper::shapes_any_from(NodeId from) const {
  return std::any_of(taps_.begin(), taps_.end(),
                     [&](const auto& tap) { return tap.first.first == from; });
}

// A packet that passes between the two steps below arrives twice, which hurts nobody; the other
// order would lose it, and a connection could stand still for its retransmission timeout.
Result<> Shaper::begin(NodeId from, NodeId to) {
  if (!shapes_any_from(from)) {
    if (auto set = let_offload(network_, from, false); !set) return set;
  }
  auto tap = PacketTap::open(from, to);
  if (!tap) return tap.error();
  if (!watch(events_, tap.value().fd())) {
    return fail(std::string("cannot watch a link: ") + std::strerror(errno));
  }
  {
    const std::lock_guard lock(mutex_);
    taps_.emplace(Direction{from, to}, std::move(tap.value()));
  }
  auto begun = diversion_.begin(from, to);
  if (!begun) {
    const std::lock_guard lock(mutex_);
    taps_.erase({from, to});
  }
  return begun;
}

Result<> Shaper::end(NodeId from, NodeId to) {
  if (auto ended = diversion_.end(from, to); !ended) return ended;
  {
    const std::lock_guard lock(mutex_);
    const auto tap = taps_.find({from, to});
    DelayLine& line = lines_.at({from, to});
    while (forward(line, tap->second, kEndOfTime, kBatch, due_)) {
    }
    line.count_overflow(tap->second.take_drops());
    taps_.erase(tap);
  }
  if (shapes_any_from(from)) return {};
  return let_offload(network_, from, true);
}

LinkCounts Shaper::counts(NodeId from, NodeId to) {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find({from, to});
  if (line == lines_.end()) return {};
  if (const auto tap = taps_.find({from, to}); tap != taps_.end()) {
    line->second.count_overflow(tap->second.take_drops());
  }
  return line->second.counts();
}

void Shaper::carry() {
  ::prctl(PR_SET_NAME, "shaper");
  ::prctl(PR_SET_TIMERSLACK, 1);  // ns
  std::int64_t next = kEndOfTime;
  while (wait_until(next)) {
    const std::lock_guard lock(mutex_);
    next = carry_all(now_ns());
  }
}

std::int64_t Shaper::carry_all(std::int64_t now) {
  std::int64_t next = kEndOfTime;
  for (auto& [direction, tap] : taps_) {
    DelayLine& line = lines_.at(direction);
    if (forward(line, tap, now, kBatch, due_)) next = 0;
    next = std::min(next, line.next_due_ns().value_or(kEndOfTime));
  }
  return next;
}

bool Shaper::wait_until(std::int64_t ns) {
  const timespec rest = to_timespec(std::max<std::int64_t>(ns - now_ns(), 0));
  std::array<epoll_event, 16> ready{};
  const int count = ::epoll_pwait2(events_.get(), ready.data(), ready.size(),
                                   ns == kEndOfTime ? nullptr : &rest, nullptr);
  return std::none_of(ready.begin(), ready.begin() + std::max(count, 0),
                      [&](const epoll_event& event) { return event.data.fd == stop_.get(); });
}

}  // namespace holdfast::nemesis
