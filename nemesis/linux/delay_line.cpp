#include "nemesis/linux/delay_line.h"

#include <algorithm>
#include <utility>

#include "node/base/wide.h"

namespace holdfast::nemesis {
namespace {

constexpr std::size_t kEthernetHeader = 14;

void flip_bit(DelayLine::Packet& packet, std::uint64_t bit) {
  if (packet.size() <= kEthernetHeader) return;
  const std::uint64_t at = bit % ((packet.size() - kEthernetHeader) * 8);
  packet[kEthernetHeader + at / 8] ^= static_cast<std::uint8_t>(1u << (at % 8));
}

}  // namespace

void DelayLine::accept(std::int64_t now_ns, std::span<const std::uint8_t> frame) {
  const PacketFate fate = fate_of(seed_, from_, to_, counts_.packets++, shape_);
  counts_.bytes += frame.size();
  if (fate.lost) {
    ++counts_.lost;
    return;
  }
  const auto sent_ns = transmit(now_ns, frame.size());
  if (!sent_ns || bytes_ + 2 * frame.size() > kMostBytes) {
    ++counts_.overflowed;
    return;
  }
  Packet packet(frame.begin(), frame.end());
  if (fate.corrupted) {
    ++counts_.corrupted;
    flip_bit(packet, fate.bit);
  }
  counts_.overtook += fate.overtakes;
  Queue& queue = fate.overtakes ? overtaking_ : delayed_;
  const std::int64_t due_ns = fate.overtakes ? *sent_ns : *sent_ns + fate.delay.count() * 1000;
  if (fate.duplicated) {
    ++counts_.duplicated;
    put(queue, due_ns, packet);
  }
  put(queue, due_ns, std::move(packet));
}

std::optional<std::int64_t> DelayLine::transmit(std::int64_t now_ns, std::size_t bytes) {
  if (shape_.bytes_per_second == 0) return now_ns;
  const std::int64_t begin_ns = std::max(now_ns, free_ns_);
  if (begin_ns - now_ns > kMostBacklogNs) return std::nullopt;
  free_ns_ =
      begin_ns + static_cast<std::int64_t>(Wide{bytes} * 1'000'000'000 / shape_.bytes_per_second);
  return free_ns_;
}

void DelayLine::put(Queue& queue, std::int64_t due_ns, Packet packet) {
  if (!queue.empty()) due_ns = std::max(due_ns, queue.back().due_ns);
  bytes_ += packet.size();
  queue.push_back({due_ns, std::move(packet)});
}

void DelayLine::take_due(std::int64_t now_ns, std::size_t most, std::vector<Packet>& out) {
  for (Queue* queue : {&overtaking_, &delayed_}) {
    for (; most > 0 && !queue->empty() && queue->front().due_ns <= now_ns; --most) {
      bytes_ -= queue->front().packet.size();
      out.push_back(std::move(queue->front().packet));
      queue->pop_front();
    }
  }
}

std::optional<std::int64_t> DelayLine::next_due_ns() const {
  std::optional<std::int64_t> next;
  for (const Queue* queue : {&overtaking_, &delayed_}) {
    if (queue->empty()) continue;
    next = std::min(next.value_or(queue->front().due_ns), queue->front().due_ns);
  }
  return next;
}

}  // namespace holdfast::nemesis
