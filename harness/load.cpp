#include "harness/load.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/base/random.h"
#include "workloads/value.h"

namespace holdfast::harness {
namespace {

using checkers::Function;
using checkers::Outcome;

Outcome outcome_of(ErrorCode error) {
  if (error == ErrorCode::none) return Outcome::ok;
  return is_definite(error) ? Outcome::fail : Outcome::info;
}

std::int64_t value_of(const node::ClientReply& reply) {
  if (!reply.found) return checkers::kNil;
  return workloads::decode_value(reply.value).value_or(checkers::kForeignValue);
}

}  // namespace

Load::Load(Cluster& cluster, Recorder& recorder, const workloads::Parameters& parameters,
           std::uint64_t seed)
    : cluster_(cluster),
      recorder_(recorder),
      timeout_(std::chrono::milliseconds(parameters.timeout_ms)),
      value_bytes_(parameters.value_bytes),
      seed_(seed),
      clients_(parameters.clients),
      next_process_(parameters.clients) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].process = static_cast<std::uint32_t>(i);
    clients_[i].turn = static_cast<std::uint32_t>(i);
    free_.push_back(i);
  }
}

void Load::start(Next next) {
  CHECK(is_idle());
  next_ = std::move(next);
  origin_ns_ = cluster_.now_ns();
  finished_ = false;
  waiting_ = false;
  ++starts_;
  pump();
}

void Load::pump() {
  while (!finished_ && !free_.empty() && !waiting_) {
    const workloads::Step step = next_(cluster_.now_ns() - origin_ns_);
    switch (step.kind) {
      case workloads::Step::Kind::done:
        finished_ = true;
        break;
      case workloads::Step::Kind::wait:
        wait_until(origin_ns_ + step.until_ns);
        break;
      case workloads::Step::Kind::request: {
        const std::size_t client = free_.front();
        free_.pop_front();
        begin(client, step.request);
        break;
      }
    }
  }
}

void Load::wait_until(std::int64_t until_ns) {
  waiting_ = true;
  const std::int64_t left_ns = std::max<std::int64_t>(until_ns - cluster_.now_ns(), 0);
  cluster_.after(Duration((left_ns + 999) / 1000), [this, start = starts_] {
    if (start != starts_) return;
    waiting_ = false;
    pump();
  });
}

void Load::begin(std::size_t index, const workloads::Request& request) {
  Client& client = clients_[index];
  client.request = request;
  client.refusals = 0;
  ++client.turn;
  if (request.node != kNoNode) client.turn = request.node;
  checkers::Operation operation;
  operation.invoked_ns = cluster_.now_ns();
  operation.process = client.process;
  operation.function = request.function;
  operation.value = request.value;
  operation.node = static_cast<NodeId>(client.turn % cluster_.size());
  if (operation.is_write()) {
    operation.id = {derive_seed(seed_, "operation", client.process), issued_ + 1};
  }
  workloads::key_name(request.key, key_);
  client.operation = recorder_.invoke(operation, key_);
  ++issued_;
  ++under_way_;
  send(index);
}

void Load::send(std::size_t index) {
  const Client& client = clients_[index];
  checkers::Operation& operation = recorder_.operation(client.operation);
  operation.node = static_cast<NodeId>((client.turn + client.refusals) % cluster_.size());
  if (on_request_) on_request_(operation.node);
  const auto done = [this, index](node::ClientReply reply) { receive(index, std::move(reply)); };
  // A refusal took some of the client's time.
  const Duration spent((cluster_.now_ns() - operation.invoked_ns + 999) / 1000);
  const Duration timeout = std::max(timeout_ - spent, Duration(1));
  workloads::key_name(client.request.key, key_);
  if (operation.function == Function::read) {
    node::ClientRead read;
    read.key = key_;
    return cluster_.request(operation.node, std::move(read), timeout, done);
  }
  node::ClientWrite write;
  write.key = key_;
  write.id = operation.id;
  write.deleted = operation.function == Function::del;
  if (!write.deleted) workloads::encode_value(operation.value, value_bytes_, write.value);
  cluster_.request(operation.node, std::move(write), timeout, done);
}

void Load::receive(std::size_t index, node::ClientReply reply) {
  Client& client = clients_[index];
  if (reply.error == ErrorCode::refused && ++client.refusals < cluster_.size()) {
    return send(index);
  }
  finish(index, reply);
  --under_way_;
  free_.push_back(index);
  if (on_completion_) on_completion_();
  pump();
}

void Load::finish(std::size_t index, const node::ClientReply& reply) {
  Client& client = clients_[index];
  checkers::Operation& operation = recorder_.operation(client.operation);
  operation.completed_ns = cluster_.now_ns();
  operation.error = reply.error;
  operation.outcome = outcome_of(reply.error);
  operation.version = reply.version;
  for (const node::Ack& ack : reply.acks) operation.copies.add({ack.node, ack.destination});
  if (operation.function == Function::read) {
    operation.id = reply.id;
    if (operation.outcome == Outcome::ok) operation.value = value_of(reply);
  }
  recorder_.complete(client.operation);
  if (operation.outcome == Outcome::info) client.process = next_process_++;
}

}  // namespace holdfast::harness
