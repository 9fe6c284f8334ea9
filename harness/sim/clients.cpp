#include "harness/sim/clients.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::harness {
namespace {

template <class Reply>
void deliver(const std::function<void(Result<Reply>)>& done, node::Message& message) {
  done(std::move(std::get<Reply>(message)));
}
void deliver(const std::function<void(node::ClientReply)>& done, node::Message& message) {
  done(std::move(std::get<node::ClientReply>(message)));
}

template <class Reply>
void refuse(const std::function<void(Result<Reply>)>& done, NodeId node, ErrorCode error) {
  done(fail(node_name(node) + " did not answer: " + std::string(describe(error))));
}
void refuse(const std::function<void(node::ClientReply)>& done, NodeId, ErrorCode error) {
  node::ClientReply reply;
  reply.error = error;
  done(std::move(reply));
}

}  // namespace

std::uint64_t Clients::open(NodeId node, SimTime deadline, Done done) {
  const std::uint32_t slot = requests_.add({0, node, std::move(done)});
  slots_ = std::max(slots_, slot + 1);
  const std::uint64_t number = ++opened_ << 24 | slot;
  requests_[slot].number = number;
  await({deadline, number});
  return number;
}

void Clients::await(const Deadline& deadline) {
  while (!deadlines_.empty() && !is_open(deadlines_.front().number)) deadlines_.pop_front();
  const bool in_order = deadlines_.empty() || deadlines_.back().at <= deadline.at;
  if (!in_order) return fail_at(deadline.number, ErrorCode::timeout, deadline.at);
  deadlines_.push_back(deadline);
  schedule_timeout();
}

void Clients::schedule_timeout() {
  if (deadlines_.empty() || deadlines_.front().at >= timeout_at_) return;
  timeout_at_ = deadlines_.front().at;
  simulation_.queue.push(timeout_at_, {.kind = SimEventKind::request_timeout});
}

void Clients::on_timeout() {
  if (simulation_.now != timeout_at_) return;  // an earlier one took its place
  timeout_at_ = INT64_MAX;
  while (!deadlines_.empty() &&
         (deadlines_.front().at <= simulation_.now || !is_open(deadlines_.front().number))) {
    const std::uint64_t number = deadlines_.front().number;
    deadlines_.pop_front();
    if (is_open(number)) fail(number, ErrorCode::timeout);
  }
  schedule_timeout();
}

std::vector<std::uint64_t> Clients::waiting_for(NodeId node) {
  std::vector<std::uint64_t> numbers;
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    const Request& request = requests_[slot];
    if (request.number != 0 && request.node == node) numbers.push_back(request.number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void Clients::fail_at(std::uint64_t number, ErrorCode error, SimTime at) {
  simulation_.queue.push(
      at, {SimEventKind::request_failed, kNoNode, static_cast<std::uint32_t>(error), number});
}

void Clients::on_failed(std::uint64_t number, ErrorCode error) {
  if (is_open(number)) fail(number, error);
}

void Clients::fail(std::uint64_t number, ErrorCode error) {
  const std::uint32_t slot = slot_of(number);
  const NodeId node = requests_[slot].node;
  const Done done = close(slot);
  std::visit([&](const auto& callback) { refuse(callback, node, error); }, done);
}

void Clients::on_reply(std::uint64_t number, node::Message& message) {
  if (!is_open(number)) return;
  const Done done = close(slot_of(number));
  std::visit([&](const auto& callback) { deliver(callback, message); }, done);
}

Clients::Done Clients::close(std::uint32_t slot) {
  Request& request = requests_[slot];
  request.number = 0;
  Done done = std::move(request.done);
  requests_.release(slot);
  return done;
}

}  // namespace holdfast::harness
