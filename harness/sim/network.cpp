#include "harness/sim/network.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::harness {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr SimTime kMostBacklog = 200'000'000;   // of a limited link; as of a real one
constexpr SimTime kLatestCopy = 1'000'000'000;  // after the original: longer proves nothing more

// Uniform in [0, span), from 64 random bits; the bias is below span / 2^64.
SimTime scale(std::uint64_t bits, SimTime span) {
  return static_cast<SimTime>(static_cast<Wide>(bits) * static_cast<Wide>(span) >> 64);
}

}  // namespace

Network::Network(std::uint64_t seed, std::uint16_t nodes, const NetworkOptions& options)
    : nodes_(nodes),
      delay_min_(to_sim(options.delay_min)),
      delay_span_(to_sim(options.delay_max - options.delay_min) + 1),
      client_delay_min_(to_sim(options.client_delay_min)),
      client_delay_span_(to_sim(options.client_delay_max - options.client_delay_min) + 1),
      client_seed_(derive_seed(seed, "client link")),
      links_(static_cast<std::size_t>(nodes) * nodes) {
  CHECK(delay_min_ >= 0);
  CHECK(delay_span_ > 0);
  CHECK(client_delay_span_ > 0);
  for (NodeId from = 0; from < nodes; ++from) {
    for (NodeId to = 0; to < nodes; ++to) {
      links_[index(from, to)].seed = derive_seed(seed, "link", from, to);
    }
  }
}

Arrivals Network::send(NodeId from, NodeId to, SimTime now, std::size_t bytes) {
  Link& link = links_[index(from, to)];
  const std::uint64_t key = mix64(link.seed ^ mix64(link.sent++));
  if (link.cut) return {};
  const SimTime delay = delay_min_ + scale(key, delay_span_);
  if (link.faulty) return send_faulty(link, key, now, delay, bytes);
  link.last_arrival = std::max(now + delay, link.last_arrival);
  return {1, {link.last_arrival, 0}};
}

// How long a message waits until the link has sent it and what is before it; below 0 if it finds
// no room to wait.
SimTime Network::transmit(Link& link, SimTime now, std::size_t bytes) {
  const SimTime begin = std::max(now, link.free_at);
  if (begin - now > kMostBacklog) return -1;
  link.free_at =
      begin + static_cast<SimTime>(Wide{bytes} * 1'000'000'000 / link.quality.bytes_per_second);
  return link.free_at - now;
}

Arrivals Network::send_faulty(Link& link, std::uint64_t key, SimTime now, SimTime delay,
                              std::size_t bytes) {
  Random random(key);
  const nemesis::LinkQuality& quality = link.quality;
  // Always the same draws in the same order, so that one setting does not move another's numbers.
  const bool lost = random.chance(quality.loss_per_mille, 1000);
  const bool duplicated = random.chance(quality.duplicate_per_mille, 1000);
  const bool overtakes = random.chance(quality.reorder_per_mille, 1000);
  const SimTime jitter = scale(random.next(), to_sim(quality.jitter) + 1);
  const std::uint64_t lateness = random.below(12);
  Arrivals arrivals;
  arrivals.corrupted = random.chance(quality.corrupt_per_mille, 1000);
  arrivals.bit = random.next();
  if (lost) return {};
  if (quality.bytes_per_second != 0) {
    const SimTime waiting = transmit(link, now, bytes);
    if (waiting < 0) return {};
    now += waiting;
  }
  arrivals.count = 1;
  if (overtakes) {
    arrivals.at[0] = now + delay_min_;
  } else {
    link.last_arrival = std::max(now + delay + to_sim(quality.delay) + jitter, link.last_arrival);
    arrivals.at[0] = link.last_arrival;
  }
  if (duplicated) {
    // The copy comes late, out of order: soon as a rule, a second later at times.
    arrivals.count = 2;
    arrivals.at[1] = arrivals.at[0] + std::min(delay << lateness, kLatestCopy);
  }
  return arrivals;
}

SimTime Network::client_delay(NodeId node, std::uint64_t number) const {
  const std::uint64_t key = mix64(client_seed_ ^ mix64(number) ^ node);
  return client_delay_min_ + scale(key, client_delay_span_);
}

void Network::set_quality(NodeId from, NodeId to, const nemesis::LinkQuality& quality) {
  Link& link = links_[index(from, to)];
  link.quality = quality;
  link.faulty = quality.delay.count() != 0 || quality.jitter.count() != 0 ||
                quality.loss_per_mille != 0 || quality.duplicate_per_mille != 0 ||
                quality.reorder_per_mille != 0 || quality.corrupt_per_mille != 0 ||
                quality.bytes_per_second != 0;
}

}  // namespace holdfast::harness
