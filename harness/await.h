// Lets the cluster run until an answer has come: for the phases in which nothing else goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "harness/cluster.h"
#include "harness/status_poll.h"

namespace holdfast::harness {

class Await {
 public:
  // `look`, if given, is called with all statuses that are waited for.
  explicit Await(Cluster& cluster, std::function<void(const Statuses&)> look = nullptr)
      : cluster_(cluster), look_(std::move(look)) {}

  // All of these: false, or nothing, once the run was interrupted.
  bool until(const std::function<bool()>& done) {
    if (!interrupted_ && !(end_ns_ ? run_to_end(done) : cluster_.run(done))) interrupted_ = true;
    return !interrupted_;
  }
  bool sleep(Duration span) {
    return get<bool>([&](auto done) { cluster_.after(span, [done] { done(true); }); }).has_value();
  }
  std::optional<Statuses> statuses() {
    auto statuses = get<Statuses>([&](auto done) { poll_status(cluster_, std::move(done)); });
    if (statuses && look_) look_(*statuses);
    return statuses;
  }
  // `start` begins something and hands the callback on.
  template <class T>
  std::optional<T> get(const std::function<void(std::function<void(T)>)>& start) {
    if (interrupted_) return std::nullopt;
    // Shared: the answer may come after an interruption.
    const auto answer = std::make_shared<std::optional<T>>();
    start([answer](T value) { answer->emplace(std::move(value)); });
    if (!until([&] { return answer->has_value(); })) return std::nullopt;
    return std::move(*answer);
  }

  bool interrupted() const { return interrupted_; }
  // Goes on after an interruption; the next one comes when `span` has passed.
  void go_on_for(Duration span) {
    interrupted_ = false;
    end_ns_ = cluster_.now_ns() + to_us(span) * 1000;
    cluster_.after(span, [] {});  // an event at that time
  }
  Cluster& cluster() { return cluster_; }

 private:
  bool run_to_end(const std::function<bool()>& done) {
    const auto is_over = [&] { return cluster_.now_ns() >= *end_ns_; };
    return cluster_.run([&] { return done() || is_over(); }) && !is_over();
  }

  Cluster& cluster_;
  std::function<void(const Statuses&)> look_;
  bool interrupted_ = false;
  std::optional<std::int64_t> end_ns_;
};

}  // namespace holdfast::harness
