#include "nemesis/linux/shaper.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
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

bool watch(const Descriptor& events, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(events.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// One turn of a link; true if it has more to do at once.
bool forward(DelayLine& line, PacketPath& path, std::int64_t now, std::size_t most,
             std::vector<DelayLine::Packet>& due) {
  const auto accept = [&](std::span<const std::uint8_t> frame) { line.accept(now, frame); };
  const std::size_t received = path.receive(kBatch, accept);
  due.clear();
  line.take_due(now, most, due);
  line.count_overflow(path.send(due));
  return received == kBatch || due.size() == most;
}

}  // namespace

Shaper::Shaper(std::unique_ptr<PacketPaths> paths, std::uint64_t seed)
    : ways_(std::move(paths)),
      seed_(seed),
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
  while (!paths_.empty()) {
    const auto [from, to] = paths_.begin()->first;
    if (!end(from, to)) break;  // the sandbox's end will do it
  }
  const std::uint64_t one = 1;
  CHECK(::write(stop_.get(), &one, sizeof one) == sizeof one);
  thread_.join();
}

Result<> Shaper::set(NodeId from, NodeId to, const LinkQuality& shape) {
  CHECK(from != to);
  const bool is_shaped = paths_.contains({from, to});
  if (shape == LinkQuality{}) return is_shaped ? end(from, to) : Result<>{};
  {
    const std::lock_guard lock(mutex_);
    lines_.try_emplace({from, to}, seed_, from, to).first->second.set_shape(shape);
  }
  return is_shaped ? Result<>{} : begin(from, to);
}

// A packet that passes between the two steps below arrives twice, which hurts nobody; the other
// order would lose it, and a connection could stand still for its retransmission timeout.
Result<> Shaper::begin(NodeId from, NodeId to) {
  auto path = ways_->open(from, to);
  if (!path) return path.error();
  if (!watch(events_, path.value()->fd())) {
    return fail(std::string("cannot watch a link: ") + std::strerror(errno));
  }
  {
    const std::lock_guard lock(mutex_);
    paths_.emplace(Direction{from, to}, std::move(path.value()));
  }
  auto begun = ways_->begin(from, to);
  if (!begun) {
    const std::lock_guard lock(mutex_);
    paths_.erase({from, to});
  }
  return begun;
}

Result<> Shaper::end(NodeId from, NodeId to) {
  if (auto ended = ways_->end(from, to); !ended) return ended;
  const std::lock_guard lock(mutex_);
  const auto path = paths_.find({from, to});
  DelayLine& line = lines_.at({from, to});
  while (forward(line, *path->second, kEndOfTime, kBatch, due_)) {
  }
  line.count_overflow(path->second->take_drops());
  paths_.erase(path);
  return {};
}

LinkCounts Shaper::counts(NodeId from, NodeId to) {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find({from, to});
  if (line == lines_.end()) return {};
  if (const auto path = paths_.find({from, to}); path != paths_.end()) {
    line->second.count_overflow(path->second->take_drops());
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
  for (auto& [direction, path] : paths_) {
    DelayLine& line = lines_.at(direction);
    if (forward(line, *path, now, kBatch, due_)) next = 0;
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
